"""Draw a business figure that moves while the models are healthy."""

from benchmarks.incidents.draw.luck import Luck
from benchmarks.incidents.faults.process import BusinessProcess
from rca.demo.faults import KpiFall
from rca.demo.world import Fault

TITLES = ("review queue moved to another team", "new fee schedule in force", "partner contract ended")


def moved(luck: Luck) -> tuple[str, float]:
    """Return a figure and its factor: less is accepted, or errors cost more."""
    if luck.chance(0.6):
        return luck.domain.rate_kpi, luck.between(0.55, 0.88)
    return luck.domain.cost_kpi, luck.between(1.15, 1.6)


def unannounced(luck: Luck) -> Fault | None:
    """Return a figure that moves without a word."""
    return KpiFall(*moved(luck), luck.extent(sliced=0.0, labels=False))


def process(luck: Luck) -> Fault | None:
    """Return a figure that moves with a change of process."""
    return BusinessProcess(*moved(luck), luck.extent(sliced=0.0, labels=False), luck.one_of(TITLES))


MECHANISMS = {"unannounced": unannounced, "process": process}
