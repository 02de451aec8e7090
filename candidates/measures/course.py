"""How far a column left its own course: its trend, its season and its usual wandering.

A column that trends or wanders differs from itself in any two periods, so the distance of two distributions says
nothing of it. What can be asked is whether it could be foretold: from many moments of the baseline its level over the
next stretch is forecast by a few plain rules (its last level or its mean, with or without its slope), and the rule
that did best there is asked for the window's. The error is judged by the errors that the same rule made.

References
----------
Tashman, "Out-of-sample tests of forecasting accuracy", International Journal of Forecasting 16(4), 2000 (rolling
origins).
"""

import math
from statistics import NormalDist

import numpy as np

from candidates.measures.clock import to_numpy
from candidates.measures.robust import two_sided_p
from schemas.evidence import ColumnProfile, FloatArray, IntArray, Symptom

DAY = 86_400.0
STRETCHES = 6
"""The forecast reaches over at most this part of the baseline."""
FEWEST = 6
"""Fewer forecasts in the baseline say nothing of their errors."""
FINITE = frozenset({"range", "below", "above"})
LEAST = 1e-9
"""Errors below this part of the level are rounding."""


def departure(profile: ColumnProfile, symptom: Symptom) -> float:
    """Return by how many standard errors a numeric column's level in the window differs from its forecast, >= 0.

    0 where the column is no number, stays with its forecast, or has too short a history to tell.
    """
    told = _regular(profile, symptom)
    if told is None:
        return 0.0
    rows, total, length, gap, window, day = told
    reach = min(window, length // STRETCHES)
    reach -= reach % day if reach >= day else 0
    starts = np.arange(length // 3, length - reach - gap + 1, max(1, reach // 2))
    if reach < 1 or len(starts) < FEWEST:
        return 0.0
    total = total - rows * _by_hour(rows, total, length, day)
    sums = np.concatenate([[0.0], np.cumsum(rows)]), np.concatenate([[0.0], np.cumsum(total)])
    at = np.append(starts, length)
    found = _mean(sums, at + gap, at + gap + reach)
    errors = np.array([found - guess for guess in _forecasts(sums, at, gap, reach, day)])
    return _judged(errors, float(np.abs(found[np.isfinite(found)]).max(initial=0.0)), len(starts) / 2)


def _regular(profile: ColumnProfile, symptom: Symptom) -> tuple[FloatArray, FloatArray, int, int, int, int] | None:
    """Return rows and sums of regular buckets since the baseline's start; lengths in buckets.

    The lengths are those of the baseline, of the gap after it, of the window and of a day.
    """
    if profile.kind != "numeric" or symptom.reference_split or len(profile.ts) < FEWEST:
        return None
    step = np.diff(profile.ts).min()
    periods = symptom.baseline.start, symptom.baseline.end, symptom.window.start, symptom.window.end
    start, end, since, until = (int((to_numpy(t) - to_numpy(periods[0])) // step) for t in periods)
    if not start < end <= since < until:
        return None
    place = ((profile.ts - to_numpy(periods[0])) // step).astype(int)
    inside = (place >= 0) & (place < until)
    finite = profile.counts[:, [role in FINITE for role in profile.roles]].sum(axis=1)
    rows, total = np.zeros(until), np.zeros(until)
    np.add.at(rows, place[inside], finite[inside])
    np.add.at(total, place[inside], np.nan_to_num(profile.sum_value[inside]))
    return rows, total, end, since - end, until - since, max(1, round(DAY / (step / np.timedelta64(1, "s"))))


def _by_hour(rows: FloatArray, total: FloatArray, length: int, day: int) -> FloatArray:
    """Return (G,) how far the level at each bucket's time of day usually lies from its day's; 0 with few days."""
    days = length // day
    if day < 2 or days < 3:
        return np.zeros(len(rows))
    n, s = (x[: days * day].reshape(days, day) for x in (rows, total))
    daily = s.sum(axis=1) / np.maximum(n.sum(axis=1), 1.0)
    away = (s - n * daily[:, None]).sum(axis=0) / np.maximum(n.sum(axis=0), 1.0)
    return np.asarray(np.resize(away, len(rows)))


def _mean(sums: tuple[FloatArray, FloatArray], first: IntArray, last: IntArray) -> FloatArray:
    """Return the mean (K,) over buckets [first, last); NaN without rows."""
    rows, total = (s[last] - s[np.maximum(first, 0)] for s in sums)
    return np.asarray(np.divide(total, rows, out=np.full(len(rows), np.nan), where=rows > 0))


def _forecasts(sums: tuple[FloatArray, FloatArray], at: IntArray, gap: int, reach: int, day: int) -> list[FloatArray]:
    """Return what each rule foretells (K,) at each moment of the stretch that begins `gap` buckets later."""
    third = np.maximum(at // 3, 1)
    slope = (_mean(sums, at - third, at) - _mean(sums, np.zeros_like(at), third)) / (at - third)
    guesses = []
    for back in {*(int(x) for x in (min(day, reach), reach)), -1}:
        first = at - back if back > 0 else np.zeros_like(at)
        level, ahead = _mean(sums, first, at), (at - first) / 2 + gap + reach / 2
        guesses += [level, level + slope * ahead]
    return guesses


def _judged(errors: FloatArray, level: float, dof: float) -> float:
    """Return how far the last error of the rule that did best before lies beyond its others, in standard errors."""
    errors = errors[np.isfinite(errors).all(axis=1)]
    if not len(errors):
        return 0.0
    usual = np.sqrt((errors[:, :-1] ** 2).mean(axis=1))
    best = int(usual.argmin())
    if usual[best] <= LEAST * level or abs(errors[best, -1]) <= np.abs(errors[best, :-1]).max():
        return 0.0
    p = two_sided_p(abs(float(errors[best, -1])) / float(usual[best]), max(dof, 1.0))
    return -NormalDist().inv_cdf(max(p / 2, 1e-300)) if math.isfinite(p) and p < 1 else 0.0
