"""The state of one simulated stretch of production traffic, on which faults act in stages."""

import zlib
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from rca.demo.cascade import Cascade
from rca.demo.domain import Columns, Domain
from rca.demo.extent import Extent, days

Stage = Literal["draw", "rows", "scores", "labels", "operations", "kpis", "changes"]
STAGES: tuple[Stage, ...] = ("draw", "rows", "scores", "labels", "operations", "kpis", "changes")
"""In this order: which rows arrive, what their values are, what each model answers, and what follows.

`scores` comes once per model, right after it has scored; an effect of this stage has a `node` and
acts for that model only.
"""


@dataclass(frozen=True, slots=True)
class Rewrite:
    """From `start` until `end` (None: for good) batches log a column as `values` under `name`; None: not at all."""

    column: str
    start: np.datetime64
    name: str
    values: NDArray[Any] | None
    end: np.datetime64 | None = None

    def holds(self, moment: np.datetime64) -> bool:
        """Return whether a batch that begins then is logged so."""
        return bool(self.start <= moment and (self.end is None or moment < self.end))


@dataclass
class World:
    """N requests in the order of time and everything that happens to them.

    Parameters
    ----------
    ts
        (N,) arrival times, UTC, sorted.
    picked
        (N,) the pool's row that each request brings.
    columns
        What arrives at the models, before and after faults, the true outcomes included.
    predictions
        Node -> (N,) probability or value, (N, K) probabilities of the model's classes, or (N, D) vectors.
    versions
        Node -> (N,).
    labels
        Node -> (N,) outcomes as they are logged.
    label_delay_days
        (N,) how long after the request its label becomes known; not yet known at the end is null.
    keep, copies
        (N,) whether the request reaches the logs, and how many more times.
    self_ms, calls, errors
        (N, O) own time of every operation in every request (milliseconds, NaN if not called), how
        often it is called, and whether it fails by itself.
    kpi_factors
        KPI node -> (N,) factor on its value at the time of each request.
    grid
        (T,) times at which the services' resources are measured.
    resources
        (service, metric) -> (T,) measurements in [0, 1]: cpu, memory, disk, network.
    """

    domain: Domain
    cascade: Cascade
    seed: int
    ts: NDArray[np.datetime64]
    start: np.datetime64
    end: np.datetime64
    picked: NDArray[np.int64]
    columns: Columns = field(default_factory=dict)
    predictions: dict[str, NDArray[Any]] = field(default_factory=dict)
    versions: dict[str, NDArray[np.object_]] = field(default_factory=dict)
    labels: dict[str, NDArray[Any]] = field(default_factory=dict)
    label_delay_days: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    keep: NDArray[np.bool_] = field(default_factory=lambda: np.empty(0, dtype=bool))
    copies: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    self_ms: NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 0)))
    calls: NDArray[np.int64] = field(default_factory=lambda: np.empty((0, 0), dtype=np.int64))
    errors: NDArray[np.bool_] = field(default_factory=lambda: np.empty((0, 0), dtype=bool))
    kpi_factors: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    grid: NDArray[np.datetime64] = field(default_factory=lambda: np.empty(0, dtype="datetime64[us]"))
    resources: dict[tuple[str, str], NDArray[np.float64]] = field(default_factory=dict)
    rewrites: list[Rewrite] = field(default_factory=list)
    changes: list[dict[str, Any]] = field(default_factory=list)

    def rng(self, *names: str) -> np.random.Generator:
        """Return the generator of one purpose, so that adding an effect leaves other draws as they were."""
        return np.random.default_rng([self.seed, *(zlib.crc32(name.encode()) for name in names)])

    def touched(self, extent: Extent, purpose: str) -> NDArray[np.bool_]:
        """Return the requests that an effect touches, shape (N,)."""
        level = extent.level(self.ts, self.end) * extent.share
        mask = self.rng(purpose, "touched").random(len(self.ts)) < level
        if extent.column is not None:
            column = self.columns.get(extent.column)
            values = column if column is not None else self.cascade.pool[extent.column][self.picked]
            mask &= values == extent.value
        return np.asarray(mask)

    def moment(self, days_before_end: float) -> np.datetime64:
        """Return a time so many days before the end of the log."""
        return self.end - days(days_before_end)

    def label_ts(self) -> NDArray[np.datetime64]:
        """Return when each request's label becomes known, (N,)."""
        micros = np.round(self.label_delay_days * (days(1) / np.timedelta64(1, "us"))).astype("timedelta64[us]")
        return np.asarray(self.ts + micros)

    def labelled(self) -> NDArray[np.bool_]:
        """Return the requests whose label is known at the end of the log, (N,)."""
        return np.asarray(self.label_ts() < self.end)

    def logged(self) -> NDArray[np.int64]:
        """Return the requests as the logs have them: missing ones left out, copies repeated, in order of time."""
        return np.repeat(np.arange(len(self.ts)), np.where(self.keep, 1 + self.copies, 0))


@dataclass(frozen=True, slots=True)
class Truth:
    """A cause as CONTRACT section 2 names it, and how it was made."""

    family: str
    node: str
    subject: str | None
    mechanism: str
    slice: str | None = None
    also_subjects: tuple[str, ...] = ()


class Effect(Protocol):
    """Anything that happens in production: a fault or an innocent event."""

    @property
    def stage(self) -> Stage:
        """Return the stage at which it acts."""

    def apply(self, world: World) -> None:
        """Change the world in place."""


class Fault(Effect, Protocol):
    """An effect that is a cause of an incident."""

    @property
    def extent(self) -> Extent:
        """Return when and where it acts."""

    def cause(self, domain: Domain) -> Truth:
        """Return the right answer."""
