"""A slice in which the model fails for no reason that anything else shows."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from benchmarks.incidents.faults.slices import Slice
from rca.demo.domain import Domain
from rca.demo.extent import Extent
from rca.demo.world import Stage, Truth, World


@dataclass(frozen=True, slots=True)
class SliceDegradation:
    """In one slice predictions, or outcomes, no longer belong to their requests.

    `what`: `predictions` (each request of the slice gets another one's answer) or `outcomes` (the
    slice becomes unpredictable). Inputs, versions and marginals stay as they were.
    """

    where: Slice
    what: Literal["predictions", "outcomes"]
    extent: Extent
    node: str

    @property
    def stage(self) -> Stage:
        """Return the stage at which it acts."""
        return "scores" if self.what == "predictions" else "rows"

    def apply(self, world: World) -> None:
        """Shuffle answers or outcomes among the touched requests of the slice."""
        rows = np.flatnonzero(world.touched(self.extent, "degraded") & self.where.mask(world.columns))
        target = world.domain.spec(self.node).target
        values = world.predictions[self.node] if self.what == "predictions" else world.columns[target]
        values[rows] = values[world.rng("degraded").permutation(rows)]

    def cause(self, domain: Domain) -> Truth:  # noqa: ARG002 - every fault is asked the same way
        """Return the right answer."""
        where = self.where.predicate
        return Truth("slice_degradation", self.node, where, f"{self.what}_{len(self.where.conditions)}d", where)
