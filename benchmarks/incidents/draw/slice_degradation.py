"""Draw a slice of one or two conditions in which the model fails.

Decidable against `concept_drift` (never confined to a slice) and `config_change` (always on record).
"""

# ruff: noqa: PLR2004 - chances and ranges are read best where the dice are thrown

from typing import Literal

from benchmarks.incidents.draw.luck import Luck
from benchmarks.incidents.faults.degradation import SliceDegradation
from benchmarks.incidents.faults.slices import Slice
from rca.demo.world import Fault


def degraded(luck: Luck, what: Literal["predictions", "outcomes"], dimensions: int) -> Fault | None:
    """Return a slice that holds 5 to 50 % of the traffic."""
    conditions = []
    for _ in range(dimensions):
        low, high = (0.12, 0.5) if dimensions == 1 else (0.2, 0.65)
        one = luck.condition({known.column for known in conditions}, low, high)
        if one is None:
            return None
        conditions.append(one)
    where = Slice(tuple(conditions))
    if not 0.05 < where.mask(luck.cascade.pool).mean() < 0.5:
        return None
    return SliceDegradation(where, what, luck.extent(ramp=0.2, sliced=0.0), luck.final.node)


MECHANISMS = {
    "predictions_1d": lambda luck: degraded(luck, "predictions", 1),
    "predictions_2d": lambda luck: degraded(luck, "predictions", 2),
    "outcomes_1d": lambda luck: degraded(luck, "outcomes", 1),
    "outcomes_2d": lambda luck: degraded(luck, "outcomes", 2),
}
