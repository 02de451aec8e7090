"""Hours of the day and days of the week: what a metric does anyway."""

from dataclasses import dataclass, replace

import numpy as np

from candidates.measures.robust import robust_scale
from schemas.evidence import BoolArray, FloatArray, IntArray, TimeArray

HOUR, DAY, WEEK = 3600, 86400, 604800
MONDAY = 4 * DAY
POLISH = 3
WORTHWHILE = 0.95
"""A season must take the spread below this share of what it was, its own freedom counted."""
SURE = 3.5
"""Standard errors from which the effect of one slot alone is believed: a nightly backup."""


@dataclass(frozen=True, slots=True)
class Season:
    """Effects by slot of the day and by day of the week, in the metric's unit, around 0; empty when there are none.

    `daily_noise` and `weekly_noise` are the variances of one slot's estimate.
    """

    daily: FloatArray
    weekly: FloatArray
    daily_noise: float = 0.0
    weekly_noise: float = 0.0

    def at(self, ts: TimeArray) -> FloatArray:
        """Return the effect at times (T,)."""
        seconds, effect = _seconds(ts), np.zeros(len(ts))
        if self.daily.size:
            effect += self.daily[_day_slot(seconds, self.daily.size)]
        if self.weekly.size:
            effect += self.weekly[_weekday(seconds)]
        return effect

    def covers(self, other: "Season") -> bool:
        """Tell whether this season knows every effect that the other does."""
        return self.daily.size >= other.daily.size and self.weekly.size >= other.weekly.size

    def error(self, before: TimeArray, after: TimeArray) -> float:
        """Return the standard error that the effects' estimates put into a difference of means.

        Over whole days and weeks the errors of the slots cancel; a window of three afternoon hours
        carries those of three slots.
        """
        variance = 0.0
        for slots, noise, slot_of in (
            (self.daily.size, self.daily_noise, lambda at: _day_slot(at, self.daily.size)),
            (self.weekly.size, self.weekly_noise, _weekday),
        ):
            if slots and len(before) and len(after):
                share = [np.bincount(slot_of(_seconds(ts)), minlength=slots) / len(ts) for ts in (before, after)]
                variance += noise * float(((share[1] - share[0]) ** 2).sum())
        return float(np.sqrt(variance))


NONE = Season(np.zeros(0), np.zeros(0))


def _seconds(ts: TimeArray) -> IntArray:
    return ts.astype("datetime64[s]").astype(np.int64)


def _day_slot(seconds: IntArray, slots: int) -> IntArray:
    return (seconds % DAY) * slots // DAY


def _weekday(seconds: IntArray) -> IntArray:
    return ((seconds - MONDAY) % WEEK) // DAY


def _group_medians(value: FloatArray, group: IntArray, size: int) -> FloatArray:
    """Return the median of each group (size,), NaN for an empty one."""
    order = np.lexsort((value, group))
    ordered = value[order]
    start = np.searchsorted(group[order], np.arange(size + 1))
    count = np.diff(start)
    low = np.clip(start[:-1] + (count - 1) // 2, 0, len(value) - 1)
    high = np.clip(start[:-1] + count // 2, 0, len(value) - 1)
    return np.where(count > 0, (ordered[low] + ordered[high]) / 2, np.nan)


def _effects(
    value: FloatArray, period: IntArray, slot: IntArray, slots: int, *, single: bool = False
) -> tuple[FloatArray, float]:
    """Return shrunken slot effects (slots,) and the variance of one; none when they are not worth their freedom.

    `single`: of those the ones that are sure by themselves.

    Levels of periods (days, weeks) and effects of slots are fitted in turn (median polish, Tukey, 1977), so
    that neither a change of level between periods nor a half-seen period leaks into the effects.
    Shrinkage is by signal to noise (James & Stein, 1961).
    """
    _, position = np.unique(period, return_inverse=True)
    count, effect = int(position.max()) + 1, np.zeros(slots)
    for _ in range(POLISH):
        centred = value - _group_medians(value - effect[slot], position, count)[position]
        effect = np.nan_to_num(_group_medians(centred, slot, slots))
        effect -= effect[slot].mean()
    centred -= np.median(centred - effect[slot])
    rest = centred - effect[slot]
    used = len(np.unique(slot))
    freedom = np.sqrt(value.size / max(value.size - used, 1))
    noise = 1.57 * (robust_scale(rest) * freedom) ** 2 * used / value.size  # variance of a slot's median
    if robust_scale(rest) * freedom > WORTHWHILE * robust_scale(centred):
        alone = single and np.abs(effect) > SURE * np.sqrt(noise)
        return (np.where(alone, effect, 0.0), noise) if np.any(alone) and noise > 0 else (np.zeros(0), 0.0)
    signal = float(np.var(effect[slot]))
    return (effect * (1 - noise / signal), noise) if signal > noise else (np.zeros(0), 0.0)


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
    found = NONE
    if seconds < DAY and span >= 2 * DAY:
        slots = int(DAY // max(seconds, HOUR))
        daily, noise = _effects(shown, at // DAY, _day_slot(at, slots), slots, single=True)
        found = Season(daily, NONE.weekly, daily_noise=noise)
    if seconds <= DAY and span >= 2 * WEEK:
        shown = shown - found.at(ts[use])
        weekly, noise = _effects(shown, (at - MONDAY) // WEEK, _weekday(at), 7)
        found = replace(found, weekly=weekly, weekly_noise=noise)
    return found
