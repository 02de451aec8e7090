"""Draw what was wrong from the first production row on.

Decidable: the bundle always has training and validation rows, and the models were trained on rows of
the same time as production's, so that nothing else differs.
"""

import numpy as np

from benchmarks.incidents.draw.data_quality import UNITS
from benchmarks.incidents.draw.luck import Luck
from benchmarks.incidents.faults.skew import ALWAYS, Leakage, Overfitting, Rounded, Skewed
from rca.demo.faults import Corruption, Recode
from rca.demo.world import Fault


def scaled(luck: Luck) -> Fault | None:
    """Return a column that serving has in another unit."""
    column = luck.number()
    return column and Skewed(Corruption(column, "unit_change", ALWAYS, luck.one_of(UNITS)), "scaled")


def coded(luck: Luck) -> Fault | None:
    """Return categories that serving codes otherwise."""
    column = luck.text()
    return column and Skewed(Recode(column, luck.one_of(("lower", "code", "prefix")), ALWAYS), "coded")


def rounded(luck: Luck) -> Fault | None:
    """Return numbers that another library cuts."""
    column = luck.number()
    if column is None:
        return None
    spread = float(np.nanstd(luck.cascade.pool[column]))
    return Skewed(Rounded(column, float(f"{luck.between(0.8, 2.5) * spread:.1g}") or 1.0), "rounded")


def leakage(luck: Luck) -> Fault | None:
    """Return a training column of the final model that knew the outcome."""
    column = luck.weighted([name for name in luck.inputs(text=False) if name in luck.final.inputs])
    return column and Leakage(column, luck.between(0.4, 1.0))


def overfitting(luck: Luck) -> Fault | None:
    """Return a model that learned its training rows by heart."""
    return Overfitting(int(luck.one_of((400, 800, 1500))))


MECHANISMS = {
    "scaled": scaled,
    "coded": coded,
    "rounded": rounded,
    "leakage": leakage,
    "overfitting": overfitting,
}
