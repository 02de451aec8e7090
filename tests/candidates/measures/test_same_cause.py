"""One cause seen at several models is listed once."""

import pytest

from candidates.measures.same_cause import merged
from schemas.candidate import Candidate


def seen(at, impact, mechanism="dropped", subject="age"):
    return Candidate(
        "schema_change",
        "people",
        subject,
        impact=impact,
        strength=9.0,
        specificity=0.9,
        summary="",
        mechanism=mechanism,
        observed_at=at,
        explains=(("output", at),),
    )


def test_what_passes_through_two_models_adds_up():
    (one,) = merged([seen("risk", 0.5), seen("score", 0.4)])
    assert one.impact == pytest.approx(0.7)
    assert set(one.explains) == {("output", "risk"), ("output", "score")}
    assert "risk and score" in one.evidence[-1].text


def test_two_signs_at_one_model_do_not_add_up():
    (one,) = merged([seen("risk", 0.5), seen("risk", 0.4, "retyped")])
    assert one.impact == 0.5


def test_other_causes_stay_apart_in_their_order():
    found = [seen("risk", 0.2), seen("risk", 0.5, subject="sex")]
    assert merged(found) == tuple(found)
