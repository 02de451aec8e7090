"""The services around the models: who calls whom, how long each takes by itself, and how often it fails."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rca.demo.domain import Domain

API = "scoring-api"
ERROR_RATE = 0.0005
"""Share of an operation's calls that fail by themselves in healthy times."""


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
    """Return the O operations of one request; a caller comes before what it calls."""
    return (
        Operation(API, "POST /score", None, 5.0),
        Operation("auth", "CheckToken", 0, 2.5, parallel=True),
        Operation("feature-store", "GetFeatures", 0, 4.0, parallel=True),
        Operation("feature-cache", "MGET", 2, 1.2),
        Operation("feature-db", "SELECT features", 2, 9.0, called=0.35),
        *(Operation("model-server", f"predict {spec.node}", 0, 7.0 + i) for i, spec in enumerate(domain.models)),
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


def base_errors(self_ms: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.bool_]:
    """Return which operations fail by themselves in healthy times, (N, O)."""
    return np.asarray((rng.random(self_ms.shape) < ERROR_RATE) & np.isfinite(self_ms))


def failed(domain: Domain, errors: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which operations end in an error, (N, O): by themselves, or because something they call does."""
    ended = errors.copy()
    for own, part in reversed(list(enumerate(operations(domain)))):
        if part.caller is not None:
            ended[:, part.caller] |= ended[:, own]
    return ended


@dataclass(frozen=True, slots=True)
class Timing:
    """Start after the request's arrival and duration of every operation, (N, O) milliseconds; NaN if not called.

    Both are of the first call; repeated ones follow at once, each taking the operation's own time.
    """

    start: NDArray[np.float64]
    duration: NDArray[np.float64]


def schedule(domain: Domain, self_ms: NDArray[np.float64], calls: NDArray[np.int64]) -> Timing:
    """Lay the operations of every request out in time.

    An operation spends 60 % of its own time, waits for what it calls, and then spends the rest.
    """
    parts = operations(domain)
    children = [[child for child, part in enumerate(parts) if part.caller == own] for own in range(len(parts))]
    duration = np.empty_like(self_ms)
    offset = np.zeros_like(self_ms)
    own_ms = np.where(calls > 0, self_ms, np.nan)
    for own in reversed(range(len(parts))):
        clock = 0.6 * own_ms[:, own]
        done = clock
        for child in children[own]:
            begin = clock if parts[child].parallel else done
            offset[:, child] = begin
            again = np.maximum(calls[:, child] - 1, 0) * own_ms[:, child]
            done = np.fmax(done, begin + np.nan_to_num(duration[:, child] + again))
        duration[:, own] = done + 0.4 * own_ms[:, own]
    start = np.zeros_like(self_ms)
    for own, part in enumerate(parts):
        if part.caller is not None:
            start[:, own] = start[:, part.caller] + offset[:, own]
    return Timing(start, np.where(np.isnan(own_ms), np.nan, duration))
