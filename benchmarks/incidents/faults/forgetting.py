"""A model that is trained further on one segment alone, and forgets the others."""

from dataclasses import dataclass

from benchmarks.incidents.models import fine_tune
from rca.demo.domain import Domain
from rca.demo.extent import Extent
from rca.demo.faults.versions import announce_version
from rca.demo.table import take
from rca.demo.world import Stage, Truth, World


@dataclass(frozen=True, slots=True)
class FineTuned:
    """The final model's new version was fine-tuned on one segment: better there, worse elsewhere.

    `passes`: how often it read the segment's training rows. Catastrophic forgetting, McCloskey and
    Cohen (1989).
    """

    node: str
    column: str
    value: str
    passes: int
    version: str
    extent: Extent
    stage: Stage = "scores"

    def apply(self, world: World) -> None:
        """Let the new version answer the touched requests."""
        mask = world.touched(self.extent, "fine tuned")
        rows, model = world.cascade.trained_on, world.cascade.models[self.node]
        few = take(rows, rows[self.column] == self.value)
        tuned = fine_tune(model, few, few[model.spec.target], world.seed, passes=self.passes)
        world.predictions[self.node][mask] = tuned.predict(take(world.columns, mask))
        world.versions[self.node][mask] = self.version
        announce_version(world, self.node, self.version, self.extent.onset)

    def cause(self, domain: Domain) -> Truth:  # noqa: ARG002 - every fault is asked the same way
        """Return the right answer."""
        return Truth("model_change", self.node, self.version, "fine_tuned")
