"""Labels of one kind become known later than before."""

from dataclasses import dataclass

from benchmarks.incidents.faults.labels import label_truth
from benchmarks.incidents.faults.mix import outcomes_like
from rca.demo.domain import Domain
from rca.demo.extent import DAY, Extent
from rca.demo.world import Stage, Truth, World


@dataclass(frozen=True, slots=True)
class LabelDelay:
    """Labels like `wanted` (a class; regression: values from there on) take `days` longer.

    `counted`: what an outcome that is not yet known is logged as (a negative); None leaves it null.
    """

    node: str
    wanted: str | float
    days: float
    extent: Extent
    counted: float | None = None
    stage: Stage = "labels"

    def apply(self, world: World) -> None:
        """Delay the touched labels."""
        labels = world.labels[self.node]
        late = world.touched(self.extent, "label delay") & outcomes_like(labels, self.wanted)
        if self.counted is not None:
            age = (world.end - world.ts) / DAY
            open_still = late & (age < world.label_delay_days + self.days)
            labels[open_still] = self.counted
            late &= ~open_still
        world.label_delay_days[late] += self.days * world.rng("label delay").uniform(0.8, 1.2, int(late.sum()))

    def cause(self, domain: Domain) -> Truth:  # noqa: ARG002 - every fault is asked the same way
        """Return the right answer."""
        return label_truth(self.node, "delay" if self.counted is None else "delay_counted_negative")
