"""The charts' average run lengths, by simulation, are those of the published tables."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from candidates.measures.control_charts import cusum, ewma, level_of, shewhart

KNOWN = np.array([-1.0, 1.0]) / np.sqrt(2)
"""A baseline of mean 0 and standard deviation 1: the tables are for known parameters."""
SERIES = arrays(float, st.integers(1, 30), elements=st.floats(-5, 5) | st.just(np.nan))


def run_length(chart, shift, runs=1500, seed=0):
    """Return the mean position (from 1) of the first alarm and its standard error; long runs go on in pieces."""
    rng = np.random.default_rng(seed)
    length = 4000 if shift < 0.6 else 600
    alarm = np.concatenate([chart(rng.normal(shift, size=(100, length))).alarm for _ in range(runs // 100)])
    ends = np.where(alarm.any(axis=1), alarm.argmax(axis=1) + 1, length)
    return ends.mean(), ends.std() / np.sqrt(runs)


def close(chart, shift, published):
    mean, error = run_length(chart, shift)
    assert mean == pytest.approx(published, abs=3.5 * error + 0.01 * published)


@pytest.mark.parametrize(("shift", "published"), [(0, 370.4), (1, 43.9), (2, 6.30), (3, 2.00)])
def test_shewhart(shift, published):
    close(lambda x: shewhart(KNOWN, x), shift, published)


@pytest.mark.parametrize(("shift", "published"), [(0, 91.75), (1, 9.22), (2, 3.13)])
def test_western_electric_rules(shift, published):
    # Champ and Woodall (1987), table 1, rules 1, 2, 3 and 4 together
    close(lambda x: shewhart(KNOWN, x, western_electric=True), shift, published)


@pytest.mark.parametrize(
    ("weight", "limit", "shift", "published"),
    [(0.1, 2.814, 0, 500), (0.1, 2.814, 0.5, 31.3), (0.1, 2.814, 1, 10.3), (0.2, 2.962, 1, 10.5), (0.4, 3.054, 2, 3.5)],
)
def test_ewma(weight, limit, shift, published):
    # Lucas and Saccucci (1990), table 3: limits of long standing
    close(lambda x: ewma(KNOWN, x, weight, limit, steady=True), shift, published)


def test_limits_that_widen_alarm_sooner():
    early, _ = run_length(lambda x: ewma(KNOWN, x, 0.1, 2.814), 1)
    late, _ = run_length(lambda x: ewma(KNOWN, x, 0.1, 2.814, steady=True), 1)
    assert early < late - 1.5


@pytest.mark.parametrize(
    ("decision", "head_start", "shift", "published"),
    [
        (5, 0, 0, 465), (5, 0, 0.5, 38.0), (5, 0, 1, 10.4), (5, 0, 2, 4.01), (4, 0, 0, 168), (4, 0, 1, 8.38),
        (5, 0.5, 0, 430), (5, 0.5, 0.5, 28.7), (5, 0.5, 1, 6.35), (4, 0.5, 1, 5.29),
    ],
)  # fmt: skip
def test_cusum(decision, head_start, shift, published):
    # Lucas and Crosier (1982), tables 1 and 2: two-sided, allowance 0.5, without and with the head start
    close(lambda x: cusum(KNOWN, x, 0.5, decision, head_start), shift, published)


@settings(max_examples=60, deadline=None)
@given(SERIES, st.sampled_from([0.0, 0.5]))
def test_cusum_is_pages_recursion(series, head_start):
    up = down = head_start * 5
    found = cusum(KNOWN, series, 0.5, 5, head_start)
    for t, x in enumerate(series):
        if np.isfinite(x):
            up, down = max(0.0, up + x - 0.5), max(0.0, down - x - 0.5)
        assert found.statistic[t] == pytest.approx(up if up >= down - 1e-9 else -down, abs=1e-6) or up == pytest.approx(
            down
        )
        assert found.alarm[t] == (max(up, down) > 5) or max(up, down) == pytest.approx(5)


@settings(max_examples=60, deadline=None)
@given(SERIES)
def test_ewma_is_roberts_recursion_with_widening_limits(series):
    found, level, seen = ewma(KNOWN, series, 0.3, 2.5), 0.0, 0
    for t, x in enumerate(series):
        if np.isfinite(x):
            level, seen = 0.7 * level + 0.3 * x, seen + 1
        width = 2.5 * np.sqrt(0.3 / 1.7 * (1 - 0.7 ** (2 * seen)))
        assert (found.statistic[t], found.upper[t], found.lower[t]) == pytest.approx((level, width, -width), abs=1e-9)


def test_published_cusum_example():
    # Montgomery, "Introduction to Statistical Quality Control", table 9.1: mean 10, sigma 1, H = 5, K = 0.5
    series = [9.45, 7.99, 9.29, 11.66, 12.16, 10.18, 8.04, 11.46, 9.20, 10.34, 9.03, 11.47, 10.51, 9.40, 10.08]
    series += [9.37, 10.62, 10.31, 8.52, 10.84, 10.90, 9.33, 12.29, 11.50, 10.60, 11.08, 10.38, 11.62, 11.31, 10.52]
    found = cusum(10 + KNOWN, np.array(series))
    assert found.first == 28  # period 29, C+ = 5.28
    assert found.statistic[[27, 28, 29]] == pytest.approx([4.47, 5.28, 5.30])


@pytest.mark.parametrize(
    ("values", "first"), [([2.1, 0, 2.1], 2), ([1.1, 1.1, 0, 1.1, 1.1], 4), ([0.1] * 8, 7), ([2.1, 0, -2.1], None)]
)
def test_each_supplementary_rule(values, first):
    assert shewhart(KNOWN, np.array(values), western_electric=True).first == first
    assert shewhart(KNOWN, np.array(values)).first is None


def test_the_baselines_level():
    rng = np.random.default_rng(0)
    value = rng.normal(5, 2, 20_000)
    assert level_of(value) == pytest.approx((5, 2), abs=0.05)
    assert level_of(value, moving_range=True) == pytest.approx((5, 2), abs=0.05)
    drifting = value + np.linspace(0, 50, 20_000)
    assert level_of(drifting, moving_range=True)[1] == pytest.approx(2, abs=0.05)
    assert level_of(np.array([3.0, np.nan, 3.0]))[1] > 0


def test_what_cannot_be_charted_is_told():
    with pytest.raises(ValueError, match="two known values, not 1"):
        shewhart(np.array([1.0, np.nan]), np.zeros(3))
    with pytest.raises(ValueError, match=r"must lie in \(0, 1\], not 0"):
        ewma(KNOWN, np.zeros(3), 0)
