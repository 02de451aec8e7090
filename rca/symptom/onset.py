"""When it began: the coarse bucket refined to finer ones where rows allow."""

from datetime import datetime, timedelta

import numpy as np

from candidates.measures.changepoint import change_point, interval, precision
from candidates.measures.robust import robust_scale, winsorise
from rca.metrics.buckets import moment
from rca.symptom.gauge import WIDTHS
from rca.symptom.timeline import Look, Timeline
from schemas.evidence import FloatArray, Onset, TimeArray

FINE_ROWS = 20
"""Rows that a fine bucket should hold: its levels are already known, only the place is sought."""


def onset_of(
    ts: TimeArray, value: FloatArray, n: FloatArray | None = None, baseline_end: datetime | None = None
) -> Onset | None:
    """Return when a series changed its level for good, or None when it shows no step.

    Parameters
    ----------
    ts, value, n
        (T,) bucket starts in UTC, values with NaN for gaps, rows behind them.
    baseline_end
        A moment until which the series is known to be healthy: no onset lies before it.
    """
    found = change_point(value, n)
    if found is None:
        return None
    at, low, high = (
        moment(int(ts[i].astype("datetime64[us]").astype(np.int64))) for i in (found.index, found.low, found.high)
    )
    if baseline_end is not None:
        at, low, high = (max(when, baseline_end) for when in (at, low, high))
    return Onset(at=at, low=low, high=high)


def _fine_width(line: Timeline) -> float | None:
    """Return the finest narrower width whose buckets still hold enough rows, or None."""
    if line.gauge.found.sampled:
        return None
    typical = float(np.median(line.series.n[line.series.n > 0]))
    finest = 60 if line.gauge.found.rows else WIDTHS[0]
    return next(
        (width for width in WIDTHS if finest <= width < line.seconds and typical * width / line.seconds >= FINE_ROWS),
        None,
    )


def coarse_onset(line: Timeline, seen: Look) -> Onset:
    """Return the onset to the bucket, its interval at least a bucket to each side."""
    if seen.episode is None:
        return Onset(*[seen.window.start] * 3)
    width = timedelta(seconds=line.seconds)
    at = line.when(seen.episode.start)
    low, high = line.when(seen.episode.low), line.when(seen.episode.high)
    return Onset(at=at, low=min(low, at - width), high=max(high, at + width))


def refine_onset(line: Timeline, seen: Look, coarse: Onset) -> Onset:
    """Return the onset within the coarse interval by the likelihood of the two known levels over finer buckets."""
    width = _fine_width(line)
    if width is None or seen.episode is None or seen.chart is None or not seen.episode.sharp:
        return coarse
    margin = 2 * timedelta(seconds=line.seconds)
    start, end = max(coarse.low - margin, line.when(0)), min(coarse.high + margin, line.end)
    fine = line.gauge.series(start, end, max(width, (end - start).total_seconds() / 1000))
    known = np.flatnonzero(np.isfinite(fine.value))
    if known.size < 2:  # noqa: PLR2004 -- one batch has one time
        return coarse
    value = fine.value[known] - seen.season.at(fine.ts[known])
    before, after = seen.chart.before, seen.chart.after
    place = _likely_step(value, precision(fine.n[known]), before, after)
    # the fine bucket before the first of the new level holds the moment, whole batches apart
    times = [moment(int(fine.ts[known[i]].astype(np.int64))) for i in place]
    step = timedelta(seconds=width)
    return Onset(at=times[0], low=min(times[1], times[0] - step), high=max(times[2], times[0] + step))


def _likely_step(value: FloatArray, weight: FloatArray, before: float, after: float) -> tuple[int, int, int]:
    """Return place and interval of the step between two known levels (positions in the values)."""
    nearer = np.where(np.abs(value - before) < np.abs(value - after), before, after)
    spread = robust_scale(value - nearer) + 1e-3 * abs(after - before)
    off = [winsorise(value - level, 6.0) ** 2 * weight for level in (before, after)]
    # cost of starting at i: the old level up to it, the new one from it on
    cost = np.concatenate([[0.0], np.cumsum(off[0])]) + np.concatenate([np.cumsum(off[1][::-1])[::-1], [0.0]])
    score = -0.5 * cost[:-1] / spread**2
    low, high = interval(score)
    return int(score.argmax()), low, high
