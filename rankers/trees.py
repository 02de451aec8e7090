"""Read, score and explain LightGBM's text models with numpy alone.

Importing lightgbm takes as long as a whole analysis, and it trusts the files that it reads (LightGBM #7357). The
rankers' trees are small, so each leaf is kept as the box of feature values that leads to it: a score is the sum of the
values of the boxes that a row is in, and TreeSHAP (Lundberg, Erion and Lee 2018, algorithm 1) is a closed
form over the few features of each box.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import factorial

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

DEEPEST = 6
"""Distinct features that a box may have: shares of each among them are summed over all subsets."""

MOST_LEAVES = 100_000
"""Leaves of a whole model."""

DEFAULT_LEFT, MISSING_NAN = 2, 8
NUMERICAL = {0, DEFAULT_LEFT, MISSING_NAN, MISSING_NAN | DEFAULT_LEFT}
"""Kinds of split that are read; the others split categories, or treat zero as missing."""


class MalformedModel(ValueError):
    """The text is not a model that LightGBM wrote for a ranker of ours."""


@dataclass(slots=True)
class _Side:
    """What a path demands of one feature, and what share of the training rows met it."""

    low: float = -np.inf
    high: float = np.inf
    missing: bool = True
    cover: float = 1.0


@dataclass(frozen=True, slots=True)
class Trees:
    """A model as boxes.

    Parameters
    ----------
    names
        (F,) the features, in the order of a row's columns.
    feature
        (L, D) index of each feature of each box; -1 pads.
    low, high
        (L, D) a value is inside when low < value <= high.
    missing
        (L, D) whether NaN is inside.
    cover
        (L, D) share of the training rows that the splits on this feature let through.
    value
        (L,) what a box adds to the score.
    """

    names: tuple[str, ...]
    feature: NDArray[np.int64]
    low: Numbers
    high: Numbers
    missing: NDArray[np.bool_]
    cover: Numbers
    value: Numbers

    def _inside(self, rows: Numbers) -> NDArray[np.bool_]:
        """Return (K, L, D) whether each row meets each demand."""
        seen = rows[:, np.maximum(self.feature, 0)]
        met = np.where(np.isnan(seen), self.missing, (seen > self.low) & (seen <= self.high))
        return met | (self.feature < 0)

    def score(self, rows: Numbers) -> Numbers:
        """Return (K,) scores of (K, F) rows."""
        if not len(self.value):
            return np.zeros(len(rows))
        inside = np.asarray(self._inside(rows).all(axis=2), dtype=np.float64)
        found: Numbers = np.asarray(inside @ self.value)
        return found

    def expected(self) -> float:
        """Return the score of a row of which nothing is known."""
        return float((self.cover.prod(axis=1) * self.value).sum())

    def contributions(self, rows: Numbers) -> Numbers:
        """Return (K, F) how far each feature moves each row's score from `expected`: exact TreeSHAP."""
        out = np.zeros((len(rows), len(self.names)))
        if not len(self.value):
            return out
        met = self._inside(rows).astype(np.float64)
        depth = (self.feature >= 0).sum(axis=1)
        for d in range(1, int(depth.max(initial=0)) + 1):
            boxes = np.flatnonzero(depth == d)
            if len(boxes):
                self._add(out, met[:, boxes, :d], boxes, d)
        return out

    def _add(self, out: Numbers, met: Numbers, boxes: NDArray[np.int64], d: int) -> None:
        cover = self.cover[boxes, :d]
        for i in range(d):
            others = [j for j in range(d) if j != i]
            total = np.zeros(met.shape[:2])
            for size in range(d):
                weight = factorial(size) * factorial(d - size - 1) / factorial(d)
                for known in combinations(others, size):
                    unknown = [j for j in others if j not in known]
                    total += weight * met[:, :, known].prod(axis=2) * cover[:, unknown].prod(axis=1)
            moved = self.value[boxes] * (met[:, :, i] - cover[:, i]) * total
            columns = self.feature[boxes, i]
            for column in np.unique(columns):
                out[:, column] += moved[:, columns == column].sum(axis=1)


def read_trees(text: str) -> Trees:
    """Return the boxes of a model in LightGBM's text format.

    Raises
    ------
    MalformedModel
        When it is no such model, has categorical splits, or is out of bounds anywhere.
    """
    head, *blocks = text.split("\nTree=")
    names = tuple(_fields(head).get("feature_names", "").split())
    if not names or _fields(head).get("version") != "v4":
        raise MalformedModel("this is no LightGBM model of version v4 with named features")
    boxes: list[tuple[dict[int, _Side], float]] = []
    for block in blocks:
        try:
            boxes.extend(_boxes(_fields(block.split("end of trees")[0]), len(names)))
        except (KeyError, ValueError, IndexError, ZeroDivisionError, RecursionError) as error:
            raise MalformedModel(f"tree {block.partition(chr(10))[0][:20]!r} cannot be read: {error}") from error
        if len(boxes) > MOST_LEAVES:
            raise MalformedModel(f"more than {MOST_LEAVES} leaves")
    return _packed(names, boxes)


def _fields(text: str) -> dict[str, str]:
    return {key: value for key, _, value in (line.partition("=") for line in text.splitlines())}


def _numbers(fields: Mapping[str, str], name: str, size: int) -> list[float]:
    found = [float(part) for part in fields[name].split()]
    if len(found) != size or not all(math.isfinite(v) or (name == "threshold" and math.isinf(v)) for v in found):
        raise ValueError(f"{name} has not {size} usable numbers")
    return found


def _boxes(fields: Mapping[str, str], width: int) -> Iterator[tuple[dict[int, _Side], float]]:
    """Yield each leaf of one tree as what its path demands of each feature, and its value."""
    leaves = int(fields["num_leaves"])
    if int(fields.get("num_cat", "0")) or int(fields.get("is_linear", "0")):
        raise ValueError("it has categorical splits or linear leaves")
    values = _numbers(fields, "leaf_value", leaves)
    if leaves == 1:
        yield {}, values[0]
        return
    feature, kind, left, right = (
        [int(v) for v in _numbers(fields, name, leaves - 1)]
        for name in ("split_feature", "decision_type", "left_child", "right_child")
    )
    threshold = _numbers(fields, "threshold", leaves - 1)
    inner, outer = _numbers(fields, "internal_count", leaves - 1), _numbers(fields, "leaf_count", leaves)
    if any(not 0 <= f < width for f in feature) or min(inner) <= 0:
        raise ValueError("a feature or a count is out of bounds")
    if sorted([*left, *right]) != sorted([*range(1, leaves - 1), *(~leaf for leaf in range(leaves))]):
        raise ValueError("its nodes are no tree")
    pending: list[tuple[int, dict[int, _Side]]] = [(0, {})]
    while pending:
        node, path = pending.pop()
        if node < 0:
            yield path, values[~node]
            continue
        for child, goes_left in ((left[node], True), (right[node], False)):
            count = inner[child] if child >= 0 else outer[~child]
            side = _narrowed(path.get(feature[node], _Side()), threshold[node], kind[node], left=goes_left)
            side.cover *= count / inner[node]
            pending.append((child, path | {feature[node]: side}))


def _narrowed(side: _Side, threshold: float, kind: int, *, left: bool) -> _Side:
    if kind not in NUMERICAL:
        raise ValueError("it splits categories or treats zero as missing")
    missing_left = bool(kind & DEFAULT_LEFT) if kind & MISSING_NAN else threshold >= 0.0
    missing = side.missing and missing_left is left
    if left:
        return _Side(side.low, min(side.high, threshold), missing, side.cover)
    return _Side(max(side.low, threshold), side.high, missing, side.cover)


def _packed(names: tuple[str, ...], boxes: Sequence[tuple[dict[int, _Side], float]]) -> Trees:
    depth = max((len(path) for path, _ in boxes), default=0)
    if depth > DEEPEST:
        raise MalformedModel(f"a path of {depth} features, more than {DEEPEST}")
    shape = (len(boxes), max(1, depth))
    feature, low, high = np.full(shape, -1, dtype=np.int64), np.full(shape, -np.inf), np.full(shape, np.inf)
    missing, cover = np.ones(shape, dtype=bool), np.ones(shape)
    for row, (path, _) in enumerate(boxes):
        for column, (index, side) in enumerate(sorted(path.items())):
            feature[row, column], missing[row, column], cover[row, column] = index, side.missing, side.cover
            low[row, column], high[row, column] = side.low, side.high
    return Trees(names, feature, low, high, missing, cover, np.array([value for _, value in boxes], dtype=np.float64))
