"""Control charts of a series against a baseline: Shewhart, EWMA and CUSUM.

Shewhart's chart sees a large jump at once; EWMA and CUSUM gather small lasting shifts. All take the baseline's values
as independent and normal: strong seasons or autocorrelation raise false alarms (remove them first), and a short
baseline, whose level is not well known, does as well. To judge an incident's window as a whole see
`rca.symptom.control_chart`; to date a step, `changepoint.change_point`.
"""

from dataclasses import dataclass

import numpy as np

from candidates.measures.robust import floor_of
from schemas.evidence import BoolArray, FloatArray

NORMAL_RANGE = 1.128379167
"""Mean distance of two normal values in standard deviations, 2 / sqrt(pi)."""


@dataclass(frozen=True, slots=True)
class ControlChart:
    """A chart.

    Parameters
    ----------
    statistic
        (..., T) what is charted.
    centre, lower, upper
        Where it lies without a change, and its limits (..., T).
    alarm
        (..., T) positions that call for a look.
    """

    statistic: FloatArray
    centre: float
    lower: FloatArray
    upper: FloatArray
    alarm: BoolArray

    @property
    def first(self) -> int | None:
        """Position of the first alarm of a single series, None without one."""
        found = np.flatnonzero(self.alarm)
        return int(found[0]) if found.size else None


def level_of(baseline: FloatArray, *, moving_range: bool = False) -> tuple[float, float]:
    """Return mean and standard deviation of a baseline (T,), NaN left out.

    Parameters
    ----------
    moving_range
        Take the spread from the distances of neighbours, which a slow drift of the baseline does not inflate.

    Raises
    ------
    ValueError
        When fewer than two values are known.
    """
    known = baseline[np.isfinite(baseline)]
    if known.size < 2:
        raise ValueError(f"a baseline needs at least two known values, not {known.size}")
    mean = float(known.mean())
    spread = float(np.abs(np.diff(known)).mean()) / NORMAL_RANGE if moving_range else float(known.std(ddof=1))
    return mean, max(spread, floor_of(mean))


def shewhart(
    baseline: FloatArray, series: FloatArray, limit: float = 3.0, *, western_electric: bool = False
) -> ControlChart:
    """Chart each value by itself.

    Parameters
    ----------
    baseline
        (T0,) values without a change.
    series
        (..., T) values to judge; NaN is a gap.
    limit
        Distance of the limits in standard deviations. 3 gives a false alarm every 370 values.
    western_electric
        Alarm as well on 2 of 3 beyond two, 4 of 5 beyond one standard deviation, 8 on one side: a false alarm
        every 92 values.

    References
    ----------
    Shewhart, "Economic Control of Quality of Manufactured Product", 1931; Western Electric, "Statistical Quality
    Control Handbook", 1956; Champ and Woodall, "Exact results for Shewhart control charts with supplementary runs
    rules", Technometrics 29, 1987.

    Examples
    --------
    >>> shewhart(np.array([9.0, 10.0, 11.0, 10.0, 10.0]), np.array([10.5, 9.0, 14.0, 10.0])).first
    2
    """
    centre, spread = level_of(baseline)
    z = (series - centre) / spread
    alarm = np.abs(z) > limit
    if western_electric:
        for side in (z, -z):
            for needed, among, beyond in ((2, 3, 2.0), (4, 5, 1.0), (8, 8, 0.0)):
                alarm |= _run(side > beyond, needed, among)
    bound = np.full(series.shape, limit * spread)
    return ControlChart(series, centre, centre - bound, centre + bound, alarm)


def _run(beyond: BoolArray, needed: int, among: int) -> BoolArray:
    """Return where a value is beyond and so are, with it, `needed` of the last `among`."""
    total = np.cumsum(beyond, axis=-1)
    earlier = np.zeros_like(total)
    earlier[..., among:] = total[..., :-among]
    return np.asarray(beyond & (total - earlier >= needed))


def ewma(
    baseline: FloatArray, series: FloatArray, weight: float = 0.2, limit: float = 2.962, *, steady: bool = False
) -> ControlChart:
    """Chart the exponentially weighted moving average.

    Parameters
    ----------
    baseline, series
        (T0,) and (..., T); NaN is a gap, over which the average stays.
    weight
        Of the newest value, in (0, 1]; smaller sees smaller shifts.
    limit
        Distance of the limits in the average's standard deviations. 0.2 and 2.962 give a false alarm every 500 values.
    steady
        Take the limits of an average that has run for long, in place of those that widen from the start.

    Raises
    ------
    ValueError
        When the weight lies outside (0, 1].

    References
    ----------
    Roberts, "Control Chart Tests Based on Geometric Moving Averages", Technometrics 1, 1959; Lucas and Saccucci,
    "Exponentially Weighted Moving Average Control Schemes", Technometrics 32, 1990.

    Examples
    --------
    >>> ewma(np.array([9.0, 10.0, 11.0, 10.0, 10.0]), np.array([10.0, 11.5, 11.5, 11.5, 11.5])).first
    3
    """
    if not 0 < weight <= 1:
        raise ValueError(f"the newest value's weight must lie in (0, 1], not {weight}")
    centre, spread = level_of(baseline)
    known = np.isfinite(series)
    statistic, last = np.empty(series.shape), np.full(series.shape[:-1], centre)
    for t in range(series.shape[-1]):  # buckets of time, not rows
        last = np.where(known[..., t], (1 - weight) * last + weight * series[..., t], last)
        statistic[..., t] = last
    age = np.inf if steady else np.cumsum(known, axis=-1)
    width = limit * spread * np.sqrt(weight / (2 - weight) * (1 - (1 - weight) ** (2.0 * age)))
    bound = np.broadcast_to(width, series.shape)
    return ControlChart(statistic, centre, centre - bound, centre + bound, known & (np.abs(statistic - centre) > bound))


def cusum(
    baseline: FloatArray, series: FloatArray, allowance: float = 0.5, decision: float = 5.0, head_start: float = 0.0
) -> ControlChart:
    """Chart the cumulative sums of what exceeds an allowance, upwards and downwards.

    Parameters
    ----------
    baseline, series
        (T0,) and (..., T); NaN is a gap.
    allowance
        In standard deviations: half the shift to be seen soonest.
    decision
        Alarm beyond it, in standard deviations. 0.5 and 5 give a false alarm every 465 values.
    head_start
        Where both sums begin, as a share of `decision`: 0.5 is the fast initial response, for a series that may be
        wrong from its first value.

    Returns
    -------
    ControlChart
        In standard deviations: the larger of the two sums, the downward one negative. Sums go on after an alarm.

    References
    ----------
    Page, "Continuous Inspection Schemes", Biometrika 41, 1954; Lucas and Crosier, "Fast Initial Response for CUSUM
    Quality-Control Schemes", Technometrics 24, 1982.

    Examples
    --------
    >>> cusum(np.array([9.0, 10.0, 11.0, 10.0, 10.0]), np.array([10.0, 11.5, 12.0, 11.5, 10.0])).first
    3
    """
    centre, spread = level_of(baseline)
    z = np.where(np.isfinite(series), (series - centre) / spread, np.nan)
    up, down = (_sums(side, allowance, head_start * decision) for side in (z, -z))
    statistic = np.where(up >= down, up, -down)
    bound = np.full(series.shape, decision)
    return ControlChart(statistic, 0.0, -bound, bound, np.maximum(up, down) > decision)


def _sums(z: FloatArray, allowance: float, begin: float) -> FloatArray:
    """Return S_t = max(0, S_(t-1) + z_t - allowance), which is a running sum above its lowest point so far."""
    total = np.cumsum(np.where(np.isnan(z), 0.0, z - allowance), axis=-1)
    return np.asarray(total - np.minimum(np.minimum.accumulate(total, axis=-1), -begin))
