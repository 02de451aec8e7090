"""An upstream retrain that looks harmless: the output keeps its marginal and means something else."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rca.demo.domain import Domain
from rca.demo.extent import Extent
from rca.demo.faults.versions import announce_version
from rca.demo.world import Stage, Truth, World


def same_marginal(old: NDArray[Any], other: NDArray[Any]) -> NDArray[Any]:
    """Return the values of `old` put into the order of `other`: the same distribution, another meaning."""
    if old.ndim > 1:
        return np.roll(old, 1, axis=1)
    placed = np.empty_like(old)
    placed[np.argsort(other, kind="stable")] = np.sort(old)
    return placed


@dataclass(frozen=True, slots=True)
class OtherMeaning:
    """A new version of an upstream model ranks the requests by other properties; its scores look as before.

    The new order comes from the old model reading other requests' values in all but `kept` of its
    inputs; of a multiclass model the classes change places.
    """

    node: str
    version: str
    kept: tuple[str, ...]
    extent: Extent
    stage: Stage = "scores"

    def apply(self, world: World) -> None:
        """Put the touched requests' scores into the other order."""
        rng = world.rng("other meaning", self.node)
        mask = world.touched(self.extent, "other meaning")
        rows = np.flatnonzero(mask)
        model = world.cascade.models[self.node]
        mixed = {name: world.columns[name][rows] for name in model.spec.inputs}
        for name in model.spec.inputs:
            if name not in self.kept:
                mixed[name] = mixed[name][rng.permutation(len(rows))]
        output = world.predictions[self.node]
        output[rows] = same_marginal(output[rows], np.asarray(model.predict(mixed)))
        world.versions[self.node][mask] = self.version
        announce_version(world, self.node, self.version, self.extent.onset)

    def cause(self, domain: Domain) -> Truth:  # noqa: ARG002 - every fault is asked the same way
        """Return the right answer."""
        return Truth("upstream_model_change", self.node, self.version, "other_meaning", self.extent.predicate)
