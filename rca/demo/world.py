"""The state of one simulated stretch of production traffic, on which faults act in stages."""

import zlib
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from rca.demo.cascade import Cascade
from rca.demo.domain import Columns, Domain
from rca.demo.extent import Extent, days

Stage = Literal["draw", "rows", "upstream", "downstream", "operations", "kpis", "changes"]
STAGES: tuple[Stage, ...] = ("draw", "rows", "upstream", "downstream", "operations", "kpis", "changes")
"""In this order: which rows arrive, what their values are, what the models answer, and what follows."""


@dataclass(frozen=True, slots=True)
class Rewrite:
    """From `start` on, batches log a column as other values under `name`, or (values None) not at all."""

    column: str
    start: np.datetime64
    name: str
    values: NDArray[Any] | None


@dataclass
class World:
    """Requests in the order of time and everything that happens to them.

    Parameters
    ----------
    ts
        (N,) arrival times, UTC, sorted.
    picked
        (N,) the pool's row that each request brings.
    columns
        What arrives at the models, before and after faults.
    predictions, versions
        Role (`upstream`, `downstream`) -> (N,) arrays.
    self_ms
        (N, O) own time of every operation in every request, milliseconds.
    kpi_factors
        KPI node -> (N,) factor on its value at the time of each request.
    """

    domain: Domain
    cascade: Cascade
    seed: int
    ts: NDArray[np.datetime64]
    start: np.datetime64
    end: np.datetime64
    picked: NDArray[np.int64]
    columns: Columns = field(default_factory=dict)
    predictions: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    versions: dict[str, NDArray[np.object_]] = field(default_factory=dict)
    self_ms: NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 0)))
    kpi_factors: dict[str, NDArray[np.float64]] = field(default_factory=dict)
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
