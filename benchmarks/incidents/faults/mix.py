"""Another mix of real requests: more of one segment, more of one class, more of one category."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rca.demo.domain import Domain
from rca.demo.extent import Extent
from rca.demo.world import Stage, Truth, World


def draw_only(world: World, extent: Extent, purpose: str, wanted: NDArray[np.bool_]) -> None:
    """Let the touched requests bring pool rows of which `wanted`, (P,), holds."""
    mask = world.touched(extent, purpose)
    donors = np.flatnonzero(wanted)
    world.picked[mask] = world.rng(purpose).choice(donors, size=int(mask.sum()))


@dataclass(frozen=True, slots=True)
class SegmentMix:
    """`extent.share` of the requests come from one segment, on top of its usual share."""

    column: str
    value: str
    extent: Extent
    stage: Stage = "draw"

    def apply(self, world: World) -> None:
        """Draw rows of the segment for the touched requests."""
        draw_only(world, self.extent, f"mix {self.column}", world.cascade.pool[self.column] == self.value)

    def cause(self, domain: Domain) -> Truth:
        """Return the right answer."""
        return Truth("population_shift", domain.final.node, self.column, "segment_mix")


def outcomes_like(values: NDArray[Any], wanted: str | float) -> NDArray[np.bool_]:
    """Return which outcomes are of a class, or (numbers of many values) not less than `wanted`."""
    few = values.dtype == object or len(np.unique(values)) <= 2  # noqa: PLR2004
    return np.asarray(values == wanted if few else values >= wanted)


@dataclass(frozen=True, slots=True)
class PriorShift:
    """More requests of one class (regression: of large outcomes), inputs given the outcome as before."""

    target: str
    wanted: str | float
    extent: Extent
    stage: Stage = "draw"

    def apply(self, world: World) -> None:
        """Draw rows of the class for the touched requests."""
        draw_only(world, self.extent, "prior", outcomes_like(world.cascade.pool[self.target], self.wanted))

    def cause(self, domain: Domain) -> Truth:
        """Return the right answer."""
        return Truth("population_shift", domain.final.node, None, "prior_shift")


@dataclass(frozen=True, slots=True)
class CategoryDrift:
    """Far more requests with one category of an input: real rows, so jointly consistent."""

    column: str
    value: str
    extent: Extent
    stage: Stage = "draw"

    def apply(self, world: World) -> None:
        """Draw rows of the category for the touched requests."""
        draw_only(world, self.extent, f"category {self.column}", world.cascade.pool[self.column] == self.value)

    def cause(self, domain: Domain) -> Truth:
        """Return the right answer."""
        return Truth("feature_drift", domain.producer(self.column), self.column, "drift_category")
