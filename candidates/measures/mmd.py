"""Maximum mean discrepancy: a test whether two samples of rows come from one distribution, in any dimension."""

import math
from dataclasses import dataclass

import numpy as np

from schemas.evidence import FloatArray

CHUNK = 1024
MEDIAN_OF = 500
"""Rows whose distances set the bandwidth."""


@dataclass(frozen=True, slots=True)
class Mmd:
    """Squared discrepancy (unbiased: it may be negative), its standard error, and the one-sided p-value."""

    squared: float
    error: float
    p_value: float


def median_bandwidth(x: FloatArray, y: FloatArray) -> float:
    """Return the median distance between two rows of the pooled sample, from at most 500 rows spread over it.

    Parameters
    ----------
    x, y
        (N, D) and (M, D) finite rows, columns on comparable scales.

    Returns
    -------
    float
        In the rows' unit; 1 when most rows are the same.
    """
    pooled = np.concatenate([_rows(x), _rows(y)])
    spread = pooled[np.linspace(0, len(pooled) - 1, min(MEDIAN_OF, len(pooled))).astype(int)]
    distance = np.sqrt(_squared(spread, spread)[np.triu_indices(len(spread), 1)])
    return float(np.median(distance)) or 1.0 if distance.size else 1.0


def mmd_squared(x: FloatArray, y: FloatArray, bandwidth: float | None = None) -> float:
    """Return the unbiased estimate of the squared discrepancy under a Gaussian kernel, in O(N M) time.

    Parameters
    ----------
    x, y
        (N, D) and (M, D), or (N,) and (M,): finite rows, at least two of each.
    bandwidth
        Of exp(-distance^2 / (2 bandwidth^2)); default: the median heuristic.

    Raises
    ------
    ValueError
        When a sample has fewer than two rows.

    References
    ----------
    Gretton, Borgwardt, Rasch, Schoelkopf and Smola, "A Kernel Two-Sample Test", JMLR 13, 2012, lemma 6.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> mmd_squared(rng.normal(size=300), rng.normal(size=300)) < 0.01 < mmd_squared(
    ...     rng.normal(size=300), rng.normal(1, size=300))
    True
    """
    first, second = _rows(x), _rows(y)
    n, m = len(first), len(second)
    if min(n, m) < 2:
        raise ValueError(f"an unbiased discrepancy needs two rows of each sample, not {n} and {m}")
    width = bandwidth or median_bandwidth(first, second)
    within = (_kernel_sum(first, first, width) - n) / (n * (n - 1))
    within += (_kernel_sum(second, second, width) - m) / (m * (m - 1))
    return within - 2 * _kernel_sum(first, second, width) / (n * m)


def block_mmd(x: FloatArray, y: FloatArray, block: int | None = None, bandwidth: float | None = None) -> Mmd:
    """Average the unbiased estimate over blocks of rows: O(N block) time, and a normal null distribution.

    Parameters
    ----------
    x, y
        (N, D) and (M, D) or (N,) and (M,): finite rows in random order; the first min(N, M) of each are used.
    block
        Rows of each sample in a block; default: the square root of their number. 2 is the linear-time
        test of Gretton et al., section 6.

    Returns
    -------
    Mmd
        A p-value of 1 when fewer than two blocks can be made.

    References
    ----------
    Zaremba, Gretton and Blaschko, "B-test: A Non-parametric, Low Variance Kernel Two-sample Test", NIPS 2013.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> block_mmd(rng.normal(size=(900, 2)), rng.normal(0.3, size=(900, 2))).p_value < 0.01
    True
    """
    first, second = _rows(x), _rows(y)
    n = min(len(first), len(second))
    size = max(2, block or math.isqrt(n))
    blocks = n // size
    if blocks < 2:
        return Mmd(0.0, math.inf, 1.0)
    width = bandwidth or median_bandwidth(first, second)
    a = first[: blocks * size].reshape(blocks, size, -1)
    b = second[: blocks * size].reshape(blocks, size, -1)
    pairs = _gauss(a, a, width) + _gauss(b, b, width) - _gauss(a, b, width) - _gauss(b, a, width)
    own = np.trace(pairs, axis1=1, axis2=2)
    each = (pairs.sum(axis=(1, 2)) - own) / (size * (size - 1))
    squared, error = float(each.mean()), float(each.std(ddof=1)) / math.sqrt(blocks)
    p_value = math.erfc(squared / error / math.sqrt(2)) / 2 if error > 0 else float(squared <= 0)
    return Mmd(squared, error, p_value)


def _rows(x: FloatArray) -> FloatArray:
    values = np.asarray(x, dtype=np.float64)
    return values.reshape(len(values), -1)


def _squared(x: FloatArray, y: FloatArray) -> FloatArray:
    """Return squared distances (..., N, M) of rows (..., N, D) and (..., M, D)."""
    cross = x @ np.swapaxes(y, -1, -2)
    norms = (x**2).sum(axis=-1)[..., :, None] + (y**2).sum(axis=-1)[..., None, :]
    return np.asarray(np.maximum(norms - 2 * cross, 0.0))


def _gauss(x: FloatArray, y: FloatArray, width: float) -> FloatArray:
    return np.asarray(np.exp(_squared(x, y) / (-2 * width**2)))


def _kernel_sum(x: FloatArray, y: FloatArray, width: float) -> float:
    return sum(float(_gauss(x[at : at + CHUNK], y, width).sum()) for at in range(0, len(x), CHUNK))
