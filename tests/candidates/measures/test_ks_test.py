"""The batch test equals scipy's, the exact p-value an exhaustive count, and the critical distance a search."""

import itertools
import math
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats

from candidates.measures.ks_test import critical_distance, kolmogorov_tail, ks_test, p_value

SAMPLE = st.lists(st.integers(-8, 8).map(float), min_size=1, max_size=40).map(np.array)
SIZES = [(5, 5), (3, 4), (20, 31), (100, 100), (40, 60), (1, 1), (1, 50)]


@settings(max_examples=60, deadline=None)
@given(SAMPLE, SAMPLE)
def test_ties_and_all_equals_scipys_exact_test(x, y):
    with warnings.catch_warnings(record=True) as gave_up:  # where its count rounds to more than 1
        warnings.simplefilter("always")
        expected = stats.ks_2samp(x, y, method="exact")
    found = ks_test(x, y)
    assert found.statistic == pytest.approx(expected.statistic, abs=1e-12)
    assert found.p_value == pytest.approx(1.0 if gave_up else expected.pvalue, rel=1e-9)


@pytest.mark.parametrize(("n", "m", "shift"), [(1000, 1000, 0.3), (997, 1000, 0.3), (2000, 150, 0.2), (60, 4000, 0.0)])
def test_long_samples_equal_scipys_exact_test(n, m, shift):
    rng = np.random.default_rng(n)
    x, y = rng.normal(size=n), rng.normal(shift, size=m)
    assert ks_test(x, y).p_value == pytest.approx(stats.ks_2samp(x, y, method="exact").pvalue, rel=1e-8)


@pytest.mark.parametrize(("n", "m"), [(3, 4), (4, 4), (2, 5)])
def test_exact_p_value_is_the_share_of_orders(n, m):
    distances = []
    for places in itertools.combinations(range(n + m), n):
        steps = np.where(np.isin(np.arange(n + m), places), m, -n)
        distances.append(int(np.abs(np.cumsum(steps)).max()) // math.gcd(n, m))
    for distance in set(distances):
        assert p_value(n, m, distance, "exact") == pytest.approx(np.mean([d >= distance for d in distances]))


def test_tiny_exact_p_values_keep_their_digits():
    # counted with whole numbers: 1 - paths inside / all paths
    assert p_value(300, 200, 240, "exact") == pytest.approx(1.242559886511999e-17, rel=1e-12)
    assert p_value(300, 200, 300, "exact") == pytest.approx(9.273102849374072e-28, rel=1e-12)


@pytest.mark.parametrize("x", [0.05, 0.3, 0.7, 0.999, 1.0, 1.36, 2.5, 5.0])
def test_the_limit_is_kolmogorovs(x):
    assert kolmogorov_tail(x) == pytest.approx(special.kolmogorov(x), rel=1e-12)


def test_the_papers_critical_values_hold():
    # dos Reis et al., section 3: D > c(alpha) sqrt((n + m) / (n m)), c(0.05) = 1.36, c(0.001) = 1.95
    for alpha, c in ((0.05, 1.358), (0.001, 1.949)):
        found = critical_distance(500, 500, alpha, "asymptotic") / 500
        assert found == pytest.approx(c * math.sqrt(2 / 500), abs=1 / 500)


@pytest.mark.parametrize(("n", "m"), SIZES)
@pytest.mark.parametrize("method", ["exact", "asymptotic"])
@pytest.mark.parametrize("alpha", [0.99, 0.5, 0.1, 0.01, 1e-6])
def test_the_critical_distance_is_the_first_that_rejects(n, m, method, alpha):
    largest = math.lcm(n, m)
    first = next((d for d in range(1, largest + 1) if p_value(n, m, d, method) < alpha), largest + 1)
    assert critical_distance(n, m, alpha, method) == first


def test_exact_and_asymptotic_agree_where_auto_changes_over():
    assert ks_test(np.arange(10_001.0), np.arange(10_001.0) + 150).p_value == pytest.approx(
        p_value(10_001, 10_001, 150, "exact"), rel=0.02
    )


@pytest.mark.parametrize(
    ("x", "words"), [([], "the first sample is empty"), ([1.0, float("nan")], "the first sample holds 1 NaN")]
)
def test_unusable_samples_are_told(x, words):
    with pytest.raises(ValueError, match=words):
        ks_test(np.array(x), np.array([1.0]))
