"""One operation's own time grows; everybody who waits for it grows with it."""

from dataclasses import dataclass

from rca.demo.domain import Domain
from rca.demo.extent import Extent
from rca.demo.services import operations
from rca.demo.world import Stage, Truth, World


@dataclass(frozen=True, slots=True)
class SlowOperation:
    """The operation's own time is multiplied in the touched requests."""

    service: str
    operation: str
    factor: float
    extent: Extent
    stage: Stage = "operations"

    def apply(self, world: World) -> None:
        """Slow the operation down."""
        names = [(op.service, op.operation) for op in operations(world.domain)]
        position = names.index((self.service, self.operation))
        mask = world.touched(self.extent, f"slow {self.service} {self.operation}")
        world.self_ms[mask, position] *= self.factor

    def cause(self, domain: Domain) -> Truth:  # noqa: ARG002 - every fault is asked the same way
        """Return the right answer."""
        return Truth("latency_component", self.service, self.operation, "slower", self.extent.predicate)
