"""Rows that reach the logs several times, or not at all."""

from dataclasses import dataclass

from benchmarks.incidents.faults.slices import Slice
from rca.demo.domain import Domain
from rca.demo.extent import Extent
from rca.demo.world import Stage, Truth, World


@dataclass(frozen=True, slots=True)
class DuplicatedRows:
    """A producer that retries sends the touched requests of a slice `copies` times more."""

    where: Slice
    copies: int
    extent: Extent
    stage: Stage = "labels"

    def apply(self, world: World) -> None:
        """Log the touched requests again."""
        mask = world.touched(self.extent, "duplicated") & self.where.mask(world.columns)
        world.copies[mask] += self.copies

    def cause(self, domain: Domain) -> Truth:
        """Return the right answer."""
        return Truth("data_quality", domain.final.node, None, "duplicated_rows", self.where.predicate)


@dataclass(frozen=True, slots=True)
class MissingRows:
    """The touched requests of a slice never reach the logs; all others arrive as before."""

    where: Slice
    extent: Extent
    stage: Stage = "labels"

    def apply(self, world: World) -> None:
        """Lose the touched requests."""
        world.keep[world.touched(self.extent, "missing") & self.where.mask(world.columns)] = False

    def cause(self, domain: Domain) -> Truth:
        """Return the right answer."""
        return Truth("data_quality", domain.final.node, None, "missing_rows", self.where.predicate)
