"""Infrastructure and flags that change a model's answers with the same version and the same inputs."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from rca.demo.domain import Domain
from rca.demo.extent import Extent
from rca.demo.faults.events import Announcement
from rca.demo.world import Stage, Truth, World

KEYS = {
    "coarse": ("inference.precision", "infrastructure", "fp32", "int4"),
    "mixed": ("batching.async", "flag", False, True),
    "fallback": ("rules_fallback_share", "flag", 0.0, 0.5),
}
"""What happens -> (key, kind of change event, before, after)."""


@dataclass(frozen=True, slots=True)
class Runtime:
    """Where or how the final model runs changes.

    `how`: `coarse` (answers come in `amount` steps only), `mixed` (a batch's answers are handed
    back in the wrong order, within `amount` neighbours), `fallback` (a rule answers the touched
    requests with the usual value).
    """

    node: str
    how: Literal["coarse", "mixed", "fallback"]
    amount: float
    extent: Extent
    stage: Stage = "scores"

    def apply(self, world: World) -> None:
        """Change the touched requests' answers and record the change."""
        mask = world.touched(self.extent, "runtime")
        scores = world.predictions[self.node]
        if self.how == "coarse":
            low, high = scores.min(axis=0), scores.max(axis=0)
            width = np.maximum((high - low) / self.amount, 1e-12)
            changed = low + np.round((scores - low) / width) * width
        elif self.how == "mixed":
            changed = np.roll(scores, -max(int(self.amount), 1), axis=0)
        else:
            changed = np.broadcast_to(np.median(scores, axis=0), scores.shape)
        scores[mask] = changed[mask]
        key, kind, before, after = KEYS[self.how]
        title = f"{self.node}: set {key}"
        Announcement(self.node, kind, title, self.extent.onset, {key: before}, {key: after}).apply(world)

    def cause(self, domain: Domain) -> Truth:  # noqa: ARG002 - every fault is asked the same way
        """Return the right answer."""
        key = KEYS[self.how][0]
        title = f"{self.node}: set {key}"
        return Truth("config_change", self.node, key, f"runtime_{self.how}", self.extent.predicate, (title,))
