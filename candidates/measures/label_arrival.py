"""Which labels are known by now, and how long they took: fewer, later or sooner than before.

Of recent rows only the early labels are known, whatever happened (right censoring); so what is missing is asked of
rows old enough that their labels would usually have come. Late labels need no such care: under the usual delays a
known label that took longer than 99 % of the baseline's is as rare among recent rows as among old ones, or rarer.

References
----------
Klein and Moeschberger, "Survival Analysis: Techniques for Censored and Truncated Data", 2003, chapter 3.
"""

from dataclasses import dataclass, replace

import numpy as np

from candidates.measures.outcome import answer_bins, label_position
from schemas.evidence import BoolArray, FloatArray, Rows

DAY = np.timedelta64(1, "D")
USUAL = 0.99
"""Quantile of the baseline's delays by which a label has usually come."""
MOSTLY = 0.9
"""Quantile of them by which most labels have come."""
SLACK = 1.25
"""Factor, and days, beyond the usual delay that are no change of it."""
SLACK_DAYS = 1 / 24
OLDER = 1.5
"""Without delays, rows that much older than the newest labelled one should have their labels."""
FEW = 30
CLEAR = 4.0
"""Standard errors by which more labels lack of the rows with one answer, of up to twenty answers."""


@dataclass(frozen=True, slots=True)
class Lateness:
    """Labels of one class, or of one tenth of the baseline's values, that took longer than usual.

    Parameters
    ----------
    place
        Class or tenth, as `outcome.label_position` numbers them.
    share
        Of its known labels of the window that took longer than `USUAL` of the baseline's.
    before, after
        Median delays of the baseline's and of the late labels, days.
    """

    place: int
    share: float
    before: float
    after: float


def ages(rows: Rows) -> FloatArray:
    """Return (N,) how old each row was when the log was last written, days."""
    known = _timed(rows)
    last = rows.ts.max()
    if rows.label_delay is not None and known.any():
        arrived = rows.ts[known] + (rows.label_delay[known] * 86_400e6).astype("timedelta64[us]")
        last = max(last, arrived.max())
    return np.asarray((last - rows.ts) / DAY)


def settled(rows: Rows) -> BoolArray:
    """Return (N,) the rows of the window that are old enough for a usual label."""
    age, labelled = ages(rows), np.isfinite(rows.label)
    base = _timed(rows) & ~rows.after
    if rows.label_delay is not None and base.sum() >= FEW:
        return np.asarray(rows.after & (age >= np.quantile(rows.label_delay[base], USUAL)))
    recent = rows.after & labelled
    if not recent.any():
        return np.zeros(len(age), dtype=bool)
    return np.asarray(rows.after & (age >= max(OLDER * age[recent].min(), float(np.median(age[rows.after])))))


@dataclass(frozen=True, slots=True)
class Coverage:
    """Shares of labelled rows in the baseline, and among the settled rows of the window.

    Parameters
    ----------
    answer
        Bin of the model's answers (`outcome.answer_bins`) to whose rows labels lack most; None of all rows.
    z
        Standard errors of the difference.
    by
        Age, days, by which labels are counted; None of all that came.
    """

    before: float
    after: float
    answer: int | None
    z: float
    by: float | None = None


def coverage(rows: Rows, task: str) -> Coverage | None:
    """Return which labels are known, of all rows or of those with one answer where clearly more lack.

    None with few rows, or where none of the window's is labelled: then nobody knows whether any label will come.
    Labels of one rare outcome that do not come are few of all, and most of those that the model expected it of.
    """
    old, known_by_then, age = settled(rows), np.isfinite(rows.label), None
    if old.sum() < FEW:
        old, known_by_then, age = _ripe(rows)
    whole = _covered(known_by_then, old, ~rows.after, None)
    if whole is None or whole.after <= 0:
        return None
    known, place = np.isfinite(rows.prediction), np.full(len(rows.ts), -1)
    if not (known & ~rows.after).any():
        return replace(whole, by=age)
    place[known], size = answer_bins(rows.prediction[known], rows.after[known], task)
    parts = [_covered(known_by_then, old & own, ~rows.after & own, k) for k in range(size) for own in [place == k]]
    clear = [part for part in parts if part and part.z > CLEAR]
    return replace(max([whole, *clear], key=lambda one: one.before - one.after), by=age)


def _ripe(rows: Rows) -> tuple[BoolArray, BoolArray, float | None]:
    """Return (N,) the window's rows as old as most labels take, and which of either side had theirs by that age (days).

    Most, not nearly all: where some of the baseline's labels came late already, the slowest say nothing.
    """
    labelled, base = np.isfinite(rows.label), _timed(rows) & ~rows.after
    if rows.label_delay is None or base.sum() < FEW:
        return np.zeros(len(labelled), dtype=bool), labelled, None
    age = float(np.quantile(rows.label_delay[base], MOSTLY))
    return np.asarray(rows.after & (ages(rows) >= age)), np.asarray(labelled & ~(rows.label_delay > age)), age


def _covered(labelled: BoolArray, since: BoolArray, before: BoolArray, answer: int | None) -> Coverage | None:
    n, m = int(before.sum()), int(since.sum())
    if min(n, m) < FEW:
        return None
    p, q = float(labelled[before].mean()), float(labelled[since].mean())
    pooled = (p * n + q * m) / (n + m)
    error = np.sqrt(max(pooled * (1 - pooled), 1e-9) * (1 / n + 1 / m))
    return Coverage(p, q, answer, float((p - q) / error))


def latest(rows: Rows, task: str) -> Lateness | None:
    """Return the outcome whose labels came late most often; None without delays or late labels."""
    if rows.label_delay is None or not len(rows.ts):
        return None
    place, size = label_position(rows, task)
    timed = _timed(rows) & (place >= 0)
    found = [_late(rows.label_delay[of], rows.after[of], k) for k in range(size) for of in [timed & (place == k)]]
    return max((late for late in found if late), key=lambda late: late.share, default=None)


def _late(delay: FloatArray, after: BoolArray, place: int) -> Lateness | None:
    before, since = delay[~after], delay[after]
    if len(before) < FEW or len(since) < FEW:
        return None
    late = since[since > SLACK * np.quantile(before, USUAL) + SLACK_DAYS]
    if not len(late):
        return None
    return Lateness(place, len(late) / len(since), float(np.median(before)), float(np.median(late)))


def _timed(rows: Rows) -> BoolArray:
    """Return (N,) the rows whose label and its delay are known."""
    if rows.label_delay is None:
        return np.zeros(len(rows.ts), dtype=bool)
    return np.asarray(np.isfinite(rows.label_delay) & np.isfinite(rows.label))
