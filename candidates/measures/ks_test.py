"""The two-sample Kolmogorov-Smirnov test: statistic, exact and asymptotic p-value."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from schemas.evidence import FloatArray

Method = Literal["auto", "exact", "asymptotic"]

LARGEST_EXACT = 10_000
"""`auto` counts exactly up to samples of this size: beyond, the limiting distribution is as good."""


@dataclass(frozen=True, slots=True)
class KsTest:
    """Largest distance between two empirical distribution functions, in [0, 1], and its p-value."""

    statistic: float
    p_value: float


def ks_test(x: FloatArray, y: FloatArray, method: Method = "auto") -> KsTest:
    """Test whether two samples come from one distribution.

    With ties the p-value is conservative: it is that of a continuous distribution.

    Parameters
    ----------
    x, y
        Samples (N,) and (M,) of at least one value each, without NaN.
    method
        `exact` counts lattice paths; `asymptotic` is Kolmogorov's limit; `auto` is exact up to 10,000 values.

    Raises
    ------
    ValueError
        When a sample is empty or holds NaN.

    References
    ----------
    Hodges, "The significance probability of the Smirnov two-sample test", Arkiv for Matematik 3, 1958.

    Examples
    --------
    >>> found = ks_test(np.array([1.0, 2.0, 3.0, 4.0]), np.array([3.5, 4.5, 5.5, 6.5]))
    >>> found.statistic, round(found.p_value, 4)
    (0.75, 0.2286)
    """
    first, second = checked(x, "first"), checked(y, "second")
    n, m = first.size, second.size
    grid = np.concatenate([first, second])
    below = np.searchsorted(first, grid, side="right") * (m // math.gcd(n, m))
    steps = int(np.abs(below - np.searchsorted(second, grid, side="right") * (n // math.gcd(n, m))).max())
    return KsTest(steps / math.lcm(n, m), p_value(n, m, steps, method))


def checked(sample: FloatArray, name: str) -> FloatArray:
    """Return a sample sorted (N,), or say what is wrong with it."""
    values = np.sort(np.asarray(sample, dtype=np.float64).ravel())
    if not values.size:
        raise ValueError(f"the {name} sample is empty; a Kolmogorov-Smirnov test needs at least one value")
    if np.isnan(values[-1]):
        missing = int(np.isnan(values).sum())
        raise ValueError(f"the {name} sample holds {missing} NaN, which have no order; leave them out first")
    return values


def p_value(n: int, m: int, steps: int, method: Method = "auto") -> float:
    """Return P(D >= steps / lcm(n, m)) for samples of n and m values of one continuous distribution.

    Parameters
    ----------
    steps
        The statistic in units of 1 / lcm(n, m), in which it is an integer: no rounding decides a test.
    """
    if steps <= 0:
        return 1.0
    if method == "asymptotic" or (method == "auto" and max(n, m) > LARGEST_EXACT):
        return kolmogorov_tail(math.sqrt(n * m / (n + m)) * steps / math.lcm(n, m))
    return _equal_sizes(n, steps) if n == m else _leaving_paths(n, m, steps)


def critical_distance(n: int, m: int, alpha: float, method: Method = "auto") -> int:
    """Return the smallest distance with p < alpha, in units of 1 / lcm(n, m); lcm(n, m) + 1 when none has.

    The limiting distribution, p ~ 2 exp(-2 D^2 n m / (n + m)), says where to look.
    """
    largest = math.lcm(n, m)
    per_log = (n + m) / (2 * n * m) * largest**2  # by how much the squared distance falls as ln p grows by 1

    def rejects(steps: int) -> bool:
        return steps > 0 and (steps > largest or p_value(n, m, steps, method) < alpha)

    near = 1 + math.isqrt(int(per_log * max(math.log(2 / alpha), 0.0)))
    for _ in range(3):  # Newton's steps
        near = min(near, largest)
        found = max(p_value(n, m, near, method), 1e-300)
        near = max(1, math.isqrt(max(int(near**2 + per_log * math.log(found / alpha)), 0)))
    width = 1
    while rejects(near - width) or not rejects(near + width):
        width *= 4
    low, high = max(near - width, 0), min(near + width, largest + 1)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if rejects(middle) else (middle, high)
    return high


def kolmogorov_tail(x: float) -> float:
    """Return P(K >= x) of Kolmogorov's limiting distribution.

    References
    ----------
    Kolmogorov, "Sulla determinazione empirica di una legge di distribuzione", Giornale degli Attuari 4, 1933.
    """
    if x <= 0:
        return 1.0
    if x < 1:  # the theta function's other series converges faster here
        odd = np.arange(1, 20, 2)
        below = math.sqrt(2 * math.pi) / x * np.exp(-(odd**2) * math.pi**2 / (8 * x * x)).sum()
        return float(min(max(1 - below, 0.0), 1.0))
    k = np.arange(1, 11)
    return float(2 * ((-1.0) ** (k - 1) * np.exp(-2 * k**2 * x * x)).sum())


def _equal_sizes(n: int, steps: int) -> float:
    """Return P(D >= steps / n) by reflection: 2 sum over k of (-1)^(k-1) C(2n, n - k steps) / C(2n, n)."""
    j = np.arange(n)
    ratio = np.cumsum(np.log((n - j) / (n + j + 1)))[steps - 1 :: steps]
    sign = np.where(np.arange(ratio.size) % 2, -1.0, 1.0)
    return float(min(max(2 * (sign * np.exp(ratio)).sum(), 0.0), 1.0))


def _leaving_paths(n: int, m: int, steps: int) -> float:
    """Return the share of lattice paths from (0, 0) to (n, m) that reach the distance `steps`.

    All paths are equally likely, so the next step goes right with probability (values of x left) / (values left).
    The share still inside is carried along the diagonals i + j = t; what leaves the band is summed up.
    Positive terms only: small p-values keep their digits. O((n + m) m statistic).
    """
    up, right = m // math.gcd(n, m), n // math.gcd(n, m)
    inside, low, outside = np.ones(1), 0, 0.0  # share at i = low, low + 1, ...
    for t in range(n + m):
        i = np.arange(low, low + inside.size)
        onward = inside * (n - i) / (n + m - t)
        inside = np.append(inside * (m - t + i) / (n + m - t), 0.0)  # no difference is taken: it would cost digits
        inside[1:] += onward
        # |i up - j right| < steps with j = t + 1 - i
        first = max(low, ((t + 1) * right - steps) // (up + right) + 1)
        last = min(low + inside.size - 1, ((t + 1) * right + steps - 1) // (up + right))
        kept = inside[first - low : last - low + 1]
        outside += float(inside[: first - low].sum() + inside[last - low + 1 :].sum())
        inside, low = kept, first
        if not kept.size:
            return 1.0
    return min(outside, 1.0)
