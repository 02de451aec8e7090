"""The services around the models: who calls whom, and how long each takes by itself."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rca.demo.domain import Domain

API = "scoring-api"


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: its service, the operation that calls it, its mean own time and how often it is called.

    `parallel` operations start with their caller's first call instead of after the previous one.
    """

    service: str
    operation: str
    caller: int | None
    mean_ms: float
    called: float = 1.0
    parallel: bool = False


def operations(domain: Domain) -> tuple[Operation, ...]:
    """Return the operations of one request; a caller comes before what it calls."""
    return (
        Operation(API, "POST /score", None, 5.0),
        Operation("auth", "CheckToken", 0, 2.5, parallel=True),
        Operation("feature-store", "GetFeatures", 0, 4.0, parallel=True),
        Operation("feature-cache", "MGET", 2, 1.2),
        Operation("feature-db", "SELECT features", 2, 9.0, called=0.35),
        Operation("model-server", f"predict {domain.upstream.node}", 0, 7.0),
        Operation("model-server", f"predict {domain.downstream.node}", 0, 8.0),
    )


CALLS = (
    ("auth", API),
    ("feature-store", API),
    ("model-server", API),
    ("feature-cache", "feature-store"),
    ("feature-db", "feature-store"),
)
"""Callee -> caller."""

SERVICES = (API, "auth", "feature-store", "feature-cache", "feature-db", "model-server")


def own_times(domain: Domain, ts: NDArray[np.datetime64], rng: np.random.Generator) -> NDArray[np.float64]:
    """Return every operation's own time in every request, (N, O) milliseconds; NaN where it is not called."""
    parts = operations(domain)
    hour = (ts - ts.astype("datetime64[D]")) / np.timedelta64(1, "h")
    load = 1 + 0.15 * np.sin((hour - 9) / 24 * 2 * np.pi)
    mean = np.array([part.mean_ms for part in parts])
    spread = 0.35
    times = np.exp(rng.normal(-(spread**2) / 2, spread, (len(ts), len(parts)))) * mean * load[:, None]
    called = rng.random(times.shape) < np.array([part.called for part in parts])
    return np.where(called, times, np.nan)


@dataclass(frozen=True, slots=True)
class Timing:
    """Start after the request's arrival and duration of every operation, (N, O) milliseconds; NaN if not called."""

    start: NDArray[np.float64]
    duration: NDArray[np.float64]


def schedule(domain: Domain, self_ms: NDArray[np.float64]) -> Timing:
    """Lay the operations of every request out in time.

    An operation spends 60 % of its own time, waits for what it calls, and then spends the rest.
    """
    parts = operations(domain)
    children = [[child for child, part in enumerate(parts) if part.caller == own] for own in range(len(parts))]
    duration = np.empty_like(self_ms)
    offset = np.zeros_like(self_ms)
    for own in reversed(range(len(parts))):
        clock = 0.6 * self_ms[:, own]
        done = clock
        for child in children[own]:
            begin = clock if parts[child].parallel else done
            offset[:, child] = begin
            done = np.fmax(done, begin + np.nan_to_num(duration[:, child]))
        duration[:, own] = done + 0.4 * self_ms[:, own]
    start = np.zeros_like(self_ms)
    for own, part in enumerate(parts):
        if part.caller is not None:
            start[:, own] = start[:, part.caller] + offset[:, own]
    return Timing(start, np.where(np.isnan(self_ms), np.nan, duration))
