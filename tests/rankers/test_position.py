"""Position bias: what simulated readers who tire really look at is found again."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rankers.position import MOST, RANKS, Session, inverse_weight, propensities


def read(rng, goes_on, right, shown=6):
    """Return what a reader does who goes on to the next cause with a fixed chance until satisfied."""
    judged = []
    for rank in range(1, shown + 1):
        judged.append(rank)
        if rank == right or rng.random() >= goes_on:
            break
    return Session(shown, frozenset(judged), frozenset(r for r in judged if r == right))


@pytest.mark.parametrize("goes_on", [0.5, 0.8])
def test_the_readers_chances_are_found_though_most_are_satisfied_at_once(goes_on):
    rng = np.random.default_rng(0)
    rights = rng.choice([1, 2, 3, 4, 9], p=[0.7, 0.1, 0.05, 0.05, 0.1], size=4000)
    found = propensities([read(rng, goes_on, right) for right in rights])
    assert found[:4] == pytest.approx([goes_on**k for k in range(4)], rel=0.12)


def test_weights_undo_the_bias():
    rng = np.random.default_rng(1)
    rights = rng.choice([1, 2, 3], p=[0.6, 0.2, 0.2], size=6000)
    sessions = [read(rng, 0.6, right) for right in rights]
    chances = propensities(sessions)
    weight = np.zeros(4)
    for session in sessions:
        for rank in session.confirmed:
            weight[rank] += inverse_weight(chances, rank)
    assert weight[1:] / weight.sum() == pytest.approx([0.6, 0.2, 0.2], abs=0.03)


SESSIONS = st.lists(
    st.builds(
        lambda shown, judged, confirmed: Session(shown, frozenset(judged), frozenset(confirmed & judged)),
        st.integers(1, 12),
        st.sets(st.integers(1, 12)),
        st.sets(st.integers(1, 12)),
    ),
    max_size=20,
)


@given(SESSIONS)
def test_chances_fall_and_weights_rise_within_bounds(sessions):
    chances = propensities(sessions)
    assert len(chances) == RANKS
    assert chances[0] == 1.0
    assert all(0 < later <= earlier <= 1 for earlier, later in pairwise(chances))
    weights = [inverse_weight(chances, rank) for rank in range(1, 20)]
    assert weights == sorted(weights)
    assert weights[-1] <= MOST


def test_a_shuffled_or_unknown_rank_weighs_one():
    chances = propensities([])
    assert inverse_weight(chances, 2, explored=True) == 1.0
    assert inverse_weight(chances, 5, explored=True) > 1.0
    assert inverse_weight(chances, None) == 1.0


def test_shuffled_answers_tell_how_often_each_place_is_looked_at():
    """Each place is right as often; half of those who come look at the second, a fifth at the third."""
    shuffled = [Session(3, frozenset({1}), frozenset({1}), explored=True)] * 200
    shuffled += [Session(3, frozenset({2}), frozenset({2}), explored=True)] * 100
    shuffled += [Session(3, frozenset({3}), frozenset({3}), explored=True)] * 40
    found = propensities(shuffled)
    assert found[1] == pytest.approx(0.5, abs=0.03)
    assert found[2] == pytest.approx(0.2, abs=0.03)
    as_ranked = [Session(s.shown, s.judged, s.confirmed) for s in shuffled]
    assert propensities(as_ranked)[2] > 0.3
