"""Business and component metrics of a simulated world."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rca.demo.domain import ModelSpec
from rca.demo.services import SERVICES, operations, schedule
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
    spec: ModelSpec = world.domain.downstream
    prediction, label = world.predictions["downstream"], world.columns[spec.target]
    if spec.task == "binary":
        decision = prediction >= spec.threshold
        return 40.0 * np.abs(decision - label) + 5.0, 1.0 - decision
    usual = float(np.nanmedian(world.cascade.trained_on[spec.target]))
    return np.abs(prediction - label), (prediction >= usual).astype(float)


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
    return schedule(world.domain, world.self_ms).duration[:, 0]


def resources(world: World, with_latency: bool) -> Rows:
    """Return requests, errors, cpu and memory of every service by the hour, and latencies if wanted."""
    starts, position = buckets(world, np.timedelta64(3600 * 1_000_000, "us"))
    requests = np.bincount(position).astype(float)
    timing = schedule(world.domain, world.self_ms)
    rows: Rows = []
    for service in SERVICES:
        rng = world.rng("resources", service)
        load = requests / requests.mean()
        cpu = np.clip(0.22 + 0.12 * load + rng.normal(0, 0.02, len(starts)), 0.02, 0.99)
        memory = np.clip(0.55 + np.cumsum(rng.normal(0, 0.002, len(starts))), 0.2, 0.95)
        errors = rng.poisson(0.002 * requests) / requests
        rows += [
            (service, "requests", starts, requests),
            (service, "errors", starts, errors),
            (service, "cpu", starts, cpu),
            (service, "memory", starts, memory),
        ]
        if with_latency:
            entry = next(i for i, part in enumerate(operations(world.domain)) if part.service == service)
            rows.append((service, "latency_p95", starts, hourly_p95(timing.duration[:, entry], position)))
    return rows


def hourly_p95(values: NDArray[np.float64], position: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the 95th percentile per bucket, (T,); NaN where nothing was called."""
    order = np.lexsort((values, position))
    known = np.isfinite(values[order])
    ordered, place = values[order][known], position[order][known]
    first = np.searchsorted(place, np.arange(position.max() + 1))
    count = np.bincount(place, minlength=position.max() + 1)
    at = np.minimum(first + (0.95 * np.maximum(count - 1, 0)).round().astype(int), max(len(ordered) - 1, 0))
    return np.where(count > 0, ordered[at], np.nan)


def all_figures(world: World, with_resources: bool, with_latency: bool) -> Rows:
    """Return every row group of kpis.parquet."""
    return business(world) + (resources(world, with_latency) if with_resources else [])
