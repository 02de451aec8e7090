"""Populations that really change: other real rows arrive."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from rca.demo.domain import Domain
from rca.demo.extent import Extent
from rca.demo.table import is_text
from rca.demo.world import Stage, Truth, World


def ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return each value's position among all, in [0, 1], ties at their mean and null at 0.5."""
    present = values[np.isfinite(values)]
    low = np.searchsorted(np.sort(present), values, "left")
    high = np.searchsorted(np.sort(present), values, "right")
    return np.where(np.isfinite(values), (low + high) / 2 / max(len(present), 1), 0.5)


@dataclass(frozen=True, slots=True)
class FeatureDrift:
    """Far more requests with a large (or small) value of one column: real rows, so jointly consistent.

    `extent.share` of the requests are replaced by pool rows drawn with weight exp(tilt * rank).
    """

    column: str
    extent: Extent
    direction: Literal["up", "down"] = "up"
    tilt: float = 6.0
    stage: Stage = "draw"

    def apply(self, world: World) -> None:
        """Draw other rows of the pool for the touched requests."""
        rng = world.rng("drift", self.column)
        mask = world.touched(self.extent, f"drift {self.column}")
        position = ranks(world.cascade.pool[self.column])
        weight = np.exp(self.tilt * (position if self.direction == "up" else 1 - position))
        if self.extent.column is not None:
            weight = weight * (world.cascade.pool[self.extent.column] == self.extent.value)
        world.picked[mask] = rng.choice(len(weight), size=int(mask.sum()), p=weight / weight.sum())

    def cause(self, domain: Domain) -> Truth:
        """Return the right answer."""
        producer = domain.producer(self.column)
        return Truth("feature_drift", producer, self.column, f"drift_{self.direction}", self.extent.predicate)


@dataclass(frozen=True, slots=True)
class LoneShift:
    """One column alone moves within its valid values: numbers to their upper part, text to rarer categories.

    A distractor, for columns without influence.
    """

    column: str
    extent: Extent
    stage: Stage = "rows"

    def apply(self, world: World) -> None:
        """Replace the touched requests' values by other valid values of the column."""
        rng = world.rng("lone", self.column)
        mask = world.touched(self.extent, f"lone {self.column}")
        pool = world.cascade.pool[self.column]
        if is_text(pool):
            known = pool[[value is not None for value in pool]].astype(str)
            texts, counts = np.unique(known, return_counts=True)
            donors = texts[np.argsort(counts)][-6:][:3].astype(object)
        else:
            finite = pool[np.isfinite(pool)]
            donors = finite[finite >= np.quantile(finite, 0.75)]
        world.columns[self.column][mask] = rng.choice(donors, size=int(mask.sum()))
