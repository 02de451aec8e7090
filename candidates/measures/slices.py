"""The slices in which a model's errors, or answers, moved more than elsewhere: found, bounded and written down."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from candidates.measures.predicates import Condition, Slice, range_condition
from candidates.measures.row_errors import RowErrors
from candidates.measures.slice_edges import refine, sharpness
from candidates.measures.slice_scan import ONE_SIDED, Contrast, Items, Search
from candidates.measures.slice_sets import Sets, sets_of
from candidates.measures.slice_space import slice_space
from schemas.evidence import BoolArray, ColumnProfile, FloatArray, IntArray, ModelEvidence, Rows

REFINED, SHOWN = 6, 5
SAME = 0.9
"""Overlap (Jaccard) from which two slices are one."""
MOST_ROWS = 10_000
"""Rows read of each side."""


@dataclass(frozen=True, slots=True)
class FoundSlice:
    """A slice in which errors grew more than elsewhere.

    Parameters
    ----------
    inside
        (N,) its rows among those that were read.
    z, p_value
        Growth beyond the other rows' in standard errors; its chance anywhere among all slices of as many conditions,
        by a Bonferroni correction that is milder for the slices that are simpler to name (Holm, 1979: weighted).
    cost
        The log of that correction, nats.
    rise, rest
        Growth of the errors in the slice beyond the others', and growth of the others' (amplitudes, comparable).
    worth
        By which slices are ranked.
    sharp
        How sharply the errors rise at the ends of its numeric ranges, [0, 1].
    rest_error
        Standard error of `rest`.
    """

    where: Slice
    inside: BoolArray
    z: float
    p_value: float
    cost: float
    rise: float
    rest: float
    worth: float
    sharp: float
    rest_error: float

    @property
    def clear(self) -> float:
        """Return the log likelihood ratio, less what naming the slice costs."""
        return max(self.z**2 / 2 - self.cost, 0.0)

    @property
    def alone(self) -> float:
        """Return how much of the slice's growth the other rows do not share, beyond their sampling error, [0, 1]."""
        whole = self.rise + max(self.rest - ONE_SIDED * self.rest_error, 0.0)
        return self.rise / whole if whole > 0 else 0.0


def thinned(errors: RowErrors, after: BoolArray) -> RowErrors:
    """Return at most `MOST_ROWS` rows of each side, evenly spread."""
    kept: list[IntArray] = []
    for side in (~after, after):
        found = np.flatnonzero(side)
        if len(found) > MOST_ROWS:
            found = found[np.linspace(0, len(found) - 1, MOST_ROWS).astype(int)]
        kept.append(found)
    return errors.only(np.concatenate(kept))


def find_slices(model: ModelEvidence, rows: Rows, errors: RowErrors) -> tuple[FoundSlice, ...]:
    """Return the slices whose errors grew more than elsewhere, the best first, no two of the same rows."""
    space = slice_space(model, rows, errors.rows)
    if space is None:
        return ()
    search = Search(Contrast(space, errors.residual, errors.gain, rows.after[errors.rows]))
    best = search.run()[:REFINED]
    ranged = {space.name(item) for items in best for item in items if space.is_run(item)}
    numbers = {name: _Numbers.of(rows.values[name][errors.rows]) for name in ranged}
    found = [_found(search, items, numbers, model.columns, sets_of(search, items, model.columns)) for items in best]
    found.sort(key=lambda one: (-one.worth, str(one.where)))
    out: list[FoundSlice] = []
    for one in found:
        if one.worth > 0 and all(overlap(one.inside, other.inside) < SAME for other in out):
            out.append(one)
    return tuple(out[:SHOWN])


def overlap(one: BoolArray, other: BoolArray) -> float:
    """Return the Jaccard overlap of two sets of rows."""
    return float((one & other).sum() / max(int((one | other).sum()), 1))


@dataclass(frozen=True, slots=True)
class _Numbers:
    """A column's raw values (N,), NaN for null, and the finite ones in ascending order."""

    values: FloatArray
    ascending: FloatArray

    @classmethod
    def of(cls, values: FloatArray) -> "_Numbers":
        return cls(values, np.sort(values[np.isfinite(values)]))


def _found(
    search: Search, items: Items, numbers: Mapping[str, _Numbers], profiles: Mapping[str, ColumnProfile], sets: Sets
) -> FoundSlice:
    """Return a slice, its numeric ranges moved to where raw values say, judged and written down."""
    contrast, space, depth = search.contrast, search.space, len(items)
    masks = {item: sets.inside.get(item, space.inside(item)) for item in items}
    # by the bins, whose slices are counted: of the ends tried below the best is better by chance too
    cost = contrast.cost(items) + sets.cost
    z = float(contrast.one(np.logical_and.reduce(list(masks.values())), cost, depth).z[0])
    for item in items:
        if space.is_run(item):
            masks[item] = _bounded(contrast, numbers[space.name(item)].values, _all_but(masks, item), items, item)
    conditions = [
        _range(space.name(item), numbers[space.name(item)], mask)
        if space.is_run(item)
        else sets.condition.get(item) or _single(profiles[space.name(item)], space.bin(item))
        for item, mask in masks.items()
    ]
    inside = np.logical_and.reduce(list(masks.values()))
    judged = contrast.one(inside, cost, depth)
    rise = float(judged.rise[0])
    ends = [
        sharpness(contrast, numbers[space.name(i)].values, _all_but(masks, i), masks[i], rise)
        for i in items
        if space.is_run(i)
    ]
    rest, rest_error = contrast.growth(~inside)
    return FoundSlice(
        where=Slice(tuple(sorted(conditions, key=lambda one: one.column))),
        inside=inside,
        z=z,
        p_value=min(1.0, math.exp(min(cost, 700.0)) * 0.5 * math.erfc(z / math.sqrt(2))),
        cost=cost,
        rise=rise,
        rest=rest,
        worth=float(judged.worth[0]),
        sharp=min(ends, default=1.0),
        rest_error=rest_error,
    )


def _all_but(masks: Mapping[int, BoolArray], item: int) -> BoolArray:
    """Return the rows (N,) that meet all conditions but one."""
    others = (mask for other, mask in masks.items() if other != item)
    return np.asarray(np.logical_and.reduce([np.ones_like(masks[item]), *others]))


def _bounded(contrast: Contrast, values: FloatArray, others: BoolArray, items: Items, item: int) -> BoolArray:
    """Return the rows (N,) of one numeric range, its ends moved to where the slice fits best."""
    refined = values[refine(contrast, values, others, items, item)]
    own = refined[np.isfinite(refined)]
    if not len(own):
        return contrast.space.inside(item)
    return np.asarray((values >= own.min()) & (values <= own.max()))


def _range(column: str, numbers: _Numbers, mask: BoolArray) -> Condition:
    own = numbers.values[mask & np.isfinite(numbers.values)]
    return range_condition(column, numbers.ascending, float(own.min()), float(own.max()))


def _single(profile: ColumnProfile, place: int) -> Condition:
    return Condition(profile.column, value=None if profile.roles[place] == "null" else profile.labels[place])


def selected(where: Slice, profiles: Mapping[str, ColumnProfile], rows: Rows) -> BoolArray:
    """Return which of any sampled rows (N,) of a model lie in a slice."""
    columns: dict[str, NDArray[Any]] = {}
    for one in where.conditions:
        profile = profiles[one.column]
        names = [None if role == "null" else name for role, name in zip(profile.roles, profile.labels, strict=True)]
        numbers = rows.values.get(one.column)
        columns[one.column] = np.array(names, dtype=object)[rows.bins[one.column]] if numbers is None else numbers
    return where.mask(columns)


def as_errors(rows: IntArray, value: FloatArray) -> RowErrors:
    """Return any number per row (larger is worse) as errors to scan, for rows at some positions."""
    spread = max(float(value.std()), 1e-12)
    return RowErrors(rows, value, value / spread, np.ones(len(value)))
