"""The slices of one dimension: every category, and every run of neighbouring bins of a number.

All columns' bins lie side by side in one table, so that counting a column's bins for all columns at once is one
`bincount`, and the sum over a run of bins is a difference of two running sums.
"""

from dataclasses import dataclass

import numpy as np

from schemas.evidence import BoolArray, ColumnProfile, FloatArray, IntArray, ModelEvidence, Rows

RUN = {"minus_inf": 0, "below": 1, "range": 2, "above": 3, "plus_inf": 4}
"""Roles of the bins that lie in a row, in this order."""
SINGLE = {"category", "null"}
"""Roles of bins that are slices by themselves; what is unseen, lumped or garbled has no name to slice by."""
NAMED = {"boolean", "category"}
"""Kinds of columns whose bins are sliced by as they are; of others the raw values are needed."""


@dataclass(frozen=True, slots=True)
class Space:
    """The one-dimensional slices of some columns.

    Parameters
    ----------
    columns
        (C,) names, in alphabetical order.
    place
        (C, N) each row's bin in the table of C x `width` bins; those of a run come first.
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
    place: IntArray
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
        column = int(self.column[item])
        own, start = self.place[column, rows], column * self.width
        return np.asarray((own >= start + self.first[item]) & (own <= start + self.last[item]))

    def sums(self, rows: IntArray, weight: FloatArray | None = None) -> FloatArray:
        """Return (I,) the number, or the weight, of the rows in each one-dimensional slice."""
        size, count = self.width, len(self.columns)
        weights = None if weight is None else np.tile(weight, count)
        table = np.bincount(self.place[:, rows].ravel(), weights, minlength=count * size).reshape(count, size)
        running = np.zeros((count, size + 1))
        np.cumsum(table, axis=1, out=running[:, 1:])
        return np.asarray(running[self.column, self.last + 1] - running[self.column, self.first])

    def of_column(self, column: int) -> "Space":
        """Return the space of one column only."""
        mine = self.column == column
        return Space(
            (self.columns[column],),
            self.place[column : column + 1] - column * self.width,
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
    width = max(len(orders[name][0]) for name in names) + 1
    place = np.empty((len(names), len(chosen)), dtype=np.int64)
    items = []
    for c, name in enumerate(names):
        order, run = orders[name]
        to = np.full(len(model.columns[name].roles), width - 1, dtype=np.int64)
        to[order] = np.arange(len(order))
        place[c] = to[rows.bins[name][chosen]] + c * width
        first, last = np.triu_indices(run)
        part = last - first < run - 1 if run == len(order) else np.ones(len(first), dtype=bool)
        single = np.arange(run, len(order))
        first, last = np.concatenate([first[part], single]), np.concatenate([last[part], single])
        items.append((np.full(len(first), c), first, last))
    column, first, last = (np.concatenate(parts) for parts in zip(*items, strict=True))
    cost = np.concatenate([_cost(*item[1:], int(orders[name][1])) for name, item in zip(names, items, strict=True)])
    runs = np.array([orders[name][1] for name in names])
    bins = tuple(orders[name][0] for name in names)
    return Space(tuple(names), place, width, runs, bins, column, first, last, cost)
