"""Whether outcomes belong to what a column's values were before a factor."""

from dataclasses import replace

import numpy as np
import pytest

from candidates.data_quality import generate as wrong
from candidates.feature_drift import generate as drifted
from candidates.measures.other_unit import OtherUnit, other_unit
from tests.candidates.faults import healthy, resampled
from tests.candidates.measures.test_followed import copied, shifted
from tests.candidates.scenes import evidence_of, ranked, rescored


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


def risen(factor):
    """Return a scene where all prices rose and the outcomes go by which are dear for their day; all that was logged."""
    scene = healthy()
    log, rng = scene["scorer"], np.random.default_rng(3)
    usual = np.exp(rng.normal(3.0, 0.6, len(log.day)))
    amount = usual * np.where(log.late, factor, 1.0)
    label = (rng.random(len(usual)) < chance(usual)).astype(float)
    columns = dict(log.columns) | {"amount": amount}
    return scene | {"scorer": replace(log, columns=columns, prediction=chance(amount), label=label)}


def chance(amount):
    return 1.0 / (1.0 + np.exp(-2.0 * (np.log(amount) - 3.0)))


def rounded(logs, places):
    """Return the logs where the old amounts have so many decimal places, and the new ones those of a calculation."""
    log = logs["scorer"]
    amount = np.where(log.late, log.columns["amount"], np.round(log.columns["amount"], places))
    return {**logs, "scorer": replace(log, columns={**log.columns, "amount": amount})}


@pytest.mark.parametrize("factor", [0.7, 1.5, 2.4])
def test_prices_that_all_rose_may_be_true_where_only_their_order_counts(factor):
    given = evidence_of(risen(factor), "logloss")
    unit = found(given)
    assert unit.either
    assert unit.sign.doubtful
    assert unit.followed is None
    first = ranked(given)[0][0].candidate
    assert (first.family, first.subject) == ("feature_drift", "amount")


def test_a_factor_that_left_other_decimal_places_is_no_rise_of_prices():
    given = evidence_of(rounded(risen(1.5), 2), "logloss")
    assert found(given).rewritten
    assert ranked(given)[0][0].candidate.mechanism == "unit_change"


@pytest.mark.parametrize("factor", [1.609344, 10.0])
def test_a_known_or_a_large_factor_of_all_rows_is_another_unit(factor):
    unit = OtherUnit(factor, 1.0, 1.0, 1.0, 0.05, rewritten=False)
    assert not unit.either
    assert unit.sign.specificity > 0.9
    assert unit.followed.false
    assert replace(unit, left=2.0).either == (factor < 3)
