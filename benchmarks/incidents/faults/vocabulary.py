"""A changed category vocabulary: categories merged, split, or renamed one by one."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from rca.demo.domain import Domain
from rca.demo.extent import Extent
from rca.demo.world import Stage, Truth, World

Merging = Literal["merged", "split", "renamed"]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The producer writes some of a column's categories under other names.

    `how`: `merged` (the given categories become one new one), `split` (each becomes two finer
    ones), `renamed` (each gets a new name). Categories that are not given stay.
    """

    column: str
    categories: tuple[str, ...]
    how: Merging
    extent: Extent
    stage: Stage = "rows"

    def apply(self, world: World) -> None:
        """Rewrite the touched requests' categories."""
        values = world.columns[self.column]
        mask = world.touched(self.extent, f"vocabulary {self.column}")
        half = world.rng("vocabulary", self.column).random(len(values)) < 1 / 2
        for category in self.categories:
            rows = mask & (values == category)
            if self.how == "split":
                values[rows] = np.where(half[rows], f"{category} A", f"{category} B").astype(object)
            else:
                values[rows] = "OTHER_GROUP" if self.how == "merged" else f"{category} (2026)"

    def cause(self, domain: Domain) -> Truth:
        """Return the right answer."""
        node = domain.producer(self.column)
        return Truth("schema_change", node, self.column, f"vocabulary_{self.how}", self.extent.predicate)
