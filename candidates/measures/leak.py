"""A leak: a series that climbs steadily from some moment on, as memory does that is never given back."""

import numpy as np

from candidates.measures.clock import to_datetime
from schemas.evidence import BoolArray, FloatArray, Onset, TimeArray

MOST = 300
"""Longest series examined; longer ones are thinned evenly."""

FEW = 6
STRAIGHTER = 0.6
"""A climb leaves at most this share of what a step leaves unexplained."""


def _left_over(value: FloatArray, basis: FloatArray) -> FloatArray:
    """Return the squares that a constant and each basis (K, T) leave of values (T,), (K,)."""
    value = value - value.mean()
    basis = basis - basis.mean(axis=1, keepdims=True)
    power = np.einsum("kt,kt->k", basis, basis)
    fit = np.divide((basis @ value) ** 2, power, out=np.zeros(len(basis)), where=power > 0)
    return np.asarray(np.maximum(float(value @ value) - fit, 0.0))


def leak_onset(ts: TimeArray, value: FloatArray, old: BoolArray, spread: float) -> Onset | None:
    """Return when a series began to climb, or None when a step fits about as well, or it does not climb.

    Least squares of a level followed by a straight line (one hinge) against a level followed by another.

    Parameters
    ----------
    ts, value, old
        (T,) times, finite values, and which belong to the baseline.
    spread
        Usual standard deviation between buckets, in the values' unit.

    Examples
    --------
    >>> ts = np.datetime64("2026-03-04", "us") + np.arange(30) * np.timedelta64(60, "s")
    >>> value = 5.0 + 0.5 * np.maximum(np.arange(30) - 20, 0)
    >>> leak_onset(ts, value, np.arange(30) < 20, 0.1).at.minute
    20
    """
    step = -(-len(ts) // MOST)
    ts, value, old = ts[::step], value[::step], old[::step]
    if (~old).sum() < FEW or old.sum() < 2:
        return None
    at = np.arange(1, len(ts) - 2)
    place = np.arange(len(ts))
    climb = np.maximum(place[None, :] - at[:, None], 0).astype(np.float64)
    hinge = _left_over(value, climb)
    level = _left_over(value, (climb > 0).astype(np.float64))
    best = int(hinge.argmin())
    rise = float(np.polyfit(place[~old], value[~old], 1)[0]) * int((~old).sum())
    if rise < 3 * spread or hinge[best] > STRAIGHTER * level.min():
        return None
    # the interval: where the fit is no worse than chance would make it (F with one degree of freedom, 90 %)
    bound = hinge[best] * (1 + 2.7 / max(len(ts) - 3, 1)) + 1e-12
    inside = at[hinge <= bound]
    moment, low, high = (to_datetime(ts[i]) for i in (at[best], inside.min(), inside.max()))
    return Onset(moment, low, high)
