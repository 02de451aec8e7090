import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats
from scipy.spatial.distance import jensenshannon

from candidates.measures.distances import (
    binned_wasserstein,
    hellinger,
    jensen_shannon,
    kolmogorov_smirnov,
    population_stability_index,
    quantile_energy,
    shares,
    wasserstein,
)

COUNTS = arrays(float, 6, elements=st.integers(0, 1000).map(float)).filter(lambda a: a.sum() > 0)
VALUES = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=40).map(np.array)


def test_shares_sum_to_one_and_nothing_stays_nothing():
    assert shares(np.array([[1.0, 3.0], [0.0, 0.0]])).tolist() == [[0.25, 0.75], [0.0, 0.0]]


@settings(max_examples=50, deadline=None)
@given(COUNTS, COUNTS)
def test_jensen_shannon_is_scipys_squared(a, b):
    p, q = shares(a), shares(b)
    assert jensen_shannon(p, q) == pytest.approx(jensenshannon(p, q) ** 2, abs=1e-9)
    assert jensen_shannon(p, q) == pytest.approx(jensen_shannon(q, p), abs=1e-15)


def test_jensen_shannon_of_disjoint_shares_is_ln_2_and_broadcasts():
    p, q = np.array([1.0, 0.0]), np.array([[0.0, 1.0], [1.0, 0.0]])
    assert jensen_shannon(p, q) == pytest.approx([np.log(2), 0.0])


def test_psi_by_hand():
    p, q = np.array([0.5, 0.3, 0.2]), np.array([0.25, 0.35, 0.4])
    by_hand = -0.25 * np.log(0.5) + 0.05 * np.log(0.35 / 0.3) + 0.2 * np.log(2)
    assert population_stability_index(p, q) == pytest.approx(by_hand)


def test_psi_of_an_empty_bin_is_finite_and_large():
    assert 1 < population_stability_index(np.array([1.0, 0.0]), np.array([0.5, 0.5])) < 10


@settings(max_examples=50, deadline=None)
@given(VALUES, VALUES)
def test_kolmogorov_smirnov_is_scipys(x, y):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # scipy's p-value, which is not asked for, fails on ties
        expected = stats.ks_2samp(x, y, method="asymp").statistic
    assert kolmogorov_smirnov(x, y) == pytest.approx(expected, abs=1e-12)


def test_kolmogorov_smirnov_with_ties_and_without_values():
    assert kolmogorov_smirnov(np.array([0.0, 0.0, 1.0]), np.array([0.0, 1.0, 1.0])) == pytest.approx(1 / 3)
    assert kolmogorov_smirnov(np.array([]), np.array([1.0])) == 0.0


@settings(max_examples=30, deadline=None)
@given(VALUES, st.floats(-100, 100))
def test_energy_of_a_shift_is_its_square(x, by):
    assert quantile_energy(x, x + by) == pytest.approx(by**2, rel=1e-6, abs=1e-6)


def test_energy_between_normals_has_the_known_form():
    rng = np.random.default_rng(0)
    x, y = rng.normal(1, 2, 20_000), rng.normal(4, 3, 20_000)
    assert quantile_energy(x, y, points=1001) == pytest.approx((4 - 1) ** 2 + (3 - 2) ** 2, rel=0.03)


def test_energy_is_at_most_the_squared_range_and_at_least_the_squared_wasserstein_1():
    rng = np.random.default_rng(1)
    x, y = rng.gamma(2, size=500), rng.gamma(3, size=400)
    w1 = stats.wasserstein_distance(x, y)
    assert w1**2 * 0.98 <= quantile_energy(x, y) <= (max(x.max(), y.max())) ** 2
    assert quantile_energy(np.array([]), y) == 0.0


@settings(max_examples=50, deadline=None)
@given(COUNTS, COUNTS)
def test_hellinger_is_euclids_distance_of_roots_and_bounds_jensen_shannon(a, b):
    p, q = shares(a), shares(b)
    found = hellinger(p, q)
    assert found == pytest.approx(np.linalg.norm(np.sqrt(p) - np.sqrt(q)) / np.sqrt(2))
    assert jensen_shannon(p, q) <= 2 * np.log(2) * found**2 + 1e-9  # Topsoe, 2000
    assert 0 <= found <= 1 + 1e-12


def test_hellinger_of_two_poissons_has_the_known_form():
    k = np.arange(200)
    p, q = stats.poisson.pmf(k, 4), stats.poisson.pmf(k, 9)
    assert hellinger(p, q) ** 2 == pytest.approx(1 - np.exp(-((2 - 3) ** 2) / 2))


@settings(max_examples=50, deadline=None)
@given(VALUES, VALUES)
def test_wasserstein_is_scipys(x, y):
    assert wasserstein(x, y) == pytest.approx(stats.wasserstein_distance(x, y), rel=1e-9, abs=1e-9)


@settings(max_examples=50, deadline=None)
@given(COUNTS, COUNTS)
def test_binned_wasserstein_is_scipys_with_weights(a, b):
    position = np.array([-3.0, 0.0, 0.5, 2.0, 7.0, 7.5])
    expected = stats.wasserstein_distance(position, position, a, b)
    assert binned_wasserstein(shares(a), shares(b), position) == pytest.approx(expected, abs=1e-9)


def test_wasserstein_without_values_is_nothing_and_bins_broadcast():
    assert wasserstein(np.array([]), np.array([1.0])) == 0.0
    p = np.eye(3)
    assert binned_wasserstein(p, p[0], np.array([0.0, 1.0, 5.0])).tolist() == [0.0, 1.0, 5.0]
