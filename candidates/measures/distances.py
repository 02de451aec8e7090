"""Distances between two distributions over the same bins, or between two samples."""

import numpy as np

from schemas.evidence import FloatArray


def shares(counts: FloatArray) -> FloatArray:
    """Return counts (..., B) as shares along the last axis; all zeros stay zeros."""
    total = counts.sum(axis=-1, keepdims=True)
    out = np.zeros(counts.shape)
    np.divide(counts, total, out=out, where=total > 0)
    return out


def jensen_shannon(p: FloatArray, q: FloatArray) -> FloatArray:
    """Return the Jensen-Shannon divergence in nats, in [0, ln 2].

    Parameters
    ----------
    p, q
        Shares, (..., B), broadcast against each other.

    References
    ----------
    Lin, "Divergence measures based on the Shannon entropy", IEEE Trans. Inf. Theory 37(1), 1991.
    """
    middle = (p + q) / 2

    def kl(a: FloatArray) -> FloatArray:
        ratio = np.divide(a, middle, out=np.ones_like(middle), where=(a > 0) & (middle > 0))
        return np.asarray((a * np.log(ratio)).sum(axis=-1))

    return np.asarray((kl(p) + kl(q)) / 2)


def population_stability_index(p: FloatArray, q: FloatArray, floor: float = 1e-4) -> FloatArray:
    """Return the PSI, sum of (q - p) ln(q / p), with empty bins raised to `floor`.

    References
    ----------
    Siddiqi, "Credit Risk Scorecards", 2006, chapter 7 (rule of thumb: 0.1 moderate, 0.25 large).
    """
    a, b = np.maximum(p, floor), np.maximum(q, floor)
    return np.asarray(((b - a) * np.log(b / a)).sum(axis=-1))


def kolmogorov_smirnov(x: FloatArray, y: FloatArray) -> float:
    """Return the largest distance between two empirical distribution functions, in [0, 1]."""
    if not len(x) or not len(y):
        return 0.0
    x, y = np.sort(x), np.sort(y)
    grid = np.concatenate([x, y])
    below_x = np.searchsorted(x, grid, side="right") / len(x)
    below_y = np.searchsorted(y, grid, side="right") / len(y)
    return float(np.abs(below_x - below_y).max())


def quantile_energy(x: FloatArray, y: FloatArray, points: int = 101) -> float:
    """Return the squared 2-Wasserstein distance between two samples, from `points` quantiles."""
    if not len(x) or not len(y):
        return 0.0
    at = (np.arange(points) + 0.5) / points
    return float(np.mean((np.quantile(x, at) - np.quantile(y, at)) ** 2))


def hellinger(p: FloatArray, q: FloatArray) -> FloatArray:
    """Return the Hellinger distance of shares (..., B), in [0, 1].

    References
    ----------
    Hellinger, in J. Reine Angew. Math. 136, 1909, p. 210.

    Examples
    --------
    >>> round(float(hellinger(np.array([0.5, 0.5]), np.array([1.0, 0.0]))), 4)
    0.5412
    """
    return np.asarray(np.sqrt(((np.sqrt(p) - np.sqrt(q)) ** 2).sum(axis=-1) / 2))


def wasserstein(x: FloatArray, y: FloatArray) -> float:
    """Return the 1-Wasserstein (earth mover's) distance of two samples, in their unit; 0 when one is empty.

    The area between the two empirical distribution functions (Vallender, 1974): exact, O(n log n).

    Examples
    --------
    >>> wasserstein(np.array([0.0, 1.0, 3.0]), np.array([5.0, 6.0, 8.0]))
    5.0
    """
    if not len(x) or not len(y):
        return 0.0
    x, y = np.sort(x), np.sort(y)
    grid = np.sort(np.concatenate([x, y]))
    below_x = np.searchsorted(x, grid[:-1], side="right") / len(x)
    below_y = np.searchsorted(y, grid[:-1], side="right") / len(y)
    return float((np.abs(below_x - below_y) * np.diff(grid)).sum())


def binned_wasserstein(p: FloatArray, q: FloatArray, position: FloatArray) -> FloatArray:
    """Return the 1-Wasserstein distance of shares over ordered bins, in the positions' unit.

    Parameters
    ----------
    p, q
        Shares (..., B), broadcast against each other.
    position
        (B,) where each bin's mass lies (its middle, say), increasing.

    Examples
    --------
    >>> float(binned_wasserstein(np.array([1.0, 0.0, 0.0]), np.array([0.0, 0.5, 0.5]), np.array([0.0, 1.0, 3.0])))
    2.0
    """
    moved = np.cumsum(np.asarray(p) - np.asarray(q), axis=-1)[..., :-1]
    return np.asarray((np.abs(moved) * np.diff(position)).sum(axis=-1))
