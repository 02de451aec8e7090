"""Is the change real? The window's level against the baseline's own variation between buckets."""

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import bdtrc

from candidates.measures.changepoint import searched
from candidates.measures.robust import floor_of, lag_one, two_sided_p, winsorise
from rca.symptom.trust import trust
from schemas.evidence import BoolArray, FloatArray

WILD = 6.0
FEW = 3
"""With fewer baseline buckets their spread means little and the window's is pooled in."""


@dataclass(frozen=True, slots=True)
class Chart:
    """The verdict: levels in the metric's unit, `spread` between buckets, `z` = change / spread, and the p-value."""

    before: float
    after: float
    spread: float
    z: float
    p_value: float


@dataclass(frozen=True, slots=True)
class _Side:
    """One period: robust mean, residuals around it (scaled by weight), and the average buckets that it is worth.

    `tails` is the standard deviation with all but the wildest values: what a few buckets may do.
    """

    mean: float
    residual: FloatArray
    pulled_in: int
    effective: float
    tails: float


def _side(value: FloatArray, weight: FloatArray) -> _Side:
    middle, root = float(np.median(value)), np.sqrt(weight)
    away = root * (value - middle)
    # of a metric that is nearly always the same, the rare other values are not wild but all there is to it
    rare = _rarely_moves(value)
    tamed = value if rare else middle + winsorise(away) / root
    mean = float(np.average(tamed, weights=weight))
    wild = (away if rare else winsorise(away, WILD)) - root * (mean - middle)
    tails = math.sqrt(float(wild @ wild) / max(wild.size - 1, 1))
    pulled_in = int((~np.isclose(tamed, value, rtol=1e-9)).sum())
    return _Side(mean, root * (tamed - mean), pulled_in, float(weight.sum()), tails)


def _slow_variance(residual: FloatArray, buckets: int) -> float:
    """Return the variance of a mean of so many neighbours: slow wandering that a lag of one does not show.

    Taken from moving means of that length, or of a quarter of the residuals where that is shorter.
    """
    length = min(buckets, residual.size // 4)
    if length < FEW:
        return 0.0
    total = np.concatenate([[0.0], np.cumsum(residual)])
    means = (total[length:] - total[:-length]) / length
    return float(np.mean(means**2)) * length / buckets


def control_chart(
    value: FloatArray,
    rows: FloatArray,
    baseline: BoolArray,
    window: BoolArray,
    *,
    sampling: float = 0.0,
    seasonal: float = 0.0,
    tests: float = 1.0,
) -> Chart | None:
    """Compare the window's level with the baseline's.

    The error of the difference has the baseline's robust spread between buckets, an effective number
    of buckets (weights and lag-1 autocorrelation), the variance of the baseline's own moving means of
    the window's length, and never less than the sampling error of the rows. Student's t.

    Parameters
    ----------
    value, rows
        (T,) series without its season, NaN for gaps, and the rows behind it.
    baseline, window
        (T,) which buckets belong to which.
    sampling
        Standard error of the difference from the rows alone, in the metric's unit.
    seasonal
        Standard error that the removal of a season left in the difference.
    tests
        Independent places that were searched for the change.

    Returns
    -------
    Chart or None
        None when either period has no value.
    """
    known = np.isfinite(value) & (rows > 0)
    first, second = baseline & known, window & known
    if not first.any() or not second.any():
        return None
    weight = _weights(value, rows, first, second)
    old, new = (_side(value[part], weight[part]) for part in (first, second))
    least = _least_p(value[first], value[second]) if _rarely_moves(value[first]) else 0.0
    return _verdict(old, new, sampling=sampling, seasonal=seasonal, tests=tests, least=least)


def _rarely_moves(value: FloatArray) -> bool:
    """Return whether a period has one value in half of its buckets or more: a rate of rare errors."""
    return bool(value.size >= FEW and np.median(np.abs(value - np.median(value))) == 0)


def _least_p(before: FloatArray, after: FloatArray) -> float:
    """Return how likely so many of the window's buckets lie so far out, by how often the baseline's do.

    Of a metric that rarely moves neither mean nor spread say what is usual. "So far" is any way out, or as far as
    the middle one of the window's: the less likely counts, twice. Binomial, with half a bucket more in the baseline.
    """
    usual = float(np.median(before))
    moved = after[after != usual] - usual
    if not moved.size:
        return 1.0
    sign = np.sign(moved.mean()) or np.sign(moved[-1])  # as far up as down: the last one
    out, was = sign * (after - usual), sign * (before - usual)

    def chance(far: float) -> float:
        often = ((was >= far).sum() + 0.5) / (was.size + 1)
        return float(bdtrc((out >= far).sum() - 1, out.size, often))

    return min(1.0, 2 * min(chance(float(out[out > 0].min())), chance(float(np.median(out[out > 0])))))


def _weights(value: FloatArray, rows: FloatArray, first: BoolArray, second: BoolArray) -> FloatArray:
    """Return how far the buckets of both periods can be trusted (T,), mean 1 over the two."""
    level = np.where(first, np.median(value[first]), np.median(value[second]))
    both, weight = first | second, np.zeros(value.size)
    weight[both] = trust((value - level)[both], rows[both])
    return weight


def _verdict(old: _Side, new: _Side, *, sampling: float, seasonal: float, tests: float, least: float) -> Chart:
    pooled = old.residual.size < FEW
    sides = (old, new) if pooled else (old,)
    residual = np.concatenate([side.residual for side in sides])
    left = residual.size - len(sides)
    if left < 1 and not sampling:  # one value against one: no variation is known at all
        return Chart(old.mean, new.mean, math.nan, 0.0, 1.0)
    freedom = max(left - sum(side.pulled_in for side in sides), 1)
    spread = max(math.sqrt(float(residual @ residual) / freedom), floor_of(old.mean))
    phi = lag_one(old.residual)
    tempered = (1 - phi) / (1 + phi)
    # neighbours that repeat each other are worth one bucket at least, a bucket of few rows is worth less
    effective = [max(side.effective * tempered, min(side.effective, 1.0)) for side in (old, new)]
    slow = _slow_variance(old.residual, new.residual.size) * (1 + new.residual.size / old.residual.size)
    between = spread**2 / effective[0] + max(spread, old.tails) ** 2 / effective[1]
    error = math.sqrt(max(between, slow, sampling**2) + seasonal**2)
    # heavy tails: Student's d has variance d / (d - 2), and a mean of m buckets about m times the freedom
    heavy = (2 + 2 / max((old.tails / spread) ** 2 - 1, 1e-6)) * effective[1]
    change = new.mean - old.mean
    alone = two_sided_p(abs(change) / error, max(min(freedom * tempered, heavy), 1.0))
    return Chart(old.mean, new.mean, spread, change / spread, searched(max(alone, least), tests))
