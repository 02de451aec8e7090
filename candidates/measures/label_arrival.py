"""Which labels are known by now, and how long they took: fewer, later or sooner than before.

Of recent rows only the early labels are known, whatever happened (right censoring); so what is missing is asked of
rows old enough that their labels would usually have come. Late labels need no such care: under the usual delays a
known label that took longer than 99 % of the baseline's is as rare among recent rows as among old ones, or rarer.

References
----------
Klein and Moeschberger, "Survival Analysis: Techniques for Censored and Truncated Data", 2003, chapter 3.
"""

from dataclasses import dataclass

import numpy as np

from candidates.measures.outcome import label_position
from schemas.evidence import BoolArray, FloatArray, Rows

DAY = np.timedelta64(1, "D")
USUAL = 0.99
"""Quantile of the baseline's delays by which a label has usually come."""
SLACK = 1.25
"""Factor, and days, beyond the usual delay that are no change of it."""
SLACK_DAYS = 1 / 24
OLDER = 1.5
"""Without delays, rows that much older than the newest labelled one should have their labels."""
FEW = 30


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


def coverage(rows: Rows) -> tuple[float, float] | None:
    """Return the shares of labelled rows in the baseline and among the settled rows of the window; None with few."""
    old, labelled = settled(rows), np.isfinite(rows.label)
    if old.sum() < FEW or (~rows.after).sum() < FEW:
        return None
    return float(labelled[~rows.after].mean()), float(labelled[old].mean())


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
