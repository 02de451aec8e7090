"""Hours of the day and days of the week: what a metric does anyway."""

from dataclasses import dataclass

import numpy as np

from candidates.measures.robust import robust_scale
from schemas.evidence import BoolArray, FloatArray, IntArray, TimeArray

HOUR, DAY, WEEK = 3600, 86400, 604800
MONDAY = 4 * DAY
WORTHWHILE = 0.95
"""A season must take the spread below this share of what it was, its own freedom counted."""


@dataclass(frozen=True, slots=True)
class Season:
    """Effects by slot of the day and by day of the week, in the metric's unit, around 0; empty when there are none."""

    daily: FloatArray
    weekly: FloatArray

    def at(self, ts: TimeArray) -> FloatArray:
        """Return the effect at times (T,)."""
        seconds = _seconds(ts)
        effect = np.zeros(len(ts))
        if self.daily.size:
            effect += self.daily[(seconds % DAY) * self.daily.size // DAY]
        if self.weekly.size:
            effect += self.weekly[((seconds - MONDAY) % WEEK) // DAY]
        return effect


NONE = Season(np.zeros(0), np.zeros(0))


def _seconds(ts: TimeArray) -> IntArray:
    return ts.astype("datetime64[s]").astype(np.int64)


def _group_medians(value: FloatArray, group: IntArray, size: int) -> FloatArray:
    """Return the median of each group (size,), NaN for an empty one."""
    order = np.lexsort((value, group))
    ordered = value[order]
    start = np.searchsorted(group[order], np.arange(size + 1))
    count = np.diff(start)
    low = np.clip(start[:-1] + (count - 1) // 2, 0, len(value) - 1)
    high = np.clip(start[:-1] + count // 2, 0, len(value) - 1)
    return np.where(count > 0, (ordered[low] + ordered[high]) / 2, np.nan)


def _effects(value: FloatArray, period: IntArray, slot: IntArray, slots: int) -> FloatArray:
    """Return shrunken slot effects (slots,), all 0 when they are not worth their freedom.

    Each period (a day, a week) is centred on its own median first, so that a change of level between
    periods does not leak into the effects. Shrinkage is by signal to noise (James & Stein, 1961).
    """
    _, position = np.unique(period, return_inverse=True)
    centred = value - _group_medians(value, position, int(position.max()) + 1)[position]
    effect = np.nan_to_num(_group_medians(centred, slot, slots))
    effect -= effect[slot].mean()
    rest = centred - effect[slot]
    used = len(np.unique(slot))
    freedom = np.sqrt(value.size / max(value.size - used, 1))
    if robust_scale(rest) * freedom > WORTHWHILE * robust_scale(centred):
        return np.zeros(slots)
    noise = 1.57 * (robust_scale(rest) * freedom) ** 2 * used / value.size  # variance of a slot's median
    signal = float(np.var(effect[slot]))
    return effect * max(0.0, 1 - noise / signal) if signal > 0 else np.zeros(slots)


def fit_season(ts: TimeArray, value: FloatArray, healthy: BoolArray, seconds: float) -> Season:
    """Return the daily and weekly season of the healthy part of a series.

    Parameters
    ----------
    ts, value, healthy
        (T,) bucket starts, values (NaN is a gap), and which buckets to learn from.
    seconds
        Bucket width. Daily effects need buckets under a day and two days; weekly ones buckets up to
        a day and two weeks.
    """
    use = healthy & np.isfinite(value)
    if use.sum() < 8:  # noqa: PLR2004 -- fewer cannot show a season
        return NONE
    at, shown = _seconds(ts[use]), value[use]
    span = int(at[-1] - at[0]) + int(seconds)
    daily = weekly = np.zeros(0)
    if seconds < DAY and span >= 2 * DAY:
        slots = int(DAY // max(seconds, HOUR))
        slot = (at % DAY) * slots // DAY
        daily = _effects(shown, at // DAY, slot, slots)
        shown = shown - daily[slot]
    if seconds <= DAY and span >= 2 * WEEK:
        weekly = _effects(shown, (at - MONDAY) // WEEK, ((at - MONDAY) % WEEK) // DAY, 7)
    return Season(daily if daily.any() else np.zeros(0), weekly if weekly.any() else np.zeros(0))
