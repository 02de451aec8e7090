"""The business does something else with healthy predictions, and says so."""

from dataclasses import dataclass

from rca.demo.domain import Domain
from rca.demo.extent import Extent
from rca.demo.faults.events import Announcement, KpiFall
from rca.demo.world import Stage, Truth, World


@dataclass(frozen=True, slots=True)
class BusinessProcess:
    """A business figure moves by a factor with a change of process that is on record."""

    node: str
    factor: float
    extent: Extent
    title: str
    stage: Stage = "kpis"

    def apply(self, world: World) -> None:
        """Scale the figure and record the change."""
        KpiFall(self.node, self.factor, self.extent).apply(world)
        Announcement(self.node, "business", self.title, self.extent.onset).apply(world)

    def cause(self, domain: Domain) -> Truth:  # noqa: ARG002 - every fault is asked the same way
        """Return the right answer."""
        return Truth("downstream_change", self.node, None, "process")
