"""Scan all slices of one to three dimensions for those whose errors grew more than elsewhere.

Difference in differences: of every slice, the change of its error from baseline to window, less the change of all
other rows. What moved everywhere is no slice, nor is one that was always worse and merely has more rows now. With so
many slices the largest is large by chance: what naming a slice costs, in nats, is taken off the log likelihood ratio.

References
----------
Neill, "Fast subset scan for spatial pattern detection", J. Royal Statistical Society B 74(2), 2012 (likelihood
ratio scans); Chung et al., "Slice Finder", ICDE 2019 (interpretable slices, multiple testing).
"""

import math
from dataclasses import dataclass

import numpy as np

from candidates.measures.slice_space import Space
from schemas.evidence import BoolArray, FloatArray, IntArray

DEPTH = 3
FEWEST = 30
"""Rows of a slice on each side."""
LEAST, MOST = 0.01, 0.6
"""Share of the window's rows that a slice holds."""
GROWTH = 3.0
"""A slice that holds so many times its old share of the rows is new: there is little to compare it with."""
WIDE, NARROW, BRANCHES = 16, 8, 4
"""Slices extended by a second condition; by a third; extensions kept of each."""
PER_COLUMN = 2
REFITTED = 12
ALIKE = 3.0
"""Standard errors by which errors grew in a category that widens a condition."""
ONE_SIDED = 1.64
"""Standard errors that chance leaves one number below of twenty."""
DEEPER = 0.9
"""Factor by which a further condition must be worth it."""

Items = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Judged:
    """Some slices (K,) judged: `rise` of the amplitude beyond the others', `z` in standard errors, `worth` to rank."""

    rise: FloatArray
    z: FloatArray
    worth: FloatArray


@dataclass(frozen=True, slots=True)
class Sums:
    """Rows, squared gain and gain x residual of some slices (K,), or of a whole side."""

    count: FloatArray
    mass: FloatArray
    moment: FloatArray


class Contrast:
    """Judges slices by the change of their errors against that of the other rows.

    Parameters
    ----------
    residual, gain
        (N,) errors as `row_errors` gives them.
    after
        (N,) rows of the window.
    """

    def __init__(self, space: Space, residual: FloatArray, gain: FloatArray, after: BoolArray) -> None:
        self.space, self.after = space, after
        base = ~after
        level = float((gain * residual)[base].sum() / max(float((gain**2)[base].sum()), 1e-12))
        self.residual = residual - level * gain
        self.mass, self.moment = gain**2, gain * self.residual
        self.variance = tuple(self._variance(side) for side in (base, after))
        self.whole = (self._whole(base), self._whole(after))

    def _variance(self, side: BoolArray) -> float:
        """Return what an amplitude's variance over some rows of a side is, times their squared gain."""
        mass, residual = self.mass[side], self.residual[side]
        level = float(self.moment[side].sum() / max(float(mass.sum()), 1e-12))
        off = mass * (residual - level * np.sqrt(mass)) ** 2
        return max(float(off.sum() / max(float(mass.sum()), 1e-12)), 1e-12)

    def _whole(self, side: BoolArray) -> Sums:
        parts = (side.astype(np.float64), self.mass[side], self.moment[side])
        return Sums(*(np.array(part.sum()) for part in parts))

    def cost(self, items: Items) -> float:
        """Return the nats that naming some columns, and a slice of each, costs."""
        return math.log(math.comb(len(self.space.columns), len(items))) + float(self.space.cost[list(items)].sum())

    def extended(self, inside: BoolArray, items: Items, within: Space | None = None) -> Judged:
        """Return a slice (its rows, (N,), and its conditions) judged with each further condition.

        Parameters
        ----------
        within
            The one-dimensional slices tried; all of them when None.
        """
        space, columns, depth = within or self.space, len(self.space.columns), len(items) + 1
        before, after = (self._items(space, np.flatnonzero(inside & side)) for side in (~self.after, self.after))
        cost = math.log(max(math.comb(columns, depth), 1)) + float(self.space.cost[list(items)].sum()) + space.cost
        return self.judge(before, after, cost, depth)

    def _items(self, space: Space, rows: IntArray) -> Sums:
        return Sums(*space.sums(rows, self.mass[rows], self.moment[rows]))

    def of_runs(self, order: IntArray, first: IntArray, last: IntArray, cost: FloatArray, depth: int) -> Judged:
        """Return slices judged that are runs [first, last) (K,) of rows in some order."""
        before, after = (self._runs(order, side, first, last) for side in (~self.after, self.after))
        return self.judge(before, after, cost, depth)

    def _runs(self, order: IntArray, side: BoolArray, first: IntArray, last: IntArray) -> Sums:
        use = side[order].astype(np.float64)
        parts = (use, use * self.mass[order], use * self.moment[order])
        running = [np.concatenate([[0.0], np.cumsum(part)]) for part in parts]
        return Sums(*(total[last] - total[first] for total in running))

    def one(self, inside: BoolArray, cost: float, depth: int) -> Judged:
        """Return one slice judged, given its rows (N,), what naming it costs, and its number of conditions."""
        order = np.flatnonzero(inside)
        ends = np.array([0]), np.array([len(order)])
        return self.of_runs(order, *ends, cost=np.array([cost]), depth=depth)

    def growth(self, which: BoolArray) -> tuple[float, float]:
        """Return by how much the amplitude of the errors grew over some rows (N,), and its standard error."""
        mass = [max(float(self.mass[which & side].sum()), 1e-12) for side in (~self.after, self.after)]
        level = [float(self.moment[which & side].sum()) for side in (~self.after, self.after)]
        error = math.sqrt(self.variance[0] / mass[0] + self.variance[1] / mass[1])
        return level[1] / mass[1] - level[0] / mass[0], error

    def judge(self, before: Sums, after: Sums, cost: FloatArray, depth: int) -> Judged:
        """Return slices judged by their sums on both sides, and what naming them costs."""
        all0, all1 = self.whole
        rest0, rest1 = all0.count - before.count, all1.count - after.count
        fine = (np.minimum(before.count, after.count) >= FEWEST) & (np.minimum(rest0, rest1) >= FEWEST)
        share = after.count / max(float(all1.count), 1.0)
        fine &= (share >= LEAST) & (share <= MOST)
        fine &= share <= GROWTH * before.count / max(float(all0.count), 1.0)
        masses = (before.mass, after.mass, all0.mass - before.mass, all1.mass - after.mass)
        fine &= np.minimum.reduce(masses) > 1e-9
        own0, own1, other0, other1 = (np.where(fine, mass, 1.0) for mass in masses)
        rise = after.moment / own1 - before.moment / own0
        rise -= (all1.moment - after.moment) / other1 - (all0.moment - before.moment) / other0
        error = np.sqrt(self.variance[0] * (1 / own0 + 1 / other0) + self.variance[1] * (1 / own1 + 1 / other1))
        rise = np.where(fine, rise, 0.0)
        z = np.maximum(rise, 0.0) / error
        likelihood = np.maximum(z**2 / 2 - cost, 0.0)
        explained = np.maximum(rise, 0.0) * own1 / max(float(all1.mass), 1e-12)
        return Judged(rise, z, likelihood * DEEPER ** (depth - 1) * np.sqrt(explained))


class Search:
    """The best slices, by a beam that keeps the best few of every column, and refits each condition in the end."""

    def __init__(self, contrast: Contrast) -> None:
        self.contrast, self.space = contrast, contrast.space
        self.worth: dict[Items, float] = {}
        self._single: dict[int, Space] = {}

    def run(self) -> list[Items]:
        """Return slices, best first, each as positions of its one-dimensional slices."""
        everywhere = np.ones(len(self.contrast.after), dtype=bool)
        beam = [items for _, items in self._kept((), self.contrast.extended(everywhere, ()), WIDE)]
        for _ in range(1, min(DEPTH, len(self.space.columns))):
            grown = {one for items in beam for one in self._extensions(items)}
            beam = [items for _, items in sorted(grown, key=lambda one: (-one[0], one[1]))[:NARROW]]
        for items in self._best():
            self._refit(items)
        return self._best()

    def inside(self, items: Items) -> BoolArray:
        """Return the rows (N,) of a slice."""
        inside = np.ones(len(self.contrast.after), dtype=bool)
        for item in items:
            inside &= self.space.inside(item)
        return inside

    def _best(self) -> list[Items]:
        found = [items for items, worth in self.worth.items() if worth > 0]
        return sorted(found, key=lambda items: (-self.worth[items], items))[:REFITTED]

    def _extensions(self, items: Items) -> list[tuple[float, Items]]:
        return self._kept(items, self.contrast.extended(self.inside(items), items), BRANCHES)

    def _kept(self, items: Items, judged: Judged, most: int) -> list[tuple[float, Items]]:
        """Record and return the clearest extensions of a slice, of each column a few that do not overlap."""
        s, taken = self.space, {int(self.space.column[item]) for item in items}
        order = np.argsort(-judged.z, kind="stable")[: 60 * most]
        own: dict[int, list[int]] = {}
        kept: list[tuple[float, Items]] = []
        for item in order[judged.z[order] > 0].tolist():
            column = int(s.column[item])
            mine = own.setdefault(column, [])
            apart = all(s.first[item] > s.last[other] or s.first[other] > s.last[item] for other in mine)
            if column in taken or len(mine) >= PER_COLUMN or not apart:
                continue
            mine.append(item)
            key = tuple(sorted((*items, item)))
            self.worth[key] = float(judged.worth[item])
            kept.append((float(judged.z[item]), key))
            if len(kept) >= most:
                break
        return kept

    def categories(self, items: Items, item: int) -> IntArray:
        """Return the other categories of a condition's column in which errors grew too, the clearest first.

        As one-dimensional slices, each judged among the rows that meet the other conditions.
        """
        column = int(self.space.column[item])
        others = tuple(i for i in items if i != item)
        z = self.contrast.extended(self.inside(others), others, self._only(column)).z
        first = int(np.searchsorted(self.space.column, column))
        order = first + np.argsort(-z, kind="stable")
        alike = [i for i in order if z[i - first] > ALIKE and not self.space.is_run(i) and i != item]
        return np.array(alike, dtype=np.int64)

    def _only(self, column: int) -> Space:
        if column not in self._single:
            self._single[column] = self.space.of_column(column)
        return self._single[column]

    def _refit(self, items: Items) -> None:
        """Improve each condition given the others, as long as that helps."""
        for _ in range(2):
            before = items
            for item in before:
                others = tuple(i for i in items if i != item)
                column = int(self.space.column[item])
                worth = self.contrast.extended(self.inside(others), others, self._only(column)).worth
                best = int(worth.argmax())
                if worth[best] > 0:
                    items = tuple(sorted((*others, best + int(np.searchsorted(self.space.column, column)))))
                    self.worth[items] = float(worth[best])
            if items == before:
                return
