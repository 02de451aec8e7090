"""Robust scales and small-sample tail probabilities, in numpy and the standard library alone."""

import math

import numpy as np

from schemas.evidence import FloatArray

RELATIVE_FLOOR = 1e-4
"""A spread is never taken below this share of the level: a flat baseline must not make every twitch infinite."""


FEWEST = 4
"""Fewer residuals than this say nothing about their autocorrelation."""


def floor_of(level: float) -> float:
    """Return the smallest spread to believe in for values around `level`, in their unit."""
    return max(RELATIVE_FLOOR * abs(level), 1e-12)


def robust_scale(value: FloatArray) -> float:
    """Return a robust standard deviation of values (T,): 1.4826 MAD, else the mean absolute deviation; floored.

    NaN are left out. 0 values or 1 value give the floor.
    """
    value = value[np.isfinite(value)]
    if value.size == 0:
        return floor_of(0.0)
    middle = float(np.median(value))
    away = np.abs(value - middle)
    # more than half the values equal: the MAD is 0 although the rest varies
    spread = 1.4826 * float(np.median(away)) or 1.2533 * float(away.mean())
    return max(spread, floor_of(middle))


def winsorise(residual: FloatArray, limit: float = 3.0) -> FloatArray:
    """Return residuals (T,) around 0, clipped at `limit` robust standard deviations."""
    spread = limit * robust_scale(residual - np.median(residual)) if residual.size else 0.0
    return np.clip(residual, -spread, spread)


def lag_one(residual: FloatArray, levels: int = 1) -> float:
    """Return the lag-1 autocorrelation of residuals (T,) around 0, in [0, 0.9].

    Corrected for its small-sample bias: the estimate is low by about (1 + 4 phi) / T for each level
    fitted (Marriott & Pope, 1954).
    """
    total = float(residual @ residual)
    if residual.size < FEWEST or total <= 0:
        return 0.0
    found = float(residual[1:] @ residual[:-1]) / total
    found += levels * (1 + 4 * found) / residual.size
    return min(max(found, 0.0), 0.9)


def two_sided_p(t: float, dof: float) -> float:
    """Return P(|T| >= t) for Student's t with `dof` degrees of freedom (Wallace, 1959: error below 1e-3)."""
    if not math.isfinite(t):
        return 0.0 if math.isinf(t) else 1.0
    dof = max(dof, 0.5)
    normal = (8 * dof + 1) / (8 * dof + 3) * math.sqrt(dof * math.log1p(t * t / dof))
    return math.erfc(normal / math.sqrt(2))
