"""Pearson's chi-square test of homogeneity over bins, bins with small expected counts pooled."""

import math
from dataclasses import dataclass

import numpy as np

from schemas.evidence import FloatArray

SMALL = 5.0
"""Expected counts below this make the chi-square distribution a poor approximation (Cochran, 1954)."""


@dataclass(frozen=True, slots=True)
class ChiSquare:
    """The test over the `pooled` counts (2, K): statistic, degrees of freedom, p-value, and Cramer's V in [0, 1]."""

    statistic: float
    freedom: int
    p_value: float
    cramers_v: float
    pooled: FloatArray


def chi_square_test(before: FloatArray, after: FloatArray, small: float = SMALL) -> ChiSquare:
    """Test whether two rows of counts have the same shares.

    Bins that expect fewer than `small` rows in either sample are pooled, the rarest first; if the pool still
    expects too few, the next rarest bin joins it. With fewer than two bins left the p-value is 1.

    Parameters
    ----------
    before, after
        (B,) counts per bin, at least 0.

    Raises
    ------
    ValueError
        When the counts differ in length or one is negative or not finite.

    References
    ----------
    Pearson, "On the criterion that a given system of deviations ...", Phil. Mag. 50, 1900; Cochran, "Some methods
    for strengthening the common chi-square tests", Biometrics 10, 1954.

    Examples
    --------
    >>> found = chi_square_test(np.array([90.0, 60.0, 1.0]), np.array([30.0, 62.0, 0.0]))
    >>> found.freedom, round(found.statistic, 2), found.p_value < 0.001
    (1, 17.49, True)
    """
    table = np.stack([np.asarray(before, dtype=np.float64), np.asarray(after, dtype=np.float64)])
    if not np.isfinite(table).all() or (table < 0).any():
        raise ValueError("counts must be finite and at least 0")
    pooled = _pooled(table, small)
    total = pooled.sum()
    freedom = pooled.shape[1] - 1
    if freedom < 1 or not pooled.sum(axis=1).all():
        return ChiSquare(0.0, 0, 1.0, 0.0, pooled)
    expected = np.outer(pooled.sum(axis=1), pooled.sum(axis=0)) / total
    statistic = float(((pooled - expected) ** 2 / expected).sum())
    return ChiSquare(statistic, freedom, chi_square_tail(statistic, freedom), math.sqrt(statistic / total), pooled)


def _pooled(table: FloatArray, small: float) -> FloatArray:
    """Return counts (2, K) with the rarest bins as one, last; bins that no row fell into are left out."""
    table = table[:, table.sum(axis=0) > 0]
    total = table.sum()
    if total == 0:
        return table
    order = np.argsort(table.sum(axis=0), kind="stable")
    expected = table.sum(axis=0)[order] * table.sum(axis=1).min() / total
    rare = int((expected < small).sum())
    if rare and expected[:rare].sum() < small:
        rare = int(np.searchsorted(np.cumsum(expected), small)) + 1
    if not rare:
        return table
    kept = np.sort(order[rare:])
    return np.concatenate([table[:, kept], table[:, order[:rare]].sum(axis=1, keepdims=True)], axis=1)


def chi_square_tail(x: float, freedom: int) -> float:
    """Return P(X >= x) of the chi-square distribution with an integer number of degrees of freedom, at least 1.

    A finite sum of positive terms: x^k e^-x / k! over integers, or half-integers after erfc (Abramowitz and
    Stegun, 1964, 26.4.4 and 26.4.5).

    Examples
    --------
    >>> round(chi_square_tail(3.841, 1), 3), round(chi_square_tail(18.307, 10), 3)
    (0.05, 0.05)
    """
    if x <= 0:
        return 1.0
    half, odd = x / 2, freedom % 2
    tail = math.erfc(math.sqrt(half)) if odd else 0.0
    k = np.arange(freedom // 2) + odd / 2
    # log k! term by term: the logs of the factors, added up
    log_factorial = math.lgamma(1 + odd / 2) + np.concatenate([[0.0], np.cumsum(np.log(k[1:]))]) if k.size else k
    return float(min(tail + np.exp(k * math.log(half) - half - log_factorial).sum(), 1.0))
