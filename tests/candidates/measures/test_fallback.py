"""Inputs that went missing because a component failed."""

import numpy as np
import pytest

from candidates import component_fault
from schemas.evidence import Series
from tests.candidates.scenes import FIRST_DAY, Logs, event, evidence_of, first, logs, rescored
from tests.laws.worlds import DAYS, days

FAILING = 0.5


def errors(level: float = FAILING, since: int = FIRST_DAY) -> Series:
    hours = days(1)[0] + np.arange(DAYS * 24) * np.timedelta64(1, "h")
    rng = np.random.default_rng(3)
    value = np.where(np.arange(DAYS * 24) >= 24 * since, level, 0.002) * rng.lognormal(0, 0.05, DAYS * 24)
    return Series("api", "errors", hours, value, np.ones(DAYS * 24))


def without(columns: tuple[str, ...], value: float = np.nan, share: float = FAILING) -> Logs:
    """Return logs whose columns lack their values in the same rows of the window."""
    scene = logs()
    log = scene["scorer"]
    failed = log.late & (np.random.default_rng(5).random(len(log.day)) < share)
    return rescored(scene, **{name: np.where(failed, value, log.columns[name]) for name in columns})


@pytest.mark.parametrize("value", [np.nan, 0.0], ids=["null", "default"])
def test_columns_that_went_missing_with_a_components_errors_are_its_consequence(value):
    evidence = evidence_of(without(("amount", "temp"), value), metrics=[errors()])
    (found,) = component_fault.generate(evidence).candidates
    assert (found.node, found.subject) == ("api", "errors")
    assert found.impact > 0.6
    assert ("column", "scorer", "amount") in found.explains
    assert "went missing" in found.evidence[0].text
    assert first(evidence).family == "component_fault"


@pytest.mark.parametrize("series", [errors(0.04), errors(since=4)], ids=["far fewer errors", "errors long before"])
def test_errors_that_do_not_match_leave_the_column_to_itself(series):
    evidence = evidence_of(without(("amount", "temp")), metrics=[series])
    assert all(found.impact < 0.2 for found in component_fault.generate(evidence).candidates)
    assert first(evidence).family == "data_quality"


def test_a_wrong_column_is_not_excused_by_errors_of_another_size():
    evidence = evidence_of(without(("amount",)), metrics=[errors(0.3)], changes=[event("payments", "data_feed")])
    assert first(evidence).family == "data_quality"
