"""Business and component metrics of a simulated world."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rca.demo.domain import ModelSpec
from rca.demo.scenario import Evidence
from rca.demo.services import SERVICES, failed, operations, schedule
from rca.demo.table import known_texts
from rca.demo.world import World

BUCKET = np.timedelta64(6 * 3600 * 1_000_000, "us")
"""Width of the business figures' buckets."""

Rows = list[tuple[str, str, NDArray[np.datetime64], NDArray[np.float64]]]
"""(node, metric, bucket starts (T,), values (T,)) each."""


def buckets(world: World, width: np.timedelta64) -> tuple[NDArray[np.datetime64], NDArray[np.int64]]:
    """Return the bucket starts that have requests, and each request's position among them."""
    starts, position = np.unique(world.start + ((world.ts - world.start) // width) * width, return_inverse=True)
    return starts, position


def _mean(values: NDArray[np.float64], position: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.asarray(np.bincount(position, values) / np.bincount(position))


def row_costs(world: World) -> tuple[NDArray[np.floating[Any]], NDArray[np.floating[Any]]]:
    """Return per request the cost of the decision's error and whether the decision lets it through, (N,) each."""
    spec: ModelSpec = world.domain.final
    prediction, outcome = world.predictions[spec.node], world.columns[spec.target]
    usual = world.cascade.trained_on[spec.target]
    if spec.task == "binary":
        decision = prediction >= spec.threshold
        return 40.0 * np.abs(decision - outcome) + 5.0, 1.0 - decision
    if spec.task == "multiclass":
        classes, counts = np.unique(known_texts(usual), return_counts=True)
        decision = np.array(world.cascade.final.classes, dtype=object)[prediction.argmax(axis=1)]
        return 40.0 * (decision != outcome) + 5.0, (decision == classes[counts.argmax()]).astype(float)
    return np.abs(prediction - outcome), (prediction >= np.nanmedian(usual)).astype(float)


def business(world: World) -> Rows:
    """Return the two business figures, every six hours, with some noise of their own."""
    domain = world.domain
    starts, position = buckets(world, BUCKET)
    cost, passed = row_costs(world)
    rows: Rows = []
    for node, metric, values in (
        (domain.cost_kpi, "cost_per_request", cost),
        (domain.rate_kpi, "share_accepted", passed),
    ):
        noise = np.exp(world.rng("kpi", node).normal(0, 0.015, len(starts)))
        rows.append((node, metric, starts, _mean(values * world.kpi_factors[node], position) * noise))
    return rows


def latencies(world: World) -> NDArray[np.float64]:
    """Return the API's response time of every request, (N,) milliseconds."""
    return schedule(world.domain, world.self_ms, world.calls).duration[:, 0]


def entries(world: World) -> dict[str, list[int]]:
    """Return service -> the positions of its operations."""
    parts = operations(world.domain)
    return {name: [i for i, part in enumerate(parts) if part.service == name] for name in SERVICES}


def traffic(world: World, with_latency: bool) -> Rows:
    """Return by the hour every service's calls, failed share, availability, and latencies if wanted."""
    starts, position = buckets(world, np.timedelta64(3600 * 1_000_000, "us"))
    ended = failed(world.domain, world.errors)
    timing = schedule(world.domain, world.self_ms, world.calls)
    rows: Rows = []
    for service, own in entries(world).items():
        called = np.bincount(position, world.calls[:, own].sum(axis=1)).astype(float)
        errors = np.bincount(position, ended[:, own].sum(axis=1)) / np.maximum(called, 1)
        errors = np.where(called > 0, np.minimum(errors, 1), np.nan)
        rows += [
            (service, "requests", starts, called),
            (service, "errors", starts, errors),
            (service, "availability", starts, 1 - errors),
        ]
        if with_latency:
            rows.append((service, "latency_p95", starts, hourly_p95(timing.duration[:, own[0]], position)))
    return rows


def resources(world: World) -> Rows:
    """Return what every service's machines measured, between nothing and all of it."""
    measured = world.resources.items()
    return [(service, metric, world.grid, values.clip(0.01, 1).round(4)) for (service, metric), values in measured]


def hourly_p95(values: NDArray[np.float64], position: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the 95th percentile per bucket, (T,); NaN where nothing was called."""
    order = np.lexsort((values, position))
    known = np.isfinite(values[order])
    ordered, place = values[order][known], position[order][known]
    first = np.searchsorted(place, np.arange(position.max() + 1))
    count = np.bincount(place, minlength=position.max() + 1)
    if not len(ordered):
        return np.full(len(count), np.nan)
    at = np.minimum(first + (0.95 * np.maximum(count - 1, 0)).round().astype(int), len(ordered) - 1)
    return np.where(count > 0, ordered[at], np.nan)


def all_figures(world: World, evidence: Evidence) -> Rows:
    """Return every row group of kpis.parquet, without what a gap lost."""
    rows = business(world)
    if evidence.resources:
        rows += traffic(world, evidence.latency_kpis) + resources(world)
    for gap in evidence.gaps:
        if gap.source == "kpis":
            rows = [without(row, world.moment(gap.onset), world.moment(gap.until)) for row in rows]
    return rows


def without(
    row: tuple[str, str, NDArray[np.datetime64], NDArray[np.float64]], begin: np.datetime64, end: np.datetime64
) -> tuple[str, str, NDArray[np.datetime64], NDArray[np.float64]]:
    """Return a series without the times of a gap."""
    node, metric, ts, values = row
    kept = (ts < begin) | (ts >= end)
    return node, metric, ts[kept], values[kept]
