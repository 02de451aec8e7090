"""A burst of requests that nobody's population sends: machines, or somebody who tries things out."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rca.demo.domain import Domain
from rca.demo.extent import Extent
from rca.demo.table import present
from rca.demo.world import Stage, Truth, World

TAIL = 0.03
BEYOND = 0.5
"""Anomalous numbers lie up to so many ranges beyond the extreme values."""


@dataclass(frozen=True, slots=True)
class OutlierBurst:
    """The touched requests carry extreme and contradictory values in several columns at once."""

    columns: tuple[str, ...]
    extent: Extent
    stage: Stage = "rows"

    def apply(self, world: World) -> None:
        """Make the touched requests anomalous."""
        rows = np.flatnonzero(world.touched(self.extent, "outliers"))
        for column in self.columns:
            rng = world.rng("outliers", column)
            pool = world.cascade.pool[column]
            world.columns[column][rows] = (rare_text if pool.dtype == object else far_numbers)(pool, len(rows), rng)

    def cause(self, domain: Domain) -> Truth:
        """Return the right answer."""
        return Truth("outliers", domain.final.node, None, "burst", self.extent.predicate)


def far_numbers(pool: NDArray[np.float64], n: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return n numbers at or beyond either end of the pool's range."""
    low, high = np.nanquantile(pool, [TAIL, 1 - TAIL])
    width = high - low if high > low else max(abs(high), 1.0)
    far = rng.random(n) * BEYOND * width
    return np.asarray(np.where(rng.random(n) < 1 / 2, low - far, high + far))


def rare_text(pool: NDArray[np.object_], n: int, rng: np.random.Generator) -> NDArray[np.object_]:
    """Return n draws of the pool's rarer half of categories."""
    known, counts = np.unique(pool[present(pool)].astype(str), return_counts=True)
    rare = known[np.argsort(counts)][: max(len(known) // 2, 1)]
    return rng.choice(rare, n).astype(object)
