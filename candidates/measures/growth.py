"""Growth of a series from baseline to window: by how much, how surely, and since when."""

import math
from dataclasses import dataclass

import numpy as np

from candidates.measures.changepoint import change_point
from candidates.measures.clock import to_datetime, to_numpy, within
from candidates.measures.robust import two_sided_p
from schemas.evidence import FloatArray, Onset, Symptom, TimeArray

MAD_TO_SD = 1.4826
RELATIVE_FLOOR = 0.05
"""Smallest standard deviation that is believed, as a share of the baseline's median."""

FEW = 3
"""Below so many baseline buckets the spread cannot be seen, and a wider one is assumed."""

FEW_FLOOR = 0.15
NOTABLE = 1.02
"""Growth by a smaller factor is not dated: most of the thousands of series of a system stand still."""

HUGE = 1e100
"""Values beyond this are pulled in, so that their squares stay finite."""

MAX_Z = 50.0
"""Beyond this a larger z says nothing more."""


@dataclass(frozen=True, slots=True)
class Growth:
    """A series over baseline and window.

    Parameters
    ----------
    before, after
        Weighted means over baseline and window, in the series' unit.
    z
        Difference of the medians in units of the baseline's between-bucket standard deviation
        (from the median absolute deviation, with a floor); signed, at most 50.
    p_value
        Two-sided, of the difference given the number of buckets.
    onset
        None when no change point was found, or when there is no growth to date.
    """

    before: float
    after: float
    z: float
    p_value: float
    onset: Onset | None

    @property
    def delta(self) -> float:
        """Return the growth, in the series' unit."""
        return self.after - self.before


def measure_growth(
    symptom: Symptom,
    ts: TimeArray,
    value: FloatArray,
    weight: FloatArray,
    *,
    noise: FloatArray | None = None,
    floor: float = 0.0,
) -> Growth | None:
    """Compare a series over the symptom's window with its baseline; None when either is empty.

    Parameters
    ----------
    ts, value, weight
        (T,) times, values (NaN for gaps), and how many observations each value stands for.
    noise
        (T,) standard error of each value, where known.
    floor
        Smallest standard deviation that is believed, in the series' unit.
    """
    known = np.isfinite(value) & (weight > 0)
    value = np.clip(value, -HUGE, HUGE)
    old, new = known & within(ts, symptom.baseline), known & within(ts, symptom.window)
    if not old.any() or not new.any():
        return None
    spread = _spread(value[old], floor)
    if noise is not None:
        spread = math.hypot(spread, float(np.nan_to_num(np.median(noise[old]))))
    shift = float(np.median(value[new]) - np.median(value[old]))
    z = float(np.clip(shift / spread if spread > 0 else np.sign(shift) * MAX_Z, -MAX_Z, MAX_Z))
    before, after = (float(np.average(value[mask], weights=weight[mask])) for mask in (old, new))
    return Growth(
        before=before,
        after=after,
        z=z,
        p_value=_p_value(z, int(old.sum()), int(new.sum())),
        onset=_onset(symptom, ts[known], value[known], weight[known]) if after > NOTABLE * before else None,
    )


def _spread(value: FloatArray, floor: float) -> float:
    centre = float(np.median(value))
    relative = RELATIVE_FLOOR if len(value) >= FEW else FEW_FLOOR
    mad = float(np.median(np.abs(value - centre)))
    return max(MAD_TO_SD * mad, relative * abs(centre), floor)


def _p_value(z: float, n_before: int, n_after: int) -> float:
    """Return the two-sided p-value of a difference of z spreads between so many buckets."""
    return two_sided_p(z * math.sqrt(n_before * n_after / (n_before + n_after)), max(n_before + n_after - 2, 1))


def _onset(symptom: Symptom, ts: TimeArray, value: FloatArray, weight: FloatArray) -> Onset | None:
    """Return the change point between the baseline's start and the window's end."""
    inside = (ts >= to_numpy(symptom.baseline.start)) & (ts < to_numpy(symptom.window.end))
    ts, value, weight = ts[inside], value[inside], weight[inside]
    found = change_point(value, weight) if len(value) else None
    if found is None:
        return None
    low, at, high = (ts[min(max(int(i), 0), len(ts) - 1)] for i in (found.low, found.index, found.high))
    return Onset(to_datetime(at), to_datetime(low), to_datetime(high))
