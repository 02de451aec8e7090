"""One known value that took over a column though nothing bears it out: a default, however valid it looks.

Of rows that really have a value the outcomes go with it (`followed`), and the other inputs are as of the rows that had
it before. Rows that were given it are like any others.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from candidates.measures.distances import shares
from candidates.measures.signatures import Signature
from schemas.evidence import BoolArray, ColumnProfile, FloatArray, Rows

TAKEN, MOST_OF = 0.1, 0.7
"""Rise of one value's share, at least, and as a part of all that the column gained, from which it took over."""
FEWEST = 20
"""Fewer values on a side say nothing of their shares."""
ENOUGH, SURE, LIKE_ANY = 50, 3.0, 0.5
"""Rows that had the value before, for others to be like them; standard errors; how like them the new ones are at most
that were given it (1: as those that had it, 0: as any)."""


@dataclass(frozen=True, slots=True)
class _Taken:
    """The value that took over: its name, its shares, and which rows have it (N,)."""

    name: str
    was: float
    now: float
    having: BoolArray | None


def taken_over(profile: ColumnProfile, rows: Rows | None) -> Signature | None:
    """Return the sign of one known value that took most of what a column gained; of a number an exact one.

    To be asked where the outcomes stayed (`followed`): where they went along, more rows really have that value.
    """
    found = _taken(profile, rows)
    return _sign(found, "the outcomes did not go with it") if found else None


def given_to_any(profile: ColumnProfile, rows: Rows | None, others: Sequence[str]) -> Signature | None:
    """Return the sign of a known value that took over rows which are not like those that had it before.

    Parameters
    ----------
    others
        Keys of inputs that did not move, by which rows are alike.
    """
    found = _taken(profile, rows)
    if rows is None or found is None or found.having is None:
        return None
    like = _like(rows, found.having, others)
    if like is None:
        return None
    share, error = like
    # part of the rows that have the value now had it before: what is left is said of the others
    part = 1 - found.was / found.now
    share, error = 1 - (1 - share) / part, error / part
    if share + SURE * error > LIKE_ANY:
        return None
    return _sign(found, "those rows are otherwise like any, not like those that had it before")


def _sign(found: _Taken, why: str) -> Signature:
    words = f"{found.name} rose from {found.was:.1%} to {found.now:.1%} of the values, and {why}"
    return Signature("default_value", 0.9, found.now - found.was, words)


def _taken(profile: ColumnProfile, rows: Rows | None) -> _Taken | None:
    p, q = shares(profile.before), shares(profile.after)
    values = rows.values.get(profile.column) if rows is not None and not profile.part else None
    if rows is not None and values is not None:
        old, new = (values[np.isfinite(values) & side] for side in (~rows.after, rows.after))
        if min(len(old), len(new)) < FEWEST:
            return None
        distinct, counts = np.unique(new, return_counts=True)
        value = distinct[int(counts.argmax())]
        found = _Taken(f"{value:g}", float(np.mean(old == value)), float(counts.max() / len(new)), values == value)
    else:
        top = int((q - p).argmax())
        if profile.roles[top] != "category":
            return None
        own = rows.bins.get(profile.column) if rows is not None and not profile.part else None
        found = _Taken(profile.labels[top], float(p[top]), float(q[top]), None if own is None else own == top)
    return found if found.now - found.was >= max(TAKEN, MOST_OF * float(np.abs(q - p).sum()) / 2) else None


def _like(rows: Rows, having: BoolArray, others: Sequence[str]) -> tuple[float, float] | None:
    """Return (share, standard error): how like the rows that had a value before those are that have it now.

    Rows are placed by the log-odds of their other inputs (naive Bayes, learned from one half of the baseline's rows).
    """
    turn = np.cumsum(~rows.after) % 2 == 0
    learn, judge = ~rows.after & turn, ~rows.after & ~turn
    if min(int((learn & having).sum()), int((judge & having).sum()), int((rows.after & having).sum())) < ENOUGH:
        return None
    odds = np.zeros(len(having))
    for key in others:
        place = rows.bins[key]
        size = int(place.max()) + 1
        among, all_ = (np.bincount(place[side], minlength=size) + 1.0 for side in (learn & having, learn))
        odds += np.clip(np.log(among / among.sum()) - np.log(all_ / all_.sum()), -3.0, 3.0)[place]
    had, usual, now = (odds[side] for side in (judge & having, judge, rows.after & having))
    apart = float(had.mean() - usual.mean())
    errors = [_error(side) for side in (had, usual, now)]
    if apart <= max(2 * SURE * math.hypot(*errors[:2]), 1e-9):
        return None
    share = float(now.mean() - usual.mean()) / apart
    return share, math.hypot(errors[2], share * errors[0], (1 - share) * errors[1]) / apart


def _error(values: FloatArray) -> float:
    return float(values.std() / math.sqrt(len(values)))
