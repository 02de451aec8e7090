"""A component runs short: a resource of it is used up, its operations slow down and fail."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from rca.demo.domain import Domain
from rca.demo.extent import Extent
from rca.demo.services import operations
from rca.demo.world import Stage, Truth, World

Resource = Literal["cpu", "memory", "disk", "network"]


def places(world: World, service: str) -> list[int]:
    """Return the positions of a service's operations."""
    return [place for place, part in enumerate(operations(world.domain)) if part.service == service]


def fail(world: World, service: str, mask: NDArray[np.bool_]) -> None:
    """Let the service's calls fail in the given requests, where it is called at all."""
    for place in places(world, service):
        world.errors[mask & np.isfinite(world.self_ms[:, place]), place] = True


@dataclass(frozen=True, slots=True)
class Saturation:
    """A resource of a service runs out; its operations slow down, and some of its calls fail.

    The resource rises over `lead` days before anything else does, so that it is the earliest.
    """

    service: str
    resource: Resource
    rise: float
    slowdown: float
    failing: float
    extent: Extent
    lead: float = 0.05
    stage: Stage = "operations"

    def apply(self, world: World) -> None:
        """Raise the resource, slow the operations, and fail a share of the calls."""
        early = Extent(self.extent.onset + self.lead, ramp=max(self.extent.ramp, self.lead), until=self.extent.until)
        measured = world.resources[self.service, self.resource]
        measured += np.minimum(self.rise, 0.995 - measured) * early.level(world.grid, world.end)
        mask = world.touched(self.extent, "saturation")
        for place in places(world, self.service):
            world.self_ms[mask, place] *= self.slowdown
        fail(world, self.service, mask & (world.rng("saturation failing").random(len(mask)) < self.failing))

    def cause(self, domain: Domain) -> Truth:  # noqa: ARG002 - every fault is asked the same way
        """Return the right answer."""
        return Truth("component_fault", self.service, self.resource, f"{self.resource}_saturation")
