"""What happens outside the models: business figures that fall, and events that people announce."""

from dataclasses import dataclass
from typing import Any

from rca.demo.domain import Domain
from rca.demo.extent import Extent
from rca.demo.world import Stage, Truth, World


@dataclass(frozen=True, slots=True)
class KpiFall:
    """A business figure moves by a factor for reasons of its own; the models are healthy."""

    node: str
    factor: float
    extent: Extent
    stage: Stage = "kpis"

    def apply(self, world: World) -> None:
        """Scale the figure from the onset on."""
        level = self.extent.level(world.ts, world.end)
        world.kpi_factors[self.node] *= 1 + (self.factor - 1) * level

    def cause(self, domain: Domain) -> Truth:  # noqa: ARG002 - every fault is asked the same way
        """Return the right answer."""
        return Truth("downstream_change", self.node, None, "own_change", self.extent.predicate)


@dataclass(frozen=True, slots=True)
class Announcement:
    """A change event, so many days before the end of the log. By itself it does nothing."""

    node: str
    kind: str
    title: str
    days: float
    before: Any = None
    after: Any = None
    stage: Stage = "changes"

    def apply(self, world: World) -> None:
        """Record the event."""
        event = {"node": self.node, "kind": self.kind, "title": self.title, "before": self.before, "after": self.after}
        world.changes.append({"ts": world.moment(self.days), **event})
