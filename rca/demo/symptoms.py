"""Would anybody notice? Daily metrics of a simulated world, and how far they moved."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rca.demo.extent import days
from rca.demo.figures import entries, row_costs
from rca.demo.quality import CLASS_METRICS, METRICS, class_codes, metrics_of, needs_label
from rca.demo.services import SERVICES, failed, schedule
from rca.demo.table import present
from rca.demo.world import World

__all__ = ["Move", "meter", "metrics_of", "move_of", "needs_label"]

FEW = 20
"""A day with fewer requests says nothing about day-to-day variation."""


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


def meter(world: World, node: str, metric: str) -> Meter:
    """Return how to read a metric of a node from the requests, as logs, spans or figures would give it."""
    domain = world.domain
    if node in world.predictions:
        return model_meter(world, node, metric)
    if metric in {"errors", "availability"}:
        own = entries(world)[node]
        ended, called = failed(domain, world.errors)[:, own], world.calls[:, own]
        share = partial(_error_share, ended, called)
        return share if metric == "errors" else lambda rows: 1 - share(rows)
    if node in SERVICES:
        entry = entries(world)[node][0]
        waited = schedule(domain, world.self_ms, world.calls).duration[:, entry]
        return lambda rows: float(np.nanquantile(waited[rows], 0.95))
    cost, passed = row_costs(world)
    values = (cost if node == domain.cost_kpi else passed) * world.kpi_factors[node]
    return lambda rows: float(values[rows].mean())


def _error_share(ended: NDArray[Any], called: NDArray[Any], rows: NDArray[np.bool_]) -> float:
    return float(ended[rows].sum() / max(called[rows].sum(), 1))


def model_meter(world: World, node: str, metric: str) -> Meter:
    """Return how to read a model's metric from its log: lost rows left out, copies counted, labels as recorded."""
    spec, model = world.domain.spec(node), world.cascade.models[node]
    prediction, label, counted = world.predictions[node], world.labels[node], world.logged()
    if spec.task == "multiclass":
        usable = present(label)
        read, label = CLASS_METRICS[metric], class_codes(label, model.classes)
    else:
        usable = np.isfinite(label) | (not needs_label(metric))
        read = partial(_at_threshold, METRICS[metric], spec.threshold)
    if needs_label(metric):
        usable = usable & world.labelled()

    def value(rows: NDArray[np.bool_]) -> float:
        chosen = counted[(rows & usable)[counted]]
        return read(prediction[chosen], label[chosen]) if len(chosen) else float("nan")

    return value


def _at_threshold(
    metric: Callable[[NDArray[Any], NDArray[Any], float], float],
    threshold: float,
    prediction: NDArray[Any],
    label: NDArray[Any],
) -> float:
    return metric(prediction, label, threshold)


def move_of(
    world: World, node: str, metric: str, *, onset: float, label_delay: float = 0.0, settled: float = 0.0
) -> Move:
    """Return how far a metric moved at an onset so many days before the end.

    Parameters
    ----------
    settled
        Days after the onset at which a gradual fault is fully there.
    """
    delay = label_delay if node in world.predictions and needs_label(metric) else 0.0
    begin, stop = world.moment(onset - settled), world.moment(delay)
    healthy = world.ts < world.moment(onset)
    read = meter(world, node, metric)
    day = ((world.ts - world.start) / days(1)).astype(int)
    full = [number for number in range(day[healthy].max() + 1) if (healthy & (day == number)).sum() > FEW]
    daily = np.array([read(healthy & (day == number)) for number in full])
    after = read((world.ts >= begin) & (world.ts < stop))
    known = daily[np.isfinite(daily)]
    return Move(read(healthy), after, float(known.std()) if len(known) else float("nan"))
