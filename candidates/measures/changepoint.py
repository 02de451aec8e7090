"""When did a series change its level? The most likely single step, its uncertainty, and whether it is real."""

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from candidates.measures.clock import to_datetime
from candidates.measures.robust import floor_of, lag_one, two_sided_p, winsorise
from schemas.evidence import FloatArray, IntArray, Onset, TimeArray

SHORTEST = 4
"""Fewer buckets than this say nothing about a change."""


@dataclass(frozen=True, slots=True)
class ChangePoint:
    """A step in a series.

    Parameters
    ----------
    index, low, high
        First bucket of the new level, with its 90 % interval (all inclusive positions in the series).
    z
        Size of the step in standard deviations between buckets, signed.
    p_value
        Chance of so clear a step anywhere in a series that has none; the search is accounted for.
    before, after
        Levels, in the series' unit.
    """

    index: int
    low: int
    high: int
    z: float
    p_value: float
    before: float
    after: float


def precision(rows: FloatArray) -> FloatArray:
    """Return how much each bucket's value can be trusted (T,), mean 1, from the rows behind it.

    A bucket of typical size is taken to vary half by sampling and half by itself, so a bucket of a
    million rows is worth at most two typical ones.
    """
    rows = np.clip(np.nan_to_num(rows), 0.0, None)
    typical = float(np.median(rows[rows > 0])) if (rows > 0).any() else 1.0
    weight = rows / (rows + typical)
    mean = float(weight.mean()) if weight.size else 0.0
    return weight / mean if mean > 0 else np.ones_like(weight)


class Sums:
    """Running sums of a weighted series, from which the fit of any episode costs O(1).

    Parameters
    ----------
    value, weight
        (T,) finite values and their weights.
    """

    def __init__(self, value: FloatArray, weight: FloatArray) -> None:
        mean = float(np.average(value, weights=weight))
        self.squares = float(weight @ (value - mean) ** 2)
        self._mass = np.concatenate([[0.0], np.cumsum(weight)])
        self._moment = np.concatenate([[0.0], np.cumsum(weight * (value - mean))])

    def gains(self, start: IntArray, stop: int) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return how well levels of their own before, over and after [start, stop) fit.

        Parameters
        ----------
        start, stop
            Positions (K,) with 0 < start < stop <= T.

        Returns
        -------
        tuple
            What the levels take off `squares` (K,), the level inside minus the one before (K,), and the
            level after minus the one before (K,), 0 when the episode lasts to the end.
        """
        ends = (np.zeros_like(start), start, np.full_like(start, stop), np.full_like(start, self._mass.size - 1))
        mass = [self._mass[last] - self._mass[first] for first, last in pairwise(ends)]
        moment = [self._moment[last] - self._moment[first] for first, last in pairwise(ends)]
        level = [np.divide(m, w, out=np.zeros_like(m), where=w > 0) for m, w in zip(moment, mass, strict=True)]
        gain = np.asarray(sum(m * height for m, height in zip(moment, level, strict=True)))
        return gain, level[1] - level[0], np.where(mass[2] > 0, level[2] - level[0], 0.0)


def tame(value: FloatArray, *breaks: int) -> FloatArray:
    """Return values (T,) with outliers pulled in: around the median of each part, or loosely around one median."""
    if not breaks:
        middle = np.median(value)
        return np.asarray(middle + winsorise(value - middle, 6.0))
    level = np.concatenate([np.full(part.size, np.median(part)) for part in np.split(value, breaks) if part.size])
    return np.asarray(level + winsorise(value - level))


def tests_made(buckets: float) -> float:
    """Return how many independent tests the search for a step in so many buckets amounts to.

    Set by simulation of white and autocorrelated noise (tests/candidates/measures/test_changepoint.py): the
    false alarm rate stays under its nominal level.
    """
    return 4.0 * math.log(max(buckets, 2.0))


def interval(log_likelihood: FloatArray, mass: float = 0.9) -> tuple[int, int]:
    """Return the first and last position of the central `mass` of a likelihood (K,), the best always inside."""
    share = np.cumsum(np.exp(log_likelihood - log_likelihood.max()))
    share /= share[-1]
    low, high = np.searchsorted(share, [(1 - mass) / 2, (1 + mass) / 2])
    best = int(log_likelihood.argmax())
    return min(int(low), best), max(min(int(high), len(share) - 1), best)


def change_point(value: FloatArray, weight: FloatArray | None = None) -> ChangePoint | None:
    """Find the most likely step of a series, in O(T).

    The step maximises the Gaussian likelihood of two levels with weights by rows; outliers are pulled
    in (first loosely around one level, then around the two levels found), and the likelihood is
    tempered by the residuals' lag-1 autocorrelation. The interval holds 90 % of the likelihood.

    Parameters
    ----------
    value
        (T,) series; NaN is a gap.
    weight
        (T,) rows behind each value; 0 is a gap. Default: all alike.

    Returns
    -------
    ChangePoint or None
        None when fewer than four values are known or all are equal.

    Examples
    --------
    >>> found = change_point(np.array([1.0, 1.1, 0.9, 1.0, 3.0, 3.1, 2.9]))
    >>> found.index, found.low, found.high, found.p_value < 0.01
    (4, 4, 4, True)
    """
    rows = np.ones_like(value) if weight is None else weight
    known = np.flatnonzero(np.isfinite(value) & (rows > 0))
    if known.size < SHORTEST or np.ptp(value[known]) == 0:
        return None
    shown, trust = value[known], precision(rows[known])
    starts = np.arange(1, known.size)
    tamed = tame(shown)
    for _ in range(2):
        best = int(starts[Sums(tamed, trust).gains(starts, known.size)[0].argmax()])
        tamed = tame(shown, best)
    return _describe(known, tamed, trust, int((tamed != shown).sum()))


def _describe(known: IntArray, value: FloatArray, weight: FloatArray, pulled_in: int) -> ChangePoint:
    starts = np.arange(1, value.size)
    sums = Sums(value, weight)
    gain, _, _ = sums.gains(starts, value.size)
    best = int(starts[gain.argmax()])
    before = float(np.average(value[:best], weights=weight[:best]))
    after = float(np.average(value[best:], weights=weight[best:]))
    residual = np.sqrt(weight) * (value - np.where(np.arange(value.size) < best, before, after))
    phi = lag_one(residual, levels=2)
    tempered = (1 - phi) / (1 + phi)
    floor = value.size * floor_of(max(abs(before), abs(after))) ** 2
    left_over = np.maximum(sums.squares - gain, floor)
    low, high = interval(-0.5 * tempered * value.size * np.log(left_over))
    # values pulled in carry no freedom of their own (Yuen, 1974)
    dof = max(value.size - 2 - pulled_in, 1)
    spread = math.sqrt(left_over[best - 1] / dof)
    alone = two_sided_p(math.sqrt(gain[best - 1] * tempered) / spread, dof * tempered)
    return ChangePoint(
        index=int(known[best]),
        low=int(known[starts[low]]),
        high=int(known[starts[high]]),
        z=(after - before) / spread,
        p_value=searched(alone, tests_made(value.size * tempered)),
        before=before,
        after=after,
    )


def searched(p_value: float, tests: float) -> float:
    """Return the chance that the best of so many independent tests looks as good (Sidak, 1967)."""
    return p_value if p_value >= 1 else -math.expm1(max(tests, 1.0) * math.log1p(-p_value))


def step_of(ts: TimeArray, value: FloatArray, bucket_seconds: float, significance: float = 0.05) -> Onset | None:
    """Return when the mean of dated values (N,) changed its level, by buckets; None where no step is that clear."""
    if not len(ts):
        return None
    start = ts.min()
    width = np.timedelta64(max(round(bucket_seconds * 1e6), 1), "us")
    bucket = ((ts - start) / width).astype(int)
    n = np.bincount(bucket).astype(float)
    mean = np.divide(np.bincount(bucket, value), n, out=np.full(len(n), np.nan), where=n > 0)
    found = change_point(mean, n)
    if found is None or found.p_value > significance:
        return None
    at, low, high = (to_datetime(start + k * width) for k in (found.index, found.low, found.high))
    return Onset(at=at, low=low, high=high)
