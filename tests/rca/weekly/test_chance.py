"""The test of clusters: against enumeration, against the textbook, and its size when there is nothing to find."""

from collections import Counter
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, hypergeom

from rca.weekly.chance import burst, holm, standing


@given(st.integers(2, 300), st.data())
def test_burst_is_the_hypergeometric_tail_given_one(everything, data):
    window = data.draw(st.integers(2, everything))
    alike = data.draw(st.integers(1, everything))
    inside = data.draw(st.integers(max(1, window + alike - everything), min(window, alike)))
    expected = hypergeom.sf(inside - 2, everything - 1, alike - 1, window - 1)
    assert burst(everything, alike, window, inside) == pytest.approx(expected, abs=1e-9)


def test_burst_counts_the_orders_in_which_it_could_have_happened():
    # 6 incidents, the last 3 in the window; of 2 alike both there, given one: the other is in 2 of 5 places
    assert burst(6, 2, 3, 2) == pytest.approx(comb(2, 1) / comb(5, 1))


@given(st.integers(2, 100), st.integers(1, 300), st.integers(1, 300))
def test_standing_is_the_binomial_tail_given_one(kinds, window, inside):
    inside = min(inside, window)
    expected = binom.sf(inside - 2, window - 1, 1 / kinds)
    assert standing(kinds, window, inside) == pytest.approx(expected, abs=1e-9)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=10), st.integers(0, 20))
def test_adjusted_p_values_keep_their_order_and_are_no_smaller(p_values, more):
    adjusted = holm(p_values, len(p_values) + more)
    assert all(new >= old for new, old in zip(adjusted, p_values, strict=True))
    order = np.argsort(p_values, kind="stable")
    assert list(np.array(adjusted)[order]) == sorted(adjusted)


def test_where_causes_fall_by_chance_clusters_are_rarely_called_systemic():
    random = np.random.default_rng(3)
    called, rounds = 0, 400
    for _ in range(rounds):
        causes = random.integers(0, 30, 400)
        window = Counter(causes[-100:].tolist())
        every = Counter(causes.tolist())
        p_values = [
            min(1.0, 2 * min(burst(400, every[cause], 100, k), standing(len(every), 100, k)))
            for cause, k in window.items()
            if k > 1
        ]
        called += min(holm(p_values, len(window))) < 0.05
    assert called / rounds < 0.05 + 3 * np.sqrt(0.05 * 0.95 / rounds)
