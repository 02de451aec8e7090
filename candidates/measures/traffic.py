"""How many rows a period should have brought, by the time of day and the day of the week, and how surely."""

from dataclasses import dataclass, replace

import numpy as np

from candidates.measures.clock import to_datetime, within
from schemas.evidence import FloatArray, IntArray, Rows, TimeArray, Window

DAY = np.timedelta64(1, "D")
WEEKS = 2
"""Whole weeks of baseline from which days of the week are told apart."""
FEWEST = 3
"""Fewer stretches of the baseline say nothing of how far traffic strays."""
PARTLY = 0.1
"""Part of a bucket by which the log must end early for the bucket to be only partly there."""
UNKNOWN = 0.1
"""Relative error of what is expected where that is so."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """Rows expected in a period, and the standard error of that as a share of it."""

    expected: float
    spread: float


def expected_traffic(ts: TimeArray, rows: FloatArray, base: Window, period: Window) -> Traffic:
    """Return how many rows the baseline lets expect in a period.

    The error is that of the same forecast for stretches of the baseline as long as the period, each from the others.

    Parameters
    ----------
    ts, rows
        (T,) regular bucket starts and the rows of each.
    """
    known, wanted = within(ts, base), within(ts, period)
    if known.sum() < 2 or not wanted.any():
        return Traffic(0.0, UNKNOWN)
    step = np.diff(ts).min()
    first = ts[known][0]
    number = ((ts - first) // step).astype(int)
    whole = int(number[known][-1]) + 1
    filled = np.zeros(whole)
    np.add.at(filled, number[known], rows[known])
    asked = np.arange(number[wanted][0], number[wanted][-1] + 1)
    cycle = _cycle(whole, step)
    expected = float(_usual(filled, np.ones(whole), np.arange(whole), asked, cycle).sum())
    length = min(len(asked), max(1, whole // (FEWEST + 1)))
    off = []
    for start in range(0, whole - length + 1, length):
        out = np.ones(whole)
        out[start : start + length] = 0.0
        told = float(_usual(filled, out, np.arange(whole), np.arange(start, start + length), cycle).sum())
        off += [float(filled[start : start + length].sum()) / told - 1] if told > 0 else []
    strays = float(np.sqrt(np.mean(np.square(off)))) if len(off) >= FEWEST else UNKNOWN
    return Traffic(expected, float(np.hypot(strays, 1 / np.sqrt(max(expected, 1.0)))))


def expected_shares(ts: TimeArray, counts: FloatArray, base: Window, period: Window) -> FloatArray:
    """Return (B,) the share of a period's rows that each value would have if it came as usual at such times.

    Mornings bring other values than nights: what a period holds of each time of the day, and of the week where whole
    weeks are known, decides.

    Parameters
    ----------
    ts, counts
        (T,) regular bucket starts and (T, B) the rows of each value.
    """
    known, wanted = within(ts, base), within(ts, period)
    usual = counts[known].sum(axis=0)
    if known.sum() > 1 and wanted.any():
        step = np.diff(ts).min()
        number = ((ts - ts[known][0]) // step).astype(int)
        cycle = _cycle(int(number[known][-1]) + 1, step)
        table = np.zeros((cycle, counts.shape[1]))
        np.add.at(table, number[known] % cycle, counts[known])
        times = np.bincount(np.arange(number[known][-1] + 1) % cycle, minlength=cycle)
        asked = np.bincount(np.arange(number[wanted][0], number[wanted][-1] + 1) % cycle, minlength=cycle)
        placed = np.divide(asked, times, out=np.zeros(cycle), where=times > 0) @ table
        usual = placed if placed.sum() > 0 else usual
    return np.asarray(usual / max(float(usual.sum()), 1.0))


def logged_until(ts: TimeArray, rows: Rows | None, window: Window) -> Window:
    """Return the window without its last bucket where the log ends within that: its rows are not all there yet.

    The last row lies earlier in its bucket than the last rows of buckets do.

    Parameters
    ----------
    ts
        (T,) regular bucket starts.
    """
    if rows is None or len(ts) < FEWEST or not rows.after.any():
        return window
    step = np.diff(ts).min()
    bucket = (rows.ts - ts[0]) // step
    lasts = np.full(int(bucket.max()) + 1, -1.0)
    inside = bucket >= 0
    np.maximum.at(lasts, bucket[inside], ((rows.ts - ts[0]) % step)[inside] / step)
    usual = float(np.median(lasts[lasts >= 0]))
    if lasts[-1] >= usual - PARTLY:
        return window
    end = to_datetime(ts[0] + (len(lasts) - 1) * step)
    return replace(window, end=end) if window.start < end < window.end else window


def _cycle(buckets: int, step: np.timedelta64) -> int:
    """Return after how many buckets traffic repeats itself, as far as so many can tell: a week, a day, or 1."""
    day = int(DAY // step)
    if day >= 1 and buckets >= WEEKS * 7 * day:
        return 7 * day
    return day if day > 1 and buckets >= FEWEST * day else 1


def _usual(rows: FloatArray, weight: FloatArray, place: IntArray, asked: IntArray, cycle: int) -> FloatArray:
    """Return the weighted mean of the rows at the same place of the cycle, of each asked bucket; 0 where unknown."""
    total = np.bincount(place % cycle, rows * weight, minlength=cycle)
    times = np.bincount(place % cycle, weight, minlength=cycle)
    mean = np.divide(total, times, out=np.full(cycle, float(np.average(rows, weights=weight))), where=times > 0)
    return np.asarray(mean[asked % cycle])
