"""At every position the rolling test says what the batch test says of the same window."""

import itertools
import math
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from candidates.measures import running_extremes
from candidates.measures.ks_test import ks_test
from candidates.measures.streaming_ks import RollingKs, rolling_ks

FEW = st.integers(-4, 4).map(float) | st.sampled_from([math.inf, -math.inf, 0.5])
REFERENCE = st.lists(FEW, min_size=1, max_size=30)


def by_scipy(reference, stream, window, alpha, method="exact"):
    found = []
    for end in range(window, len(stream) + 1):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            p = stats.ks_2samp(reference, stream[end - window : end], method=method).pvalue
        found += [end - 1] if p < alpha else []
    return found


@settings(max_examples=80, deadline=None)
@given(REFERENCE, st.lists(FEW, max_size=60), st.integers(1, 20), st.sampled_from([0.5, 0.2, 0.05]))
def test_positions_are_scipys_with_ties_repeats_and_infinities(reference, stream, window, alpha):
    expected = by_scipy(reference, stream, window, alpha)
    assert list(rolling_ks(np.array(reference), iter(stream), window, alpha)) == expected


@pytest.mark.parametrize("decimals", [1, 8])
@pytest.mark.parametrize(("n", "window"), [(200, 100), (150, 150), (97, 64)])
def test_positions_are_scipys_over_a_long_drifting_stream(decimals, n, window):
    rng = np.random.default_rng(n)
    reference = rng.normal(size=n).round(decimals)
    level = np.concatenate([np.zeros(300), np.linspace(0, 1, 300), np.ones(100), np.zeros(300)])
    stream = (rng.normal(size=1000) + level).round(decimals)
    found = list(rolling_ks(reference, stream, window, 0.01))
    assert found == by_scipy(reference, stream, window, 0.01, "auto")
    assert 50 < len(found) < 900


@pytest.mark.parametrize("walk", [0, 60, 10**9])  # always the tree, both ways, always the scan
@settings(max_examples=25, deadline=None)
@given(REFERENCE, st.lists(FEW, min_size=1, max_size=80), st.integers(1, 20), st.integers(1, 7))
def test_statistic_and_p_value_are_the_batch_tests_however_they_are_found(walk, reference, stream, window, every):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(running_extremes, "WALK", walk)
        patch.setattr(running_extremes, "PATIENCE", 2)
        rolling = RollingKs(np.array(reference), window)
        for position, value in enumerate(stream):
            rolling.take(value)
            if position < window - 1:
                assert math.isnan(rolling.statistic)
                assert math.isnan(rolling.p_value)
            elif position % every == 0:
                expected = ks_test(np.array(reference), np.array(stream[position - window + 1 : position + 1]))
                assert rolling.statistic == pytest.approx(expected.statistic, abs=1e-12)
                assert rolling.p_value == pytest.approx(expected.p_value, rel=1e-12)


def test_the_tree_is_kept_over_a_stream_longer_than_its_row():
    rng = np.random.default_rng(4)
    reference, stream = rng.normal(size=20), rng.normal(size=1000).tolist()
    rolling = RollingKs(reference, 10)
    for position, value in enumerate(stream):
        rolling.take(value)
        if position >= 9:
            expected = ks_test(reference, np.array(stream[position - 9 : position + 1])).statistic
            assert rolling.statistic == pytest.approx(expected, abs=1e-12)


def test_a_stream_without_end_is_answered_as_it_comes():
    stream = itertools.chain([0.0] * 50, itertools.repeat(9.0))
    read = 0

    def counted():
        nonlocal read
        for value in stream:
            read += 1
            yield value

    first = next(rolling_ks(np.arange(-5.0, 6.0), counted(), 20, 0.001))
    assert read == first + 1


def test_a_window_longer_than_the_stream_yields_nothing():
    assert list(rolling_ks(np.zeros(5), np.full(30, 9.0), 31, 0.5)) == []


def test_an_alpha_out_of_reach_yields_nothing():
    assert list(rolling_ks(np.zeros(2), np.full(30, 9.0), 2, 1e-3)) == []


def test_what_cannot_be_tested_is_told():
    with pytest.raises(ValueError, match="the reference sample is empty"):
        rolling_ks(np.array([]), [1.0], 1, 0.05)
    with pytest.raises(ValueError, match="the reference sample holds 1 NaN"):
        rolling_ks(np.array([1.0, np.nan]), [1.0], 1, 0.05)
    with pytest.raises(ValueError, match="at least one value, not 0"):
        rolling_ks(np.array([1.0]), [1.0], 0, 0.05)
    with pytest.raises(ValueError, match=r"alpha must lie in \(0, 1\), not 1"):
        rolling_ks(np.array([1.0]), [1.0], 1, 1)
    stream = rolling_ks(np.arange(50.0), [99.0] * 12 + [float("nan")], 10, 0.01)
    assert [next(stream) for _ in range(3)] == [9, 10, 11]
    with pytest.raises(ValueError, match="value 12 of the stream is NaN"):
        next(stream)
