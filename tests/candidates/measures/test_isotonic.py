import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import isotonic_regression

from candidates.measures.isotonic import calibration_error, fit_isotonic, needs_calibration

ROWS = st.lists(st.tuples(st.integers(0, 20), st.floats(-10, 10)), min_size=1, max_size=60)


@settings(max_examples=150, deadline=None)
@given(ROWS)
def test_the_fit_is_scipys(rows):
    score, target = np.array([r[0] for r in rows], dtype=float), np.array([r[1] for r in rows])
    found = fit_isotonic(score, target)
    _, group = np.unique(score, return_inverse=True)
    mass = np.bincount(group)
    expected = isotonic_regression(np.bincount(group, target) / mass, weights=mass).x
    assert found.value == pytest.approx(expected, abs=1e-9)
    assert (np.diff(found.value) >= 0).all()
    assert found(np.array([-1e9, 1e9])) == pytest.approx([expected[0], expected[-1]], abs=1e-9)


def test_many_rows_and_a_late_fall_that_pools_them_all_again():
    rng = np.random.default_rng(0)
    score = np.sort(rng.random(20_000))
    target = (rng.random(20_000) < score).astype(float)
    target[-4000:] = 0.0
    assert fit_isotonic(score, target).value == pytest.approx(isotonic_regression(target).x)


def test_the_error_of_calibration_by_hand():
    p, y = np.array([0.1, 0.1, 0.9, 0.7]), np.array([0.0, 1.0, 1.0, 1.0])
    assert calibration_error(p, y, 2) == pytest.approx((0.8 + 0.4) / 4)


def test_calibrated_scores_are_left_alone_and_distorted_ones_are_not():
    rng = np.random.default_rng(1)
    p = rng.random(6000)
    label = (rng.random(6000) < p).astype(float)
    assert needs_calibration(p**3, label)
    assert not needs_calibration(p, np.ones(6000))
    assert not needs_calibration(p[:4], label[:4])
    levels = np.repeat([0.25, 0.75], 400)  # exactly as often right as they say
    exact = np.tile(np.r_[np.zeros(3), 1.0], 200)
    exact[400:] = 1 - exact[400:]
    assert calibration_error(levels, exact, 2) == 0


def test_no_rows():
    with pytest.raises(ValueError, match="at least one row"):
        fit_isotonic(np.array([]), np.array([]))
