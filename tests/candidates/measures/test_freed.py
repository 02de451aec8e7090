"""Columns that stopped, and columns that went where they never were: what the outcomes say of them."""

from dataclasses import replace

import numpy as np
import pytest

from candidates.measures.diagnosis import diagnose
from tests.candidates.faults import faulty
from tests.candidates.scenes import FIRST_DAY, evidence_of, first, score
from tests.laws.worlds import DAYS

RATE = 25 + 12 * np.random.default_rng(2).normal(size=DAYS).clip(-1.5, 1.5)
RATE[FIRST_DAY:] = [40.0, 44.0, 48.0, 52.0, 56.0]


def scene_of(logged, true, metric="logloss"):
    """Return the incident of a log whose amounts are some, while the outcomes follow others."""
    scene = faulty()
    log = scene["scorer"]
    seen, real = ({**log.columns, "amount": amount(log)} for amount in (logged, true))
    label = (np.random.default_rng(0).random(len(log.day)) < score(real)).astype(float)
    changed = replace(log, columns=seen, prediction=score(seen), label=label)
    return evidence_of(scene | {"scorer": changed}, metric)


def rate(log):
    return RATE[log.day]


def stopped(log):
    return RATE[np.minimum(log.day, FIRST_DAY - 1)]


def column(given):
    return diagnose(given, "scorer").columns["amount"]


def test_a_rate_that_stopped_explains_what_it_no_longer_says():
    given = scene_of(stopped, rate)
    assert column(given).shift.held.longer > 3
    assert column(given).freed > 0.5
    cause = first(given)
    assert (cause.family, cause.mechanism, cause.subject) == ("data_quality", "frozen", "amount")


def test_a_rate_that_stopped_with_the_world_explains_nothing():
    assert not column(scene_of(stopped, stopped)).freed > 0.2


def test_of_a_rate_that_goes_on_it_is_not_asked():
    assert np.isnan(column(scene_of(rate, rate)).freed)


def farther(log):
    return log.columns["amount"] + 60.0 * log.late


def as_ever(log):
    return log.columns["amount"]


@pytest.mark.parametrize("metric", ["logloss", "brier"])
def test_new_values_are_real_where_their_outcomes_went_along(metric):
    assert np.isfinite(column(scene_of(farther, farther, metric)).ventured)
    assert np.isnan(column(scene_of(farther, as_ever, metric)).ventured)


def test_old_values_ventured_nowhere():
    assert np.isnan(column(scene_of(as_ever, as_ever)).ventured)
