"""The calendar: which columns only tell the time, and how to compare periods that hold other hours and weekdays.

A window of three days holds no Monday. What differs from the baseline for that reason alone is no change, so the
baseline's rows are weighed to the window's mix of weekdays and times of day (post-stratification: Holt and Smith, "Post
stratification", Journal of the Royal Statistical Society A 142(1), 1979).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from schemas.evidence import BoolArray, FloatArray, IntArray, Rows, TimeArray

HALVES, WEEK = 48, 7
"""Half hours of a day and days of a week: what repeats itself."""
DAY, QUARTER = 24.0, 12
"""Hours of a day, and half hours of the part of it by which rows are weighed."""
SAME, TOLD, REPEATED = 0.99, 0.95, 0.5
"""Share of the rows that the calendar must tell, part of a column's variation, and share of rows whose place in the
calendar was met on another day."""
FEW, COVERED = 20, 0.95
"""Rows of the baseline from which a place in the calendar is known, and share of the window that must be."""
MOST = 50.0
"""Largest weight of a row."""


def calendar_columns(rows: Rows) -> frozenset[str]:
    """Return the keys of the columns that are functions of the time, in the baseline and still in the window.

    Such a column has the same value at the same time of the day, or of the week, on whatever day; or its number is that
    of the hour, the weekday, the month or the day but for a constant.
    """
    day, half = _day_and_half(rows.ts)
    places = [_Place.of(place, day) for place in (half, half + HALVES * (day % WEEK))]
    numbers = list(_numbers(rows.ts))

    def told(key: str, bins: IntArray) -> bool:
        value = rows.values.get(key)
        if any(place.tells(bins, rows.after) for place in places):
            return True
        return value is not None and any(_counts(value, *number, rows.after) for number in numbers)

    return frozenset(key for key, bins in rows.bins.items() if told(key, bins))


def calendar_weights(before: TimeArray, after: TimeArray) -> FloatArray:
    """Return (N,) weights, of mean 1, that give rows `before` the mix of weekdays and times of day of those `after`.

    Where the baseline does not know the window's weekdays the time of day alone is weighed; else nothing is.
    """
    (old_day, old_half), (new_day, new_half) = _day_and_half(before), _day_and_half(after)
    old, new = old_half // QUARTER, new_half // QUARTER
    parts = HALVES // QUARTER
    for was, now in ((old + parts * (old_day % WEEK), new + parts * (new_day % WEEK)), (old, new)):
        known, wanted = (np.bincount(x, minlength=parts * WEEK).astype(float) for x in (was, now))
        told = known >= FEW
        if wanted[told].sum() >= COVERED * wanted.sum() > 0:
            ratio = np.divide(wanted / wanted.sum(), known / known.sum(), out=np.zeros(len(known)), where=told)
            weight = np.minimum(ratio, MOST)[was]
            return np.asarray(weight / weight.mean())
    return np.ones(len(before))


def _day_and_half(ts: TimeArray) -> tuple[IntArray, IntArray]:
    """Return (N,) days since 1970 and half hours of the day."""
    day = ts.astype("datetime64[D]")
    half = (ts - day) // np.timedelta64(30, "m")
    return day.astype(np.int64), half.astype(np.int64)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where in the calendar rows lie, (N,), and whether each one's place came on several days."""

    place: IntArray
    again: BoolArray

    @classmethod
    def of(cls, place: IntArray, day: IntArray) -> "_Place":
        """Return the places of rows on some days."""
        size = HALVES * WEEK
        seen = np.unique(day * size + place) % size
        return cls(place, (np.bincount(seen, minlength=size) > 1)[place])

    def tells(self, bins: IntArray, after: BoolArray) -> bool:
        """Return whether the place tells the bin, in both sides' rows, judged where a place came again."""
        size = int(bins.max(initial=0)) + 1
        sides = [(side, side & self.again) for side in (~after, after)]
        if any(again.sum() < max(1.0, REPEATED * side.sum()) for side, again in sides):
            return False
        table = np.bincount(self.place * size + bins, minlength=HALVES * WEEK * size).reshape(-1, size)
        right = table.argmax(axis=1)[self.place] == bins
        if any(right[again].mean() < SAME for _, again in sides):
            return False
        before = sides[0][1]
        usual = np.bincount(bins[before]).max() / before.sum()
        return bool(1 - right[before].mean() < (1 - TOLD) * (1 - usual))


def _numbers(ts: TimeArray) -> Iterator[tuple[FloatArray, float]]:
    """Yield (N,) numbers that a calendar gives a time, each with what it repeats itself after."""
    day, half = _day_and_half(ts)
    month = ts.astype("datetime64[M]").astype(np.int64)
    year = ts.astype("datetime64[Y]")
    yield np.asarray(half // 2, dtype=float), DAY
    yield np.asarray(day % WEEK, dtype=float), float(WEEK)
    yield np.asarray(month % 12, dtype=float), 12.0
    yield np.asarray(day - ts.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64), dtype=float), np.inf
    yield np.asarray(day - year.astype("datetime64[D]").astype(np.int64), dtype=float), np.inf


def _counts(value: FloatArray, number: FloatArray, period: float, after: BoolArray) -> bool:
    """Return whether a column's values are such a number but for a constant; of hours, one that the summer moves."""
    apart = value - number if np.isinf(period) else np.mod(value - number, period)
    some = apart[~after & np.isfinite(apart)]
    old = number[~after]
    if not len(some) or not (old != old[0]).any():
        return False
    usual = np.median(some)  # of values that are nearly all the same, that one
    summer = (usual - 1, usual + 1) if period == DAY else ()
    for also in ((usual,), *((usual, np.mod(other, period)) for other in summer)):
        if all(bool(np.isin(apart[side], also).mean() >= SAME) for side in (~after, after) if side.any()):
            return True
    return False
