"""The training and validation rows as a baseline, when production was never healthy."""

from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from candidates.measures.robust import lag_one, robust_scale, two_sided_p, winsorise
from rca.metrics.buckets import moment
from rca.symptom.control import Chart
from rca.symptom.gauge import REFERENCE, Gauge
from rca.symptom.timeline import Look, Timeline
from schemas.evidence import Window

REAL = 1e-3
NOISE = 0.01
FARTHER = 2.0
"""Production that was already this many times farther from the reference than it moved since was never healthy."""

SOON = 2
"""An onset within so many buckets of the first production row leaves no healthy production."""


@dataclass(frozen=True, slots=True)
class Reference:
    """The metric over the reference rows, their period, and its sampling error.

    `honest` is the value over rows that the model has not been fitted to (validation where there
    are any): a model always looks better on its training rows.
    """

    value: float
    window: Window
    honest: float
    error: float


def read_reference(gauge: Gauge) -> Reference | None:
    """Return the metric over the node's training and validation rows, or None when it has none."""
    if gauge.found.rows is None:
        return None
    edges = gauge.warehouse.connection.execute(
        f"SELECT epoch_us(min(ts)), epoch_us(max(ts)), bool_or(split = 'validation') "
        f"FROM {gauge.found.rows.name} WHERE split IN (?, ?)",
        REFERENCE,
    ).fetchone()
    if edges is None or edges[0] is None:
        return None
    window = Window(moment(edges[0]), moment(edges[1]) + timedelta(microseconds=1))
    value, rows = gauge.value(window, REFERENCE)
    if not rows:
        return None
    validated = gauge.value(window, ("validation",))[0] if edges[2] else float("nan")
    honest = validated if np.isfinite(validated) else value
    splits = ("validation",) if np.isfinite(validated) else REFERENCE
    return Reference(value, window, honest, gauge.sampling_error(window, splits))


def against_reference(line: Timeline, reference: Reference) -> Chart:
    """Compare all production buckets with the reference rows' honest value."""
    known = np.isfinite(line.series.value) & (line.series.n > 0)
    value, rows = line.series.value[known], line.series.n[known]
    middle = float(np.median(value))
    tamed = middle + winsorise(value - middle)
    mean = float(np.average(tamed, weights=rows))
    spread = robust_scale(value)
    phi = lag_one(tamed - mean)
    effective = max(value.size * (1 - phi) / (1 + phi), 1.0)
    sampling = line.gauge.sampling_error(Window(line.when(0), line.end))
    variance = max(spread**2 / effective, sampling**2) + reference.error**2
    change = mean - reference.honest
    p_value = two_sided_p(abs(change) / np.sqrt(variance), max(effective - 1, 1.0))
    return Chart(reference.honest, mean, spread, change / spread, p_value)


def is_reference_fairer(line: Timeline, seen: Look, reference: Reference) -> bool:
    """Tell whether production was wrong from its first row, so that only the reference is healthy."""
    if line.incident.baseline:
        return seen.baseline is None
    known = np.flatnonzero(line.series.n > 0)
    first = int(known[min(SOON, known.size) - 1])
    started = line.incident.started_at
    if seen.baseline is None or seen.chart is None:
        return True
    if started is not None:
        return line.bucket(started) <= first
    chart = against_reference(line, reference)
    moved = abs(seen.chart.after - seen.chart.before)
    off = seen.chart.before - reference.honest
    wanted = {"up": 1, "down": -1}.get(line.incident.direction or "", seen.sign)
    far = abs(off) >= FARTHER * moved and abs(off) > FARTHER * seen.chart.spread
    agrees = not wanted or wanted * (chart.after - reference.honest) > 0
    # a clear change within production is the incident, however far production always was from training
    steady = seen.p_value > (NOISE if not far else REAL)
    return bool(agrees and chart.p_value < REAL and steady and (far or abs(chart.z) > FARTHER))
