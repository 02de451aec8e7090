import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from candidates.measures.chi_square import chi_square_tail, chi_square_test

COUNTS = arrays(float, 7, elements=st.integers(0, 60).map(float))


@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 7, 10, 101, 400])
@pytest.mark.parametrize("x", [0.0, 1e-3, 1.0, 10.0, 100.0, 1000.0])
def test_the_tail_is_scipys(x, freedom):
    assert chi_square_tail(x, freedom) == pytest.approx(stats.chi2.sf(x, freedom), rel=1e-10)


@settings(max_examples=100, deadline=None)
@given(COUNTS, COUNTS)
def test_the_test_is_scipys_of_the_pooled_counts_and_none_of_those_is_small(before, after):
    found = chi_square_test(before, after)
    assert found.pooled.sum(axis=1) == pytest.approx([before.sum(), after.sum()])
    if not found.freedom:
        assert found.p_value == 1.0
        return
    expected = stats.chi2_contingency(found.pooled, correction=False)
    assert (found.statistic, found.p_value) == pytest.approx((expected.statistic, expected.pvalue), abs=1e-9)
    assert found.freedom == expected.dof
    assert expected.expected_freq.min() >= 5 - 1e-9
    association = stats.contingency.association(found.pooled.astype(int), method="cramer")
    assert found.cramers_v == pytest.approx(association)


@settings(max_examples=50, deadline=None)
@given(COUNTS, COUNTS, st.permutations(range(7)))
def test_the_order_of_bins_does_not_matter(before, after, order):
    found = chi_square_test(before[list(order)], after[list(order)])
    if len(set((before + after).tolist())) == 7:  # else equally rare bins may be pooled differently
        assert found.statistic == pytest.approx(chi_square_test(before, after).statistic)


def test_a_published_table():
    # Agresti, "An Introduction to Categorical Data Analysis", 2nd ed., table 2.5: X^2 = 30.1, df = 2
    found = chi_square_test(np.array([762.0, 327.0, 468.0]), np.array([484.0, 239.0, 477.0]))
    assert (round(found.statistic, 1), found.freedom) == (30.1, 2)


def test_rare_bins_are_pooled_and_a_rare_pool_takes_in_the_next():
    found = chi_square_test(np.array([50.0, 1.0, 2.0, 8.0]), np.array([50.0, 1.0, 1.0, 8.0]))
    assert found.pooled.tolist() == [[50.0, 11.0], [50.0, 10.0]]


def test_what_is_no_count_is_told():
    with pytest.raises(ValueError, match="finite and at least 0"):
        chi_square_test(np.array([1.0, -1.0]), np.array([1.0, 1.0]))


def test_false_alarms_of_sparse_bins_stay_at_their_level():
    rng = np.random.default_rng(0)
    shares = np.r_[np.full(3, 0.3), np.full(20, 0.005)]
    drawn = rng.multinomial(300, shares, size=(2000, 2)).astype(float)
    p = np.array([chi_square_test(*pair).p_value for pair in drawn])
    assert 0.035 < (p < 0.05).mean() < 0.065
