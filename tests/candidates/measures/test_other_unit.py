"""Whether outcomes belong to what a column's values were before a factor."""

import pytest

from candidates.data_quality import generate as wrong
from candidates.feature_drift import generate as drifted
from candidates.measures.other_unit import other_unit
from tests.candidates.faults import healthy, resampled
from tests.candidates.measures.test_followed import copied, shifted
from tests.candidates.scenes import evidence_of, rescored


def mile(old):
    return old * 1.609344


def scaled(factor):
    log = healthy()["scorer"]
    values = log.columns["amount"].copy()
    values[log.late] *= factor
    return rescored(copied(healthy()), amount=values)


def found(given):
    return other_unit(given, "scorer", "amount", None)


@pytest.mark.parametrize("factor", [0.8, 1.25, 1.609344])
def test_outcomes_belong_to_what_values_were_before_a_factor(factor):
    unit = found(evidence_of(scaled(factor), "logloss"))
    assert unit.factor == pytest.approx(factor, rel=0.05)
    assert unit.share == pytest.approx(1.0, abs=0.1)
    assert unit.slope == pytest.approx(1.0, abs=4 * unit.error)


def test_a_factor_in_some_of_the_rows_is_told_by_the_outcomes():
    unit = found(evidence_of(shifted(copied(healthy()), "amount", mile, true=False), "logloss"))
    assert unit.factor == pytest.approx(1.609344)
    assert unit.share == pytest.approx(0.5, abs=0.1)


@pytest.mark.parametrize("scene", ["outcomes went along", "other rows"])
def test_true_values_that_look_rescaled_are_no_other_unit(scene):
    logs = (
        shifted(copied(healthy()), "amount", mile, true=True)
        if scene == "outcomes went along"
        else resampled("amount", 1.0)(healthy())
    )
    assert found(evidence_of(logs, "logloss")) is None


@pytest.mark.parametrize("true", [True, False])
def test_values_are_wrong_or_drifted_as_the_outcomes_say(true):
    given = evidence_of(shifted(copied(healthy()), "amount", mile, true=true), "logloss")
    ours, other = (drifted, wrong) if true else (wrong, drifted)
    best = max(c.specificity for c in ours(given).candidates if c.subject == "amount")
    rest = max((c.specificity for c in other(given).candidates if c.subject == "amount"), default=0.0)
    assert best > 0.6
    assert rest < 0.3
