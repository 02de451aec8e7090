"""Draw outcomes that follow other rules.

Decidable: drift is never confined to a slice (that is `slice_degradation`), acts in both directions
(one direction alone would be a guideline), no event about labels lies near it, and a column's
relation is turned round rather than lost (a lost one would be a misjoin).
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from benchmarks.incidents.draw.luck import Luck
from benchmarks.incidents.faults.concept import ConceptDrift
from rca.demo.cascade import Cascade
from rca.demo.faults.drift import ranks
from rca.demo.table import is_text
from rca.demo.world import Fault

ALIKE = 0.5
"""Rank correlation from which two columns are taken to say the same."""


def flipped(luck: Luck) -> Fault | None:
    """Return opposite outcomes for a share of the requests."""
    extent = luck.extent(ramp=0.0, sliced=0.0, share=luck.between(0.2, 0.6))
    return ConceptDrift(luck.final.target, "flipped", extent)


def kin(cascade: Cascade, column: str) -> tuple[str, ...]:
    """Return the other numbers that rise and fall with a number; they tell the models the same."""
    pool, names = cascade.pool, cascade.domain.columns
    if is_text(pool[column]):
        return ()
    others = [name for name in names if name != column and pool[name].ndim == 1 and not is_text(pool[name])]
    place = ranks(pool[column])
    return tuple(name for name in others if abs(correlation(place, ranks(pool[name]))) > ALIKE)


def correlation(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """Return the correlation of two columns, 0 of a constant one."""
    return float(np.corrcoef(a, b)[0, 1]) if np.ptp(a) and np.ptp(b) else 0.0


def reversed_relation(luck: Luck) -> Fault | None:
    """Return outcomes that follow one influential column the other way round."""
    if luck.final.task == "multiclass":
        return flipped(luck)
    column = luck.column()
    extent = luck.extent(ramp=0.0, sliced=0.0)
    return column and ConceptDrift(luck.final.target, "reversed", extent, (column, *kin(luck.cascade, column)))


def moved(luck: Luck) -> Fault | None:
    """Return outcomes that are larger or smaller at the same inputs; only numbers can be."""
    if luck.final.task != "regression":
        return flipped(luck)
    amount = luck.between(0.3, 1.0) * luck.one_of((-1, 1))
    return ConceptDrift(luck.final.target, "moved", luck.extent(ramp=0.3, sliced=0.0), amount=amount)


def gradual(luck: Luck) -> Fault | None:
    """Return one of the ways, growing over days."""
    fault = luck.one_of((flipped, reversed_relation, moved))(luck)
    return fault and replace(fault, extent=luck.extent(ramp=1.0, sliced=0.0, share=fault.extent.share))


def recurring(luck: Luck) -> Fault | None:
    """Return one of the ways, coming and going."""
    fault = luck.one_of((flipped, reversed_relation, moved))(luck)
    if fault is None:
        return None
    extent = replace(fault.extent, onset=luck.label_delay + luck.between(3.0, 7.0), ramp=0.0)
    return replace(fault, extent=extent, period=luck.between(1.0, 2.0))


MECHANISMS = {
    "flipped": flipped,
    "reversed": reversed_relation,
    "moved": moved,
    "gradual": gradual,
    "recurring": recurring,
}
