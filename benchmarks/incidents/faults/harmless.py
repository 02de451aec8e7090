"""A real retrain that does no harm: other rows of the same kind, nearly the same answers."""

from dataclasses import dataclass

from rca.demo.cascade import retrain
from rca.demo.extent import Extent
from rca.demo.faults.versions import announce_version
from rca.demo.table import take
from rca.demo.world import Stage, World

KEPT = 0.8
"""Share of the training rows on which the new version is trained."""


@dataclass(frozen=True, slots=True)
class HarmlessRetrain:
    """The final model's new version, trained on most of the same rows. A distractor."""

    node: str
    version: str
    extent: Extent
    stage: Stage = "scores"

    def apply(self, world: World) -> None:
        """Let the new version answer from the onset on."""
        mask = self.extent.active(world.ts, world.end)
        rows, target = world.cascade.trained_on, world.domain.spec(self.node).target
        few = take(rows, world.rng("harmless").random(len(rows[target])) < KEPT)
        fitted = retrain(world.cascade.models[self.node], few, few[target], world.seed)
        world.predictions[self.node][mask] = fitted.predict(take(world.columns, mask))
        world.versions[self.node][mask] = self.version
        announce_version(world, self.node, self.version, self.extent.onset)
