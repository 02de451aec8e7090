"""What every service's machines report: cpu, memory, disk and network, as fractions of what there is."""

import numpy as np
from numpy.typing import NDArray

from rca.demo.extent import days
from rca.demo.scenario import Evidence
from rca.demo.services import SERVICES
from rca.demo.world import World

RESOURCES = ("cpu", "memory", "disk", "network")
HOUR = np.timedelta64(3600 * 1_000_000, "us")


def resource_grid(start: np.datetime64, end: np.datetime64, evidence: Evidence) -> NDArray[np.datetime64]:
    """Return the times of measurement, (T,)."""
    step = np.timedelta64(round(evidence.resource_minutes * 60e6), "us")
    first = start
    if evidence.resource_days is not None:
        first = max(start, end - days(evidence.resource_days))
    return np.arange(first, end, step)


def hourly_load(world: World) -> NDArray[np.float64]:
    """Return the traffic at every measurement, (T,), in units of its mean, smooth from hour to hour."""
    hours = np.arange(world.start, world.end + HOUR, HOUR)
    count = np.bincount(((world.ts - world.start) // HOUR).astype(int), minlength=len(hours)).astype(float)
    middle = (hours - world.start) / HOUR + 1 / 2
    return np.asarray(np.interp((world.grid - world.start) / HOUR, middle, count / max(count.mean(), 1e-9)))


def healthy_resources(world: World) -> dict[tuple[str, str], NDArray[np.float64]]:
    """Return (service, resource) -> measurements, (T,): noise around a level that follows the traffic, or wanders."""
    load, n = hourly_load(world), len(world.grid)
    found = {}
    for service in SERVICES:
        rng = world.rng("resources", service)
        wander = np.cumsum(rng.normal(0, 0.02 / max(n, 1) ** 0.5, n))
        found[service, "cpu"] = 0.22 + 0.12 * load + rng.normal(0, 0.02, n)
        found[service, "memory"] = 0.55 + 2 * wander + rng.normal(0, 0.01, n)
        found[service, "disk"] = 0.4 + wander[::-1] + rng.normal(0, 0.003, n)
        found[service, "network"] = 0.1 + 0.1 * load + rng.normal(0, 0.015, n)
    return found
