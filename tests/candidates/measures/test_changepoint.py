"""The change point: right place, honest interval, few false alarms."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from candidates.measures.changepoint import change_point, precision
from candidates.measures.robust import lag_one, robust_scale, two_sided_p, winsorise


def noise(rng, size, phi=0.0):
    shocks = rng.standard_normal(size + 50)
    for i in range(1, size + 50):
        shocks[i] += phi * shocks[i - 1]
    return shocks[50:]


@pytest.mark.parametrize("length", [20, 60, 400])
@pytest.mark.parametrize("at", [0.5, 0.9])
def test_a_clear_step_is_found_where_it_is(length, at):
    rng = np.random.default_rng(length)
    place, hits, covered = int(length * at), 0, 0
    for _ in range(50):
        value = noise(rng, length)
        value[place:] += 4
        found = change_point(value)
        hits += abs(found.index - place) <= 1
        covered += found.low <= place <= found.high
    assert hits >= 46
    assert covered >= 42


def test_the_step_is_described():
    value = np.array([1.0, 1.2, 0.8, 1.0, 1.1, -2.0, -2.1, -1.9])
    found = change_point(value)
    assert (found.index, found.low, found.high) == (5, 5, 5)
    assert found.before == pytest.approx(1.02)
    assert found.after == pytest.approx(-2.0)
    assert found.z < -10
    assert found.p_value < 1e-3


@pytest.mark.parametrize("phi", [0.0, 0.3, 0.6])
def test_noise_seldom_looks_like_a_step(phi):
    rng = np.random.default_rng(3)
    p = np.array([change_point(noise(rng, 60, phi)).p_value for _ in range(300)])
    assert (p < 0.05).mean() <= 0.07
    assert p.max() > 0.5


def test_one_outlier_is_no_step_and_hides_none():
    rng = np.random.default_rng(5)
    value = noise(rng, 60)
    value[10] = 1e6
    assert change_point(value).p_value > 0.05
    value[50:] += 6
    assert change_point(value).index == 50


def test_gaps_and_empty_buckets_keep_positions():
    value = np.array([1.0, np.nan, 1.1, 99.0, 0.9, 1.0, np.nan, 5.0, 5.1, 4.9])
    rows = np.array([10.0, 0, 10, 0, 10, 10, 0, 10, 10, 10])
    assert change_point(value, rows).index == 7


def test_thin_buckets_count_less():
    value = np.array([0, 0.1, -0.1, 0, 0.05, 3.0, 0, 0.1, -0.1, 2, 2.1, 1.9])
    rows = np.array([100.0] * 5 + [2] + [100] * 6)
    assert change_point(value, rows).index == 9


@pytest.mark.parametrize("value", [[], [1.0], [1.0, 2.0, 3.0], [4.0] * 9, [math.nan] * 9])
def test_too_little_is_none(value):
    assert change_point(np.array(value)) is None


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(-1e9, 1e9) | st.just(math.nan), max_size=40), st.floats(1e-3, 1e3))
def test_any_series_gives_finite_numbers_and_scales(values, factor):
    value = np.array(values)
    found = change_point(value)
    if found is not None:
        assert 0 < found.low <= found.index <= found.high < len(value)
        assert np.isfinite([found.z, found.p_value, found.before, found.after]).all()
        assert 0 <= found.p_value <= 1
        assert change_point(value, np.full(len(value), factor)).index == found.index


def test_scale_is_robust_and_floored():
    rng = np.random.default_rng(0)
    value = rng.normal(5, 2, 2000)
    value[:200] = 1e9
    assert robust_scale(value) == pytest.approx(2.4, rel=0.15)
    assert robust_scale(np.full(9, 0.5)) == pytest.approx(5e-5)
    assert robust_scale(np.array([0.0] * 9 + [1.0])) > 0.1
    assert np.abs(winsorise(value - np.median(value))).max() < 10


def test_precision_favours_rows_but_saturates():
    weight = precision(np.array([10.0, 10, 10, 0, 1e9]))
    assert weight[3] == 0
    assert weight[0] < weight[4] < 2.1 * weight[0]


def test_lag_one_recovers_autocorrelation():
    rng = np.random.default_rng(1)
    assert lag_one(noise(rng, 5000, 0.5)) == pytest.approx(0.5, abs=0.05)
    assert np.mean([lag_one(noise(rng, 15, 0.5)) for _ in range(300)]) == pytest.approx(0.5, abs=0.12)


@pytest.mark.parametrize(("t", "dof", "p"), [(2.0, 5, 0.1019), (2.571, 5, 0.05), (3.0, 1, 0.2048), (1.96, 1e6, 0.05)])
def test_student_tail(t, dof, p):
    assert two_sided_p(t, dof) == pytest.approx(p, rel=0.05)
