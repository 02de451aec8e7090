"""The training and validation rows as a baseline, when production was never healthy."""

from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from candidates.measures.robust import lag_one, robust_scale, two_sided_p, winsorise
from rca.metrics.buckets import moment
from rca.symptom.control import Chart
from rca.symptom.gauge import REFERENCE, Gauge
from rca.symptom.harm import harm, loss
from rca.symptom.timeline import Look, Timeline
from rca.symptom.unheard import unheard_of
from schemas.evidence import FloatArray, Window

REAL = 1e-3
UNLIKELY, NOISE = 0.01, 0.05
"""Below the first, production differs from the reference by more than chance; above the second, it did not move since:
then somebody complains all the same, and there is one comparison left to make."""

UNMISTAKABLE = 1e-6
"""Below this production was off from its first row, whatever unlucky rows it had since."""

EVEN = 0.5
"""From this p-value on production plainly never moved: then ordinary evidence is enough."""

FARTHER = 2.0
"""Production that was already this many times farther from the reference than it moved since was never healthy."""

SOON = 2
"""An onset within so many buckets of the first production row leaves no healthy production."""

BLOCKS = 20
"""Production is looked at in so many blocks of time: narrow buckets are noisy whatever the model does."""

OPTIMISTIC, NOISIER = 1.0, 3.0
"""Standard errors by which training rows must look better than validation rows not to be read with them, and how many
times their error the others' may be."""

OPTIMISM, BY_HEART = 1.5, 2.0
"""A model's loss on rows that it was not fitted to is up to so many times that on its training rows; from the second
figure on it may have learned them by heart."""


@dataclass(frozen=True, slots=True)
class Reference:
    """The metric over the reference rows, their period, and its sampling error.

    `honest` is the value over rows that the model has not been fitted to (validation where there
    are any): a model always looks better on its training rows. `trained` is the value over the training rows alone.
    """

    value: float
    window: Window
    honest: float
    error: float
    trained: float
    trained_error: float

    @property
    def validated(self) -> bool:
        """Return whether the honest value is that of validation rows."""
        return self.honest != self.trained


def read_reference(gauge: Gauge) -> Reference | None:
    """Return the metric over the node's training and validation rows, or None when it has none."""
    if gauge.found.rows is None:
        return None
    edges = gauge.warehouse.connection.execute(
        f"SELECT epoch_us(min(ts)), epoch_us(max(ts)), bool_or(split = 'train'), bool_or(split = 'validation') "
        f"FROM {gauge.found.rows.name} WHERE split IN (?, ?)",
        REFERENCE,
    ).fetchone()
    if edges is None or edges[0] is None:
        return None
    window = Window(moment(edges[0]), moment(edges[1]) + timedelta(microseconds=1))
    value, rows = gauge.value(window, REFERENCE)
    if not rows:
        return None
    trained, trained_error = _of_split(gauge, window, "train") if edges[2] else (float("nan"), 0.0)
    honest, error = _of_split(gauge, window, "validation") if edges[3] else (float("nan"), 0.0)
    if not np.isfinite(honest):
        honest, error = (
            (trained, trained_error) if np.isfinite(trained) else (value, gauge.sampling_error(window, REFERENCE))
        )
    elif error > 0 and trained_error > 0 and _one(gauge.metric, (trained, trained_error), (honest, error)):
        honest, error = value, 1 / float(np.hypot(1 / error, 1 / trained_error))
    return Reference(value, window, honest, error, trained, trained_error)


def _one(metric: str, trained: tuple[float, float], honest: tuple[float, float]) -> bool:
    """Tell whether training and validation rows, (value, error) each, may be read as one.

    Where the former look no better, or by no more than chance makes and the latter say something by themselves.
    """
    chance = float(np.hypot(trained[1], honest[1]))
    alike = abs(honest[0] - trained[0]) < OPTIMISTIC * chance and honest[1] <= NOISIER * trained[1]
    return alike or not _optimistic(metric, trained[0], honest[0])


def _optimistic(metric: str, trained: float, honest: float) -> bool:
    """Tell whether the training rows look better than the validation rows; if not, both are an honest reference."""
    then, now = loss(metric, trained), loss(metric, honest)
    return then is None or now is None or not now < then


def _of_split(gauge: Gauge, window: Window, split: str) -> tuple[float, float]:
    return gauge.value(window, (split,))[0], gauge.sampling_error(window, (split,))


def compared(line: Timeline, reference: Reference, *, by_heart: bool = True) -> Chart:
    """Return production against the honest value, or against the training rows' where only that shows the fault.

    `by_heart`: False where the model is known not to have learned its training rows by heart.
    """
    chart = against(line, reference.honest, reference.error)
    if by_heart and chart.p_value >= REAL and _maybe_by_heart(line, reference):
        return against(line, reference.trained, reference.trained_error)
    return chart


def against(line: Timeline, value: float, error: float) -> Chart:
    """Compare all production buckets with a value of the reference rows, known to an error."""
    known = np.isfinite(line.series.value) & (line.series.n > 0)
    found, rows = line.series.value[known], line.series.n[known]
    middle = float(np.median(found))
    tamed = middle + winsorise(found - middle)
    mean = float(np.average(tamed, weights=rows))
    phi = lag_one(tamed - mean)
    effective = max(found.size * (1 - phi) / (1 + phi), 1.0)
    sampling = line.gauge.sampling_error(Window(line.when(0), line.end))
    variance = max(robust_scale(found) ** 2 / effective, sampling**2) + error**2
    change, spread = mean - value, _spread(tamed, rows)
    p_value = two_sided_p(abs(change) / np.sqrt(variance), max(effective - 1, 1.0))
    return Chart(value, mean, spread, change / spread, p_value)


def _spread(value: FloatArray, rows: FloatArray) -> float:
    """Return the robust standard deviation of the metric between blocks of time."""
    place = np.minimum((np.cumsum(rows) - rows) * BLOCKS // max(rows.sum(), 1.0), BLOCKS - 1).astype(int)
    weight = np.bincount(place, rows, BLOCKS)
    total = np.bincount(place, rows * value, BLOCKS)
    return robust_scale(total[weight > 0] / weight[weight > 0])


def _maybe_by_heart(line: Timeline, reference: Reference) -> bool:
    """Tell whether the model is far better on its training rows than on any others, validation rows included.

    An ordinary model is somewhat better on the rows it was fitted to; here its loss on others is a multiple. Whether it
    overfits, or is a forest that ranks its own rows perfectly, `candidates.measures.overfitting` says.
    """
    losses = [loss(line.gauge.metric, v) for v in (reference.trained, reference.honest)]
    chart = against(line, reference.trained, reference.trained_error)
    served = loss(line.gauge.metric, chart.after)
    if not reference.validated or served is None or None in losses or not np.isfinite(reference.trained):
        return False
    trained, validated = (float(v) for v in losses if v is not None)
    half = (validated - trained) >= (served - trained) / 2
    return half and served >= BY_HEART * max(trained, 0.0) and chart.p_value < REAL


def _beyond_optimism(line: Timeline, reference: Reference, served: float) -> bool:
    """Tell whether production differs from the training rows by more than any model does, without validation rows."""
    now, then = (loss(line.gauge.metric, v) for v in (served, reference.honest))
    return reference.validated or now is None or then is None or now < then or now >= OPTIMISM * then


def is_reference_fairer(line: Timeline, seen: Look, reference: Reference, *, by_heart: bool = True) -> bool:
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
    chart = compared(line, reference, by_heart=by_heart)
    moved = abs(seen.chart.after - seen.chart.before)
    off = seen.chart.before - chart.before
    wanted = {"up": 1, "down": -1}.get(line.incident.direction or "", harm(line.gauge.metric) or seen.sign)
    far = abs(off) >= FARTHER * moved and abs(off) > FARTHER * chart.spread
    agrees = not wanted or wanted * (chart.after - chart.before) > 0
    # a clear change for the worse within production is the incident, however far production always was from training
    steady = seen.p_value > NOISE or wanted * (seen.chart.after - seen.chart.before) < 0
    # ... unless it is not that clear, and small beside how far production always was
    steady |= far and reference.validated and seen.p_value > REAL
    # ... or may be chance, while that production was always off cannot be
    steady |= reference.validated and seen.p_value > REAL and chart.p_value < UNMISTAKABLE
    unlikely = NOISE if seen.p_value > EVEN else UNLIKELY
    clear = chart.p_value < unlikely and (far or abs(chart.z) > FARTHER)
    if not (agrees and clear and steady):
        return False
    return _beyond_optimism(line, reference, chart.after) or unheard_of(line.gauge)


def is_doubtful(line: Timeline, seen: Look, reference: Reference) -> bool:
    """Tell whether production differs from the reference, and then became worse, as far as either can be told.

    The one beyond chance, the other likely, and nothing stated says which is the incident.
    """
    incident = line.incident
    if incident.baseline or incident.started_at or seen.baseline is None or seen.chart is None:
        return False
    chart = compared(line, reference)
    alike = (seen.chart.after - seen.chart.before) * (chart.after - chart.before) > 0
    return alike and chart.p_value < UNLIKELY and REAL < seen.p_value <= NOISE
