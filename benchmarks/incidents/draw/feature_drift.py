"""Draw a population that really changes: the tails of a number, the frequency of a category."""

# ruff: noqa: PLR2004 - chances and ranges are read best where the dice are thrown

from benchmarks.incidents.draw.luck import Luck
from benchmarks.incidents.draw.related import has_twin
from benchmarks.incidents.faults.mix import CategoryDrift
from rca.demo.faults import FeatureDrift
from rca.demo.world import Fault


def tilted(luck: Luck) -> Fault | None:
    """Return more large, or more small, values of a number."""
    column = luck.number()
    if column is None or has_twin(luck.cascade, column):
        return None
    extent = luck.extent(share=luck.between(0.4, 0.95), ramp=0.5)
    return FeatureDrift(column, extent, luck.one_of(("up", "down")), luck.between(4.0, 12.0))


def category(luck: Luck) -> Fault | None:
    """Return more of a category that was not the most frequent one."""
    column = luck.text()
    if column is None:
        return None
    shares = luck.categories(column)
    minor = [value for value, share in shares.items() if 0.01 < share < 0.4]
    if not minor:
        return None
    value = luck.one_of(minor)
    extent = luck.extent(share=luck.between(0.4, 0.9), ramp=0.4, sliced=0.0)
    return None if has_twin(luck.cascade, column, value) else CategoryDrift(column, value, extent)


MECHANISMS = {"tilted": tilted, "category": category}
