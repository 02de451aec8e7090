"""Did P(y | x) move? Changed outcomes, broken inputs, real drift and nothing at all, told apart."""

import numpy as np
import pytest

from candidates.measures.outcome import expect
from candidates.measures.outcome_change import outcome_change
from candidates.measures.outcome_moved import how_moved
from tests.laws.worlds import DAYS, WINDOW_DAYS, broken, logged, make_evidence, make_model

X, PREDICTION, LABEL, DAY = logged(6000)
LATE = DAY >= DAYS - WINDOW_DAYS
RNG = np.random.default_rng(3)
CHANGED = {
    "flipped where a > 0": np.where(LATE & (X["a"] > 0), 1 - LABEL, LABEL),
    "noise": np.where(LATE & (RNG.random(6000) < 0.3), 1 - LABEL, LABEL),
    "positives lost": np.where(LATE & (RNG.random(6000) < 0.4), 0.0, LABEL),
}


def change_of(label):
    return outcome_change(make_evidence(make_model(X, PREDICTION, label, DAY)), "scorer")


@pytest.mark.parametrize("how", CHANGED)
def test_a_changed_outcome_is_seen_with_and_without_the_inputs_that_moved(how):
    change = change_of(CHANGED[how])
    assert change.sure == 1.0
    assert change.share > 0.8
    assert change.onset is not None


def moved(turned, seed):
    """Return how far an outcome moved that depends on `a`, and on `b` the other way round in the window if `turned`."""
    rng = np.random.default_rng(seed)
    x = {name: rng.normal(size=6000) for name in "abc"}
    label = 2 * x["a"] + np.where(LATE & turned, -1.0, 1.0) * x["b"] + 3 * rng.standard_t(4, size=6000)
    model = make_model(x, 2 * x["a"] + x["b"], label, DAY)
    sizes = {key: len(profile.roles) for key, profile in model.columns.items()}
    return how_moved(expect(model.rows, "regression", sizes, list(x), answer=True)).z


@pytest.mark.parametrize("seed", range(3))
def test_one_input_s_relation_that_turned_round_is_seen_though_level_and_spread_stayed(seed):
    assert moved(turned=True, seed=seed) > 6
    assert moved(turned=False, seed=seed) < 3


def test_the_same_outcomes_explain_nothing():
    change = change_of(LABEL)
    assert change.sure == 0.0
    assert change.share < 0.2


def test_without_an_input_that_stayed_nothing_is_seen():
    everything = {name: np.where(LATE, np.nan, values) for name, values in X.items()}
    assert outcome_change(make_evidence(make_model(everything, PREDICTION, CHANGED["noise"], DAY)), "scorer") is None


@pytest.mark.parametrize("what", ["a:null", "a:scale", "a:frozen", "a:shuffled", "b:shuffled", "c:scale"])
def test_broken_inputs_are_not_taken_for_a_changed_outcome(what):
    assert outcome_change(broken(what), "scorer").sure == 0.0


def test_a_real_shift_of_the_population_is_not_taken_for_a_changed_outcome():
    keep = ~LATE | (RNG.random(6000) < 1 / (1 + np.exp(-2 * X["a"])))
    x = {name: values[keep] for name, values in X.items()}
    shifted = make_model(x, PREDICTION[keep], LABEL[keep], DAY[keep])
    assert outcome_change(make_evidence(shifted), "scorer").sure < 0.4


def test_lost_positives_move_one_way_and_noise_does_not():
    lost, noise = (change_of(CHANGED[how]).moved for how in ("positives lost", "noise"))
    assert lost.one_way > 0.9
    assert noise.one_way < 0.5
    assert lost.offset < -0.1


def test_noise_takes_of_every_relation_alike_and_a_relation_that_turned_does_not():
    turned, noise = (change_of(CHANGED[how]).moved for how in ("flipped where a > 0", "noise"))
    assert noise.uneven < 3 < turned.uneven
    assert 0.2 < noise.kept < 0.6


def test_without_labels_the_outcome_says_nothing():
    assert change_of(np.full(6000, np.nan)) is None


def test_expectations_of_classes_sum_to_one_and_follow_the_inputs():
    label = np.digitize(X["a"], [-0.5, 0.5]).astype(float)
    rows = make_model(X, PREDICTION, label, DAY).rows
    sizes = {name: int(bins.max()) + 1 for name, bins in rows.bins.items()}
    found = expect(rows, "multiclass", sizes, sorted(rows.bins), answer=False)
    assert found.expected.shape[1] == 3
    np.testing.assert_allclose(found.expected.sum(axis=1), 1.0)
    assert (found.expected.argmax(axis=1) == label[found.rows]).mean() > 0.8
    assert how_moved(found).z < 3


def test_numbers_that_rise_by_a_constant_are_an_offset():
    value = 10 + 3 * X["a"] + RNG.normal(size=6000) + np.where(LATE, 2.0, 0.0)
    rows = make_model(X, 10 + 3 * X["a"], value, DAY).rows
    sizes = {name: int(bins.max()) + 1 for name, bins in rows.bins.items()}
    moved = how_moved(expect(rows, "regression", sizes, sorted(rows.bins), answer=True))
    assert moved.offset == pytest.approx(2.0, abs=0.3)
    assert moved.z > 10
    assert moved.one_way > 0.95
