"""Growth of a series from baseline to window: by how much, how surely, and since when."""

import math
from dataclasses import dataclass

import numpy as np

from candidates.measures.changepoint import change_point
from candidates.measures.clock import to_datetime, to_numpy, within
from candidates.measures.robust import two_sided_p
from schemas.evidence import BoolArray, FloatArray, Onset, Symptom, TimeArray

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

DAY = np.timedelta64(1, "D")
DAYS = 3
"""Earlier days that show what is usual at a time of day; of them three in four have to, ..."""
USUAL = 0.5
"""... by so much of the growth; ..."""
CHANCE = 2.0
"""... within so many standard errors of it nothing grew at all."""


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
    usual
        Share of the growth that is there at this time of every day; `after` and the others are without it.
    """

    before: float
    after: float
    z: float
    p_value: float
    onset: Onset | None
    usual: float = 0.0

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
    usual, grown = _usual(symptom, ts[known], value[known], weight[known])
    value = value - usual * grown * new
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
        usual=usual,
    )


def _usual(symptom: Symptom, ts: TimeArray, value: FloatArray, weight: FloatArray) -> tuple[float, float]:
    """Return the share of the growth, [0, 1], that is there at this time every day (a nightly backup), and all of it.

    Known for a window of half a day at most, after a baseline of some days.
    """
    start, end = to_numpy(symptom.window.start), to_numpy(symptom.window.end)
    first = to_numpy(symptom.baseline.start)
    ago = int((start - first) / DAY)
    if ago < DAYS or 2 * (end - start) > DAY:
        return 0.0, 0.0

    def level(mask: BoolArray) -> float:
        total = float(weight[mask].sum())
        return float(value[mask] @ weight[mask]) / total if total > 0 else math.nan

    now = within(ts, symptom.window)
    before, after = level(within(ts, symptom.baseline)), level(now)
    days = np.array([level((ts >= start - k * DAY) & (ts < end - k * DAY)) for k in range(1, ago + 1)])
    share = (days[np.isfinite(days)] - before) / (after - before) if after > before else np.zeros(0)
    if len(share) < DAYS or np.quantile(share, 0.25) < USUAL:
        return 0.0, 0.0
    usual, error = float(np.median(share)), float(value[now].std()) / math.sqrt(now.sum()) / (after - before)
    apart = math.hypot(float(share.std(ddof=1)) * math.sqrt(1 + 1 / len(share)), error)
    return (1.0 if 1 - usual < CHANCE * apart else usual), after - before


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
