"""Would anybody notice? Daily metrics of a simulated world, and how far they moved."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from rca.demo.domain import ModelSpec
from rca.demo.extent import days
from rca.demo.faults.drift import ranks
from rca.demo.figures import latencies, row_costs
from rca.demo.services import API
from rca.demo.world import World

BINARY_METRICS = ("auc", "logloss", "brier", "accuracy", "prediction_mean", "positive_rate")
REGRESSION_METRICS = ("mae", "rmse", "bias", "prediction_mean")

Array = NDArray[np.float64]
FEW = 20
"""A day with fewer requests says nothing about day-to-day variation."""


def auc(prediction: Array, label: Array, _: float) -> float:
    """Return the area under the ROC curve (Mann-Whitney); NaN with one class only."""
    positive = int(label.sum())
    negative = len(label) - positive
    if not positive or not negative:
        return float("nan")
    position = ranks(prediction) * len(prediction)
    return float((position[label == 1].sum() - positive**2 / 2) / positive / negative)


def logloss(prediction: Array, label: Array, _: float) -> float:
    """Return the mean negative log likelihood."""
    clipped = np.clip(prediction, 1e-15, 1 - 1e-15)
    return float(-np.where(label == 1, np.log(clipped), np.log(1 - clipped)).mean())


METRICS: dict[str, Callable[[Array, Array, float], float]] = {
    "auc": auc,
    "logloss": logloss,
    "brier": lambda p, y, _: float(np.square(p - y).mean()),
    "accuracy": lambda p, y, threshold: float(((p >= threshold) == (y == 1)).mean()),
    "prediction_mean": lambda p, _, __: float(p.mean()),
    "positive_rate": lambda p, _, threshold: float((p >= threshold).mean()),
    "mae": lambda p, y, _: float(np.abs(p - y).mean()),
    "rmse": lambda p, y, _: float(np.sqrt(np.square(p - y).mean())),
    "bias": lambda p, y, _: float((p - y).mean()),
}
"""Metric -> value of (predictions, labels, threshold) over some rows."""


def needs_label(metric: str) -> bool:
    """Return whether a model metric needs labels."""
    return metric not in {"prediction_mean", "positive_rate"}


def metrics_of(spec: ModelSpec) -> tuple[str, ...]:
    """Return the metrics that a model of this task has."""
    return BINARY_METRICS if spec.task == "binary" else REGRESSION_METRICS


@dataclass(frozen=True, slots=True)
class Move:
    """A metric before and after the onset; `z` in units of its healthy day-to-day standard deviation."""

    before: float
    after: float
    sd: float

    @property
    def z(self) -> float:
        """Return how far it moved, signed."""
        return (self.after - self.before) / max(self.sd, 1e-12)


Meter = Callable[[NDArray[np.bool_]], float]
"""Value of one metric over some of the requests, given as a mask (N,)."""


def _read_model(
    metric: Callable[[Array, Array, float], float],
    prediction: Array,
    label: Array,
    threshold: float,
    rows: NDArray[np.bool_],
) -> float:
    return metric(prediction[rows], label[rows], threshold)


def meter(world: World, node: str, metric: str) -> Meter:
    """Return how to read a metric of a node."""
    domain = world.domain
    for role, spec in (("upstream", domain.upstream), ("downstream", domain.downstream)):
        if node == spec.node:
            prediction, label = world.predictions[role], world.columns[spec.target]
            return partial(_read_model, METRICS[metric], prediction, label, spec.threshold)
    if node == API:
        waited = latencies(world)
        return lambda rows: float(np.quantile(waited[rows], 0.95))
    cost, passed = row_costs(world)
    values = (cost if node == domain.cost_kpi else passed) * world.kpi_factors[node]
    return lambda rows: float(values[rows].mean())


def move_of(
    world: World, node: str, metric: str, *, onset: float, label_delay: float = 0.0, settled: float = 0.0
) -> Move:
    """Return how far a metric moved at an onset so many days before the end.

    Parameters
    ----------
    settled
        Days after the onset at which a gradual fault is fully there.
    """
    of_model = node in {world.domain.upstream.node, world.domain.downstream.node}
    delay = label_delay if of_model and needs_label(metric) else 0.0
    begin, stop = world.moment(onset - settled), world.moment(delay)
    healthy = world.ts < world.moment(onset)
    read = meter(world, node, metric)
    day = ((world.ts - world.start) / days(1)).astype(int)
    full = [number for number in range(day[healthy].max() + 1) if (healthy & (day == number)).sum() > FEW]
    daily = np.array([read(healthy & (day == number)) for number in full])
    after = read((world.ts >= begin) & (world.ts < stop))
    return Move(read(healthy), after, float(np.nanstd(daily)))
