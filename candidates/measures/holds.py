"""Values that stopped changing: one value held far longer than any was ever held before.

Asked of the rows in their order in time, so it also tells of columns that have one value for all rows at a time (a
rate, an index) and of columns that mostly repeat one value, where shares of values say nothing. What never changed,
or seldom, is not known to have stopped.
"""

from dataclasses import dataclass

import numpy as np

from candidates.measures.null_share import EMPTY
from schemas.evidence import BoolArray, ColumnProfile, FloatArray, IntArray, Rows, TimeArray

FEWEST_HOLDS, FEWEST_ROWS = 8, 20
"""Values that must have been held one after the other before, and rows of the window, for a halt to be one."""
LONGER = 3.0
"""Times that the longest hold before must be outlasted, in time and in rows."""
FEWEST_TURNS, AT_ONCE = 3, 8.0
"""Values that came one after the other before, and rows (the lower quartile) that each was held for, from which a
column has one value for all rows at a time."""
MOST = 0.6
"""Share of the window's rows that must show the held value."""


@dataclass(frozen=True, slots=True)
class Hold:
    """A value that is held: what it is, since when, how many times longer than any before, in which share of rows.

    `usual` is the longest hold before, `rows` the median number of rows that a value was held for: of a column that has
    one value for all rows at a time there are many.
    """

    value: float
    since: np.datetime64
    usual: np.timedelta64
    longer: float
    share: float
    rows: float


def held(ts: TimeArray, value: FloatArray, after: BoolArray) -> Hold | None:
    """Return the value that stopped changing in the window, if one did.

    Parameters
    ----------
    ts, value
        (N,) times and values of rows, in any order; NaN is no value.
    after
        (N,) True for rows of the window.

    Examples
    --------
    >>> ts = np.arange(400).astype("datetime64[h]").astype("datetime64[us]")
    >>> rate = np.arange(400) // 24 + 1.0
    >>> held(ts, np.minimum(rate, 10.0), np.arange(400) >= 250).value
    10.0
    >>> held(ts, rate, np.arange(400) >= 250) is None
    True
    """
    fine = np.isfinite(value)
    new = value[fine & after]
    # what most rows show is their median: without such a value nothing needs to be put in order
    if len(new) < FEWEST_ROWS or (new == np.partition(new, len(new) // 2)[len(new) // 2]).mean() < MOST:
        return None
    known = np.flatnonzero(fine)
    order = known[np.lexsort((value[known], ts[known]))]
    shown, late = value[order], after[order]
    start, rows, lasted = _runs(ts[order], shown)
    seen = np.add.reduceat(late.astype(float), start)
    best = int(seen.argmax())
    share = float(seen[best] / late.sum())
    if best < FEWEST_HOLDS or share < MOST:
        return None
    usual = lasted[:best].max()
    longer = min(_ratio(lasted[best], usual), float(rows[best] / rows[:best].max()))
    if longer < LONGER:
        return None
    return Hold(float(shown[start[best]]), ts[order][start[best]], usual, longer, share, float(np.median(rows[:best])))


def _runs(ts: TimeArray, value: FloatArray) -> tuple[IntArray, IntArray, TimeArray]:
    """Return where each run of one value begins (R,), its rows, and how long it lasted; rows in order of time."""
    start = np.concatenate([[0], np.flatnonzero(value[1:] != value[:-1]) + 1])
    ends = np.append(start[1:], len(value))
    return start, ends - start, ts[np.minimum(ends, len(ts) - 1)] - ts[start]


def _ratio(lasted: np.timedelta64, usual: np.timedelta64) -> float:
    least = np.timedelta64(1, "us")
    return float(lasted / max(usual, least))


def held_value(profile: ColumnProfile, rows: Rows | None) -> Hold | None:
    """Return the value that a column stopped at, of sampled production rows: a number, else a bin's position."""
    value = _values(profile, rows)
    return None if rows is None or value is None else held(rows.ts, value, rows.after)


def takes_turns(profile: ColumnProfile, rows: Rows | None) -> bool:
    """Return whether the window's most frequent value is but the latest of those that all rows have in turn.

    So it is of a rate that is set every day, or of whether it is a weekend. Not where it lies farther outside the
    values before than they lie apart, nor where it was held far longer than any.
    """
    value = _values(profile, rows)
    if rows is None or value is None:
        return False
    known = np.isfinite(value)
    old, new = known & ~rows.after, known & rows.after
    if not old.any() or not new.any():
        return False
    values, counts = np.unique(value[new], return_counts=True)
    shown, low, high = values[counts.argmax()], value[old].min(), value[old].max()
    order = np.lexsort((value[old], rows.ts[old]))
    start, many, lasted = _runs(rows.ts[old][order], value[old][order])
    if len(start) < FEWEST_TURNS or np.quantile(many, 0.25) < AT_ONCE:
        return False
    at = rows.ts[new & (value == shown)]
    near = 2 * low - high <= shown <= 2 * high - low
    return bool(near and at.max() - at.min() <= LONGER * lasted.max())


def _values(profile: ColumnProfile, rows: Rows | None) -> FloatArray | None:
    key = profile.column
    if rows is None or profile.part or key not in rows.bins:
        return None
    value = rows.values.get(key)
    return _told_apart(profile, rows.bins[key]) if value is None else value


def _told_apart(profile: ColumnProfile, place: IntArray) -> FloatArray:
    """Return (N,) bins as values: NaN where empty; where a bin lumps values together each row has one of its own."""
    role = np.array(profile.roles)[place]
    lumped = np.where(role == "category", place.astype(np.float64), -1.0 - np.arange(len(place)))
    return np.asarray(np.where(np.isin(role, list(EMPTY)), np.nan, lumped))
