"""A slice in which the model fails for no reason that anything else shows: answers that belong to other requests."""

from dataclasses import dataclass

import numpy as np

from rca.demo.domain import Domain
from rca.demo.extent import Extent
from rca.demo.world import Stage, Truth, World


@dataclass(frozen=True, slots=True)
class MixedUp:
    """Each touched request of the extent's slice gets another one's answer; inputs and answers keep their marginals."""

    node: str
    extent: Extent
    stage: Stage = "scores"

    def apply(self, world: World) -> None:
        """Shuffle the answers."""
        rows, answers = np.flatnonzero(world.touched(self.extent, "mixed up")), world.predictions[self.node]
        answers[rows] = answers[world.rng("mixed up").permutation(rows)]

    def cause(self, domain: Domain) -> Truth:  # noqa: ARG002 - every fault is asked the same way
        """Return the right answer."""
        where = self.extent.predicate
        return Truth("slice_degradation", self.node, where, "mixed_up", where)
