"""Draw a worse version of the symptomatic model itself."""

from benchmarks.incidents.draw.luck import Luck
from benchmarks.incidents.faults.forgetting import FineTuned
from benchmarks.incidents.models.sequential import SequentialModel
from rca.demo.faults import BadRetrain
from rca.demo.world import Fault

VERSIONS = ("3.5.0", "4.0.0")


def scrambled(luck: Luck) -> Fault | None:
    """Return a retrain on labels of which many belong to other rows."""
    extent = luck.extent(sliced=0.0)
    return BadRetrain(luck.final.node, "scrambled", luck.one_of(VERSIONS), extent, luck.between(0.5, 0.95))


def few_rows(luck: Luck) -> Fault | None:
    """Return a retrain on a few rows."""
    extent = luck.extent(sliced=0.0)
    return BadRetrain(luck.final.node, "few_rows", luck.one_of(VERSIONS), extent, luck.between(0.97, 0.995))


def forgetting(luck: Luck) -> Fault | None:
    """Return a model that was trained on without its largest old segment."""
    return BadRetrain(luck.final.node, "forgetting", luck.one_of(VERSIONS), luck.extent(sliced=0.0))


def fine_tuned(luck: Luck) -> Fault | None:
    """Return a model trained further on its newest segment; of others than step-wise ones, forgetting."""
    if not isinstance(luck.cascade.final, SequentialModel):
        return forgetting(luck)
    column = "domain"
    value = luck.one_of([*luck.categories(column)][1:])
    passes = int(luck.one_of((3, 6, 12)))
    return FineTuned(luck.final.node, column, value, passes, luck.one_of(VERSIONS), luck.extent(sliced=0.0))


MECHANISMS = {"scrambled": scrambled, "few_rows": few_rows, "forgetting": forgetting, "fine_tuned": fine_tuned}
