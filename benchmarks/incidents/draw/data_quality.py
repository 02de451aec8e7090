"""Draw wrong values of a column, and rows that come twice or not at all."""

from benchmarks.incidents.draw.luck import Luck
from benchmarks.incidents.draw.related import related
from benchmarks.incidents.faults.garbled import Garbled
from benchmarks.incidents.faults.late import LateData
from benchmarks.incidents.faults.rows import DuplicatedRows, MissingRows
from benchmarks.incidents.faults.slices import Slice
from rca.demo.faults import Corruption
from rca.demo.world import Fault

UNITS = (0.01, 100.0, 1 / 60, 60.0, 24.0, 1 / 24, 1000.0, 0.001, 2.54, 0.4536, 3.281)
SENTINELS = (-999.0, -1.0, 9999.0, -99.0)


def null_burst(luck: Luck) -> Fault | None:
    """Return nulls in a share of a column."""
    column = luck.column()
    return column and Corruption(column, "null_burst", luck.extent(share=luck.between(0.3, 1.0)))


def unit_change(luck: Luck) -> Fault | None:
    """Return a column in another unit."""
    column = luck.number()
    return column and Corruption(column, "unit_change", luck.extent(), luck.one_of(UNITS))


def out_of_range(luck: Luck) -> Fault | None:
    """Return a sentinel in a share of a column."""
    column = luck.number()
    share = luck.between(0.3, 1.0)
    return column and Corruption(column, "out_of_range", luck.extent(share=share), luck.one_of(SENTINELS))


def frozen(luck: Luck) -> Fault | None:
    """Return a column that holds one value."""
    column = luck.column()
    return column and Corruption(column, "frozen", luck.extent(), luck.between(0.1, 0.9))


def misjoined(luck: Luck) -> Fault | None:
    """Return a column, or a vector, that belongs to other rows.

    Decidable because the column is chosen to depend on other logged columns, and the joint
    distribution breaks; without that it would be a concept in which the column has ceased to matter.
    """
    column = luck.vector() if luck.chance(0.5) else None
    column = column or luck.weighted(related(luck.cascade))
    return column and Corruption(column, "misjoined", luck.extent())


def late(luck: Luck) -> Fault | None:
    """Return a column that is some hours or days late; decidable as `misjoined` is."""
    column = luck.weighted(related(luck.cascade))
    return column and LateData(column, int(luck.one_of((40, 300, 1500))), luck.extent())


def garbled(luck: Luck) -> Fault | None:
    """Return a share of broken values."""
    column = luck.vector() if luck.chance(0.3) else None
    column = column or luck.column()
    return column and Garbled(column, luck.extent(share=luck.between(0.4, 1.0)))


def duplicated_rows(luck: Luck) -> Fault | None:
    """Return a slice that comes several times; decidable by the repeated request ids."""
    where = luck.condition(set(), 0.1, 0.5)
    return where and DuplicatedRows(Slice((where,)), int(luck.one_of((1, 2, 4))), luck.extent(sliced=0.0))


def missing_rows(luck: Luck) -> Fault | None:
    """Return a slice that no longer comes; decidable because the other rows' number an hour stays."""
    where = luck.condition(set(), 0.2, 0.7)
    return where and MissingRows(Slice((where,)), luck.extent(sliced=0.0, share=luck.between(0.85, 1.0)))


MECHANISMS = {
    "null_burst": null_burst,
    "unit_change": unit_change,
    "out_of_range": out_of_range,
    "frozen": frozen,
    "misjoined": misjoined,
    "late": late,
    "garbled": garbled,
    "duplicated_rows": duplicated_rows,
    "missing_rows": missing_rows,
}
