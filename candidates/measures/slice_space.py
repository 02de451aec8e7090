"""The slices of one dimension: every category, and every run of neighbouring bins of a number.

Rows are counted by their bins of a few columns at once, packed into one number: one `bincount` then serves all of
these columns, whose own counts are the sums over the others. The sum over a run of bins is a difference of two running
sums.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from schemas.evidence import BoolArray, ColumnProfile, FloatArray, IntArray, ModelEvidence, Rows

RUN = {"minus_inf": 0, "below": 1, "range": 2, "above": 3, "plus_inf": 4}
"""Roles of the bins that lie in a row, in this order."""
SINGLE = {"category", "null"}
"""Roles of bins that are slices by themselves; what is unseen, lumped or garbled has no name to slice by."""
NAMED = {"boolean", "category"}
"""Kinds of columns whose bins are sliced by as they are; of others the raw values are needed."""
MOST_CELLS = 1 << 14
"""Cells that packed columns span, so that they stay in the processor's cache; fewer where there are few rows."""
ROWS_A_CELL = 16


@dataclass(frozen=True, slots=True)
class Packed:
    """Neighbouring columns' bins as one number a row.

    Parameters
    ----------
    first
        Position of the first of these columns.
    sizes
        Bins of each column; the cells are all their combinations, the last column's bins nearest to each other.
    code
        (N,) each row's cell.
    """

    first: int
    sizes: tuple[int, ...]
    code: IntArray

    def fill(self, table: FloatArray, rows: IntArray, weights: Sequence[FloatArray]) -> None:
        """Put the number of some rows (n,), and their sums of weights (n,), by bin into table (1 + W, C, width)."""
        code = self.code[rows]
        cells = int(np.prod(self.sizes))
        for k, weight in enumerate((None, *weights)):
            counted = np.bincount(code, weight, minlength=cells).reshape(self.sizes)
            for axis, size in enumerate(self.sizes):
                others = tuple(other for other in range(len(self.sizes)) if other != axis)
                table[k, self.first + axis, :size] = counted.sum(axis=others)


def _packed(place: NDArray[np.uint16], sizes: Sequence[int]) -> tuple[Packed, ...]:
    """Pack columns' bins (C, N), as many columns at a time as stay within the cells that pay."""
    most = min(MOST_CELLS, max(place.shape[1] // ROWS_A_CELL, 1))
    found, first = [], 0
    while first < len(sizes):
        code, cells, last = place[first].astype(np.int64), sizes[first], first + 1
        while last < len(sizes) and cells * sizes[last] <= most:
            code *= sizes[last]
            code += place[last]
            cells, last = cells * sizes[last], last + 1
        found.append(Packed(first, tuple(sizes[first:last]), code))
        first = last
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Space:
    """The one-dimensional slices of some columns.

    Parameters
    ----------
    columns
        (C,) names, in alphabetical order.
    place
        (C, N) each row's bin of each column; those of a run come first.
    packed
        The same, a few columns in one number.
    width
        Bins of the column that has most.
    runs
        (C,) bins that lie in a row.
    bins
        (C,) per column: (its run and singles,) positions in the profile's bins.
    column, first, last
        (I,) per slice: its column, and its first and last bin in the column's part of the table.
    cost
        (I,) nats that it takes to name the slice among those of its column: minus the log of its share in the
        chances of error, which ranges open at one end, closed ranges and singles divide.
    """

    columns: tuple[str, ...]
    place: NDArray[np.uint16]
    packed: tuple[Packed, ...]
    width: int
    runs: IntArray
    bins: tuple[IntArray, ...]
    column: IntArray
    first: IntArray
    last: IntArray
    cost: FloatArray

    def name(self, item: int) -> str:
        """Return the column of a one-dimensional slice."""
        return self.columns[int(self.column[item])]

    def is_run(self, item: int) -> bool:
        """Return whether a one-dimensional slice is a run of bins of a number."""
        return bool(self.first[item] < self.runs[self.column[item]])

    def bin(self, item: int) -> int:
        """Return the position, in the profile, of a one-dimensional slice's first bin."""
        return int(self.bins[int(self.column[item])][self.first[item]])

    def inside(self, item: int, rows: IntArray | slice = slice(None)) -> BoolArray:
        """Return which of some rows lie in a one-dimensional slice."""
        own = self.place[int(self.column[item]), rows]
        return np.asarray((own >= self.first[item]) & (own <= self.last[item]))

    def sums(self, rows: IntArray, *weights: FloatArray) -> FloatArray:
        """Return (1 + W, I) the number of some rows (n,), and their sums of weights (n,), in each of the slices."""
        table = np.zeros((1 + len(weights), len(self.columns), self.width))
        for one in self.packed:
            one.fill(table, rows, weights)
        running = np.zeros((*table.shape[:2], self.width + 1))
        np.cumsum(table, axis=2, out=running[:, :, 1:])
        return np.asarray(running[:, self.column, self.last + 1] - running[:, self.column, self.first])

    def of_column(self, column: int) -> "Space":
        """Return the space of one column only."""
        mine = self.column == column
        own = self.place[column]
        return Space(
            (self.columns[column],),
            own[np.newaxis],
            (Packed(0, (self.width,), own.astype(np.int64)),),
            self.width,
            self.runs[column : column + 1],
            (self.bins[column],),
            np.zeros(int(mine.sum()), dtype=np.int64),
            self.first[mine],
            self.last[mine],
            self.cost[mine],
        )


def _order(profile: ColumnProfile) -> tuple[IntArray, int]:
    """Return the positions of the bins that can be sliced by, those in a row first, and how many these are."""
    row = [(RUN[role], float(np.nan_to_num(profile.left[i])), i) for i, role in enumerate(profile.roles) if role in RUN]
    single = [i for i, role in enumerate(profile.roles) if role in SINGLE]
    return np.array([i for *_, i in sorted(row)] + single, dtype=np.int64), len(row)


def _cost(first: IntArray, last: IntArray, run: int) -> FloatArray:
    """Return what naming each slice of a column costs: each kind has the same chance, and each slice of a kind."""
    kind = np.where(first >= run, 2, np.where((first == 0) | (last == run - 1), 0, 1))
    count = np.bincount(kind, minlength=3)
    return np.asarray(np.log(np.count_nonzero(count) * count[kind]))


def slice_space(model: ModelEvidence, rows: Rows, chosen: IntArray) -> Space | None:
    """Return the one-dimensional slices of a model's columns; None when it has none.

    Parameters
    ----------
    chosen
        Positions of the N rows read.
    """
    names = sorted(
        key
        for key, profile in model.columns.items()
        if key in rows.bins and not profile.part and (profile.kind in NAMED or key in rows.values)
    )
    orders = {name: _order(model.columns[name]) for name in names}
    names = [name for name in names if len(orders[name][0]) > 1]
    if not names:
        return None
    sizes = [len(orders[name][0]) + 1 for name in names]
    place = np.empty((len(names), len(chosen)), dtype=np.uint16)
    items = []
    for c, name in enumerate(names):
        order, run = orders[name]
        to = np.full(len(model.columns[name].roles), len(order), dtype=np.uint16)
        to[order] = np.arange(len(order))
        place[c] = to[rows.bins[name][chosen]]
        first, last = np.triu_indices(run)
        part = last - first < run - 1 if run == len(order) else np.ones(len(first), dtype=bool)
        single = np.arange(run, len(order))
        first, last = np.concatenate([first[part], single]), np.concatenate([last[part], single])
        items.append((np.full(len(first), c), first, last))
    column, first, last = (np.concatenate(parts) for parts in zip(*items, strict=True))
    cost = np.concatenate([_cost(*item[1:], int(orders[name][1])) for name, item in zip(names, items, strict=True)])
    runs = np.array([orders[name][1] for name in names])
    bins = tuple(orders[name][0] for name in names)
    return Space(tuple(names), place, _packed(place, sizes), max(sizes), runs, bins, column, first, last, cost)
