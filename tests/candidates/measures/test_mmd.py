import numpy as np
import pytest

from candidates.measures.mmd import block_mmd, median_bandwidth, mmd_squared


def by_hand(x, y, width):
    """Equation 3 of Gretton et al., row by row."""

    def kernel(a, b):
        return np.exp(-((a - b) ** 2).sum() / (2 * width**2))

    n, m = len(x), len(y)
    xx = sum(kernel(x[i], x[j]) for i in range(n) for j in range(n) if i != j) / (n * (n - 1))
    yy = sum(kernel(y[i], y[j]) for i in range(m) for j in range(m) if i != j) / (m * (m - 1))
    return xx + yy - 2 * sum(kernel(a, b) for a in x for b in y) / (n * m)


def test_the_estimate_is_that_of_the_paper():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(13, 3)), rng.normal(1, size=(9, 3))
    assert mmd_squared(x, y, 1.3) == pytest.approx(by_hand(x, y, 1.3))


def test_chunks_change_nothing(monkeypatch):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(50, 2)), rng.normal(size=(30, 2))
    whole = mmd_squared(x, y)
    monkeypatch.setattr("candidates.measures.mmd.CHUNK", 7)
    assert mmd_squared(x, y) == pytest.approx(whole)


def test_the_estimate_has_the_known_mean_between_normals():
    # E k(x, y) of a Gaussian kernel of width s and x - y ~ N(d, 2): s / sqrt(s^2 + 2) exp(-d^2 / (2 (s^2 + 2)))
    rng = np.random.default_rng(1)
    for shift in (0.0, 1.0):
        known = 2 / np.sqrt(3) * (1 - np.exp(-(shift**2) / 6)) * 1.0
        drawn = [mmd_squared(rng.normal(size=100), rng.normal(shift, size=100), 1.0) for _ in range(200)]
        assert np.mean(drawn) == pytest.approx(known, abs=4 * np.std(drawn) / np.sqrt(200))


def test_blocks_of_two_are_the_linear_time_statistic():
    # section 6: the mean of k(x1, x2) + k(y1, y2) - k(x1, y2) - k(x2, y1) over pairs of rows
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=40), rng.normal(1, size=40)

    def k(a, b):
        return np.exp(-((a - b) ** 2) / 2)

    x1, x2, y1, y2 = x[::2], x[1::2], y[::2], y[1::2]
    each = k(x1, x2) + k(y1, y2) - k(x1, y2) - k(x2, y1)
    found = block_mmd(x, y, 2, 1.0)
    assert found.squared == pytest.approx(each.mean())
    assert found.error == pytest.approx(each.std(ddof=1) / np.sqrt(20))


def test_false_alarms_stay_at_their_level_and_a_lost_relation_is_seen():
    rng = np.random.default_rng(3)
    p = [block_mmd(rng.normal(size=(225, 3)), rng.normal(size=(225, 3))).p_value for _ in range(300)]
    assert np.mean(np.array(p) < 0.05) < 0.085
    related = rng.multivariate_normal([0, 0], [[1, 0.9], [0.9, 1]], 2000)
    assert block_mmd(related, rng.normal(size=(2000, 2))).p_value < 1e-6


def test_the_bandwidth_is_the_median_distance():
    assert median_bandwidth(np.array([0.0, 1.0]), np.array([3.0])) == 2.0
    assert median_bandwidth(np.zeros(5), np.zeros(5)) == 1.0


def test_too_few_rows():
    with pytest.raises(ValueError, match="two rows of each sample, not 1 and 5"):
        mmd_squared(np.zeros(1), np.zeros(5))
    assert block_mmd(np.zeros(3), np.ones(3)).p_value == 1.0
    assert block_mmd(np.zeros(100), np.zeros(100)).p_value == 1.0
