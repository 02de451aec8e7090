"""A slow connection: whoever calls over it waits longer, in its own time."""

from dataclasses import dataclass

import numpy as np

from rca.demo.domain import Domain
from rca.demo.extent import Extent
from rca.demo.services import operations
from rca.demo.world import Stage, Truth, World


@dataclass(frozen=True, slots=True)
class SlowEdge:
    """Calls from an operation to one of its callees take `extra_ms` more on the way.

    The callee's spans do not see it, so the time is the caller's own: the cause is the caller's operation.
    """

    caller: int
    callee: int
    extra_ms: float
    extent: Extent
    stage: Stage = "operations"

    def apply(self, world: World) -> None:
        """Let the caller wait in the touched requests that call the callee."""
        mask = world.touched(self.extent, "slow edge") & np.isfinite(world.self_ms[:, self.callee])
        world.self_ms[mask, self.caller] += world.rng("slow edge").gamma(4.0, self.extra_ms / 4.0, int(mask.sum()))

    def cause(self, domain: Domain) -> Truth:
        """Return the right answer."""
        caller = operations(domain)[self.caller]
        return Truth("latency_component", caller.service, caller.operation, "slow_edge", self.extent.predicate)
