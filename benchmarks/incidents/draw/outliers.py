"""Draw bursts of anomalous and of adversarial requests.

Decidable against a broken column: the same requests are odd in several columns at once.
"""

# ruff: noqa: PLR2004 - chances and ranges are read best where the dice are thrown

from benchmarks.incidents.draw.luck import Luck
from benchmarks.incidents.faults.outliers import Adversarial
from rca.demo.extent import Extent
from rca.demo.faults import OutlierBurst
from rca.demo.world import Fault


def several(luck: Luck, names: list[str], least: int, most: int) -> tuple[str, ...]:
    """Return some of the columns, the most influential half first."""
    ranked = sorted(names, key=luck.cascade.importance, reverse=True)
    count = min(int(luck.rng.integers(least, most + 1)), len(ranked))
    top = ranked[: max(count, (len(ranked) + 1) // 2)]
    return tuple(str(name) for name in luck.rng.permutation(top)[:count])


def sharp(luck: Luck, share: float) -> Extent:
    """Return an extent without a slice."""
    return luck.extent(ramp=0.1, sliced=0.0, share=share)


def burst(luck: Luck) -> Fault | None:
    """Return requests that are extreme in many columns."""
    columns = several(luck, [*luck.inputs(text=False), *luck.inputs(text=True)], 4, 8)
    return OutlierBurst(columns, sharp(luck, luck.between(0.08, 0.35))) if len(columns) >= 3 else None


def adversarial(luck: Luck) -> Fault | None:
    """Return requests of somebody who probes the model."""
    columns = several(luck, luck.inputs(text=False), 3, 6)
    if luck.final.task == "multiclass" or len(columns) < 3:
        return burst(luck)
    return Adversarial(columns, luck.between(0.4, 1.0), sharp(luck, luck.between(0.15, 0.5)))


MECHANISMS = {"burst": burst, "adversarial": adversarial}
