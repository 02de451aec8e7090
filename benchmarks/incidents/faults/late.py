"""Late data: a column delivers what was true some time before."""

from dataclasses import dataclass

import numpy as np

from rca.demo.domain import Domain
from rca.demo.extent import Extent
from rca.demo.world import Stage, Truth, World


@dataclass(frozen=True, slots=True)
class LateData:
    """From the onset on, a column carries the value that belongs to the request of `requests` ago."""

    column: str
    requests: int
    extent: Extent
    stage: Stage = "rows"

    def apply(self, world: World) -> None:
        """Shift the touched requests' values in time."""
        mask = world.touched(self.extent, f"late {self.column}")
        values = world.columns[self.column]
        values[mask] = np.roll(values, self.requests, axis=0)[mask]

    def cause(self, domain: Domain) -> Truth:
        """Return the right answer."""
        return Truth("data_quality", domain.producer(self.column), self.column, "late", self.extent.predicate)
