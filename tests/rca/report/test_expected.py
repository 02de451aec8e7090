from datetime import UTC, datetime

import pytest

from candidates import families
from rca.report import expected as module
from rca.report.expected import expected
from schemas.analysis import Cause, IncidentSummary

AT = datetime(2026, 3, 4, 9, tzinfo=UTC)
SEEN = IncidentSummary(
    id="i",
    node="m",
    metric="auc",
    direction="down",
    baseline=(AT, AT),
    window=(AT, AT),
    onset=AT,
    baseline_value=0.862,
    value=0.792,
)


@pytest.mark.parametrize("family", [*sorted(families()), "something_new"])
def test_each_family_says_what_its_check_shows_either_way(family: str) -> None:
    cause = Cause(rank=1, family=family, node="n", confidence=0.5, impact=0.5, summary="", onset=AT)
    right, wrong = expected(cause, SEEN)
    assert "4 Mar 09:00 UTC" in right
    assert "auc returns towards 0.862" in right
    assert "auc stays near 0.792" in wrong
    assert right[0].isupper()
    assert wrong[0].isupper()


def test_no_family_is_forgotten() -> None:
    known = set(families())
    assert set(module._IF_TRUE) == set(module._IF_FALSE) == known
