"""The stand-in for classes alone is the penalised multinomial logistic regression, from one inverse."""

import numpy as np
import pytest

from candidates.measures.links import softmax
from candidates.measures.moments import RIDGE
from candidates.measures.surrogate import feature_index
from candidates.measures.vote_surrogate import CURVATURE, fit_votes

SIZES = {"a": 4, "b": 3}
COLUMNS = ("a", "b")
NONE = np.zeros(4000, dtype=bool)


def drawn(sharp=1.0, seed=0):
    """Return feature numbers, block starts, true log-odds (N, 3), and votes drawn from them."""
    rng = np.random.default_rng(seed)
    bins = {name: rng.integers(0, size, len(NONE)) for name, size in SIZES.items()}
    index, start = feature_index(bins, COLUMNS, SIZES)
    odds = sharp * (rng.normal(size=(4, 3))[bins["a"]] + rng.normal(size=(3, 3))[bins["b"]])
    odds -= odds.mean(axis=1, keepdims=True)
    said = (softmax(odds).cumsum(axis=1) < rng.random((len(NONE), 1))).sum(axis=1)
    return index, start, odds, np.eye(3)[said]


def test_known_log_odds_are_recovered():
    index, start, odds, votes = drawn()
    found = fit_votes(index, start, COLUMNS, votes, NONE)
    assert found.predict(index).sum(axis=1) == pytest.approx(np.zeros(len(NONE)), abs=1e-4)
    assert np.abs(softmax(found.predict(index)) - softmax(odds)).max() < 0.06


def test_the_steps_arrive_where_the_gradient_is_the_penalty():
    index, start, _, votes = drawn()
    found = fit_votes(index, start, COLUMNS, votes, NONE)
    left = votes - softmax(found.predict(index))
    own = np.eye(7)[index].sum(axis=1)
    gradient = (own - own.mean(axis=0)).T @ left
    assert left.mean(axis=0) == pytest.approx(np.zeros(3), abs=5e-3)
    assert gradient == pytest.approx(CURVATURE * RIDGE * found.effect, abs=0.02 * len(votes) ** 0.5)


def test_a_class_that_is_certain_has_finite_effects():
    index, start, odds, _ = drawn(sharp=50.0)
    votes = np.eye(3)[odds.argmax(axis=1)]
    found = fit_votes(index, start, COLUMNS, votes, NONE)
    assert np.abs(found.effect).max() < 20
    assert (softmax(found.predict(index)).argmax(axis=1) == odds.argmax(axis=1)).mean() > 0.95


def test_a_constant_answer_has_no_importance():
    index, start, _, _ = drawn()
    found = fit_votes(index, start, COLUMNS, np.tile([0.0, 1.0], (len(NONE), 1)), NONE)
    assert found.importance == pytest.approx([0, 0], abs=0.01)
    assert np.isfinite([found.residual_sd, found.r2, found.stretch]).all()
    alone = fit_votes(index, start, COLUMNS, np.ones((len(NONE), 1)), NONE)
    assert alone.effect == pytest.approx(np.zeros((7, 1)))


def test_a_deviation_counts_as_the_log_odds_that_cause_it():
    index, start, odds, _ = drawn()
    found = fit_votes(index, start, COLUMNS, softmax(odds), NONE)
    moved = np.random.default_rng(1).normal(scale=0.1, size=odds.shape)
    moved -= moved.mean(axis=1, keepdims=True)
    seen = found.stretch * (softmax(odds + moved) - softmax(odds))
    assert np.sqrt((seen**2).mean()) == pytest.approx(0.1 * np.sqrt(2 / 3), rel=0.1)
