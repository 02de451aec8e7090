"""The kept bins of one column in a fixed order: the order of every array over bins."""

import math
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from rca.profile.labels import range_labels
from rca.warehouse.tables import ABOVE, BELOW, MINUS_INF, NAN, NULL, OTHER, PLUS_INF, SPECIAL_BINS, UNSEEN

FIRST_CODE = min(SPECIAL_BINS)
RANGED_KINDS = ("numeric", "timestamp", "vector")


@dataclass(frozen=True, slots=True)
class Layout:
    """The bins of one part of one column.

    Parameters
    ----------
    codes, roles, labels
        (B,) bin codes as in table `bins`, roles and readable labels. Numbers: below, the ranges in
        order, above, null, NaN, -inf, +inf. Categories: the kept ones, other, unseen, null.
    left, right
        (B,) edges of ranges (infinite where unbounded), NaN elsewhere.
    categories
        (B,) the category of category bins, None elsewhere.
    position
        (C,) position in the above arrays of bin code `k + FIRST_CODE`; -1 when there is none.
    complete
        False when the reference had too many categories for an unseen one to be told.
    """

    column: str
    part: str
    kind: str
    codes: NDArray[np.int64]
    roles: tuple[str, ...]
    labels: tuple[str, ...]
    left: NDArray[np.float64]
    right: NDArray[np.float64]
    categories: tuple[str | None, ...]
    position: NDArray[np.int64]
    complete: bool

    @property
    def key(self) -> str:
        """Return `column`, or `column[part]` for a part of a vector."""
        return f"{self.column}[{self.part}]" if self.part else self.column


@dataclass(frozen=True, slots=True)
class _Bin:
    code: int
    role: str
    left: float
    right: float
    category: str | None


def read_layouts(connection: duckdb.DuckDBPyConnection, node: str) -> list[Layout]:
    """Return the layout of every profiled part of the node, ordered by (column, part)."""
    rows = connection.execute(
        """
        -- a row is one kept bin
        SELECT column_name, part, kind, bin, role, bin_left, bin_right, category
        FROM bins WHERE node = ? ORDER BY column_name, part, bin
        """,
        [node],
    ).fetchall()
    return [_layout(*key, [row[2:] for row in group]) for key, group in groupby(rows, key=lambda row: (row[0], row[1]))]


def _layout(column: str, part: str, rows: list[tuple[Any, ...]]) -> Layout:
    kind = rows[-1][0]
    ranges, moved = _first_edges(
        [
            _Bin(code, role, -np.inf if left is None else left, np.inf if right is None else right, None)
            for _, code, role, left, right, _ in rows
            if code >= 0 and role == "range"
        ]
    )
    categories = [
        _Bin(code, role, np.nan, np.nan, category) for _, code, role, _, _, category in rows if role == "category"
    ]
    bins = _ordered(kind, ranges, categories)
    codes = np.array([b.code for b in bins], dtype=np.int64)
    position = np.full(max([*codes.tolist(), *moved, 0]) - FIRST_CODE + 1, -1, dtype=np.int64)
    position[codes - FIRST_CODE] = np.arange(len(codes))
    for code, target in moved.items():
        position[code - FIRST_CODE] = position[target - FIRST_CODE]
    return Layout(
        column=column,
        part=part,
        kind=kind,
        codes=codes,
        roles=tuple(b.role for b in bins),
        labels=_labels(bins, kind),
        left=np.array([b.left for b in bins]),
        right=np.array([b.right for b in bins]),
        categories=tuple(b.category for b in bins),
        position=position,
        complete=any(code == UNSEEN for _, code, *_ in rows),
    )


def _ordered(kind: str, ranges: list[_Bin], categories: list[_Bin]) -> list[_Bin]:
    def special(*codes: int) -> list[_Bin]:
        return [_Bin(code, SPECIAL_BINS[code], np.nan, np.nan, None) for code in codes]

    ranged = kind in RANGED_KINDS or bool(ranges)
    numbers = [*special(BELOW), *ranges, *special(ABOVE)] if ranged else []
    names = [*categories, *(special(OTHER, UNSEEN) if kind != "boolean" else [])]
    listed = names if categories or not ranged else []
    return [*numbers, *listed, *special(NULL), *(special(NAN, MINUS_INF, PLUS_INF) if ranged else [])]


def _first_edges(ranges: list[_Bin]) -> tuple[list[_Bin], dict[int, int]]:
    """Keep the ranges that overlap no earlier one; a later one goes where its midpoint falls.

    Own edges never overlap; imported histograms may change their edges over time.
    """
    kept: list[_Bin] = []
    moved: dict[int, int] = {}
    late: list[_Bin] = []
    lefts = np.array([b.left for b in ranges])
    rights = np.array([b.right for b in ranges])
    # the usual case: bins in ascending order without overlap
    if bool(np.all(lefts[1:] >= rights[:-1])):
        return ranges, moved
    for b in ranges:
        free = all(b.right <= k.left or b.left >= k.right for k in kept)
        (kept if free else late).append(b)
    kept.sort(key=lambda b: b.left)
    edges = np.array([b.left for b in kept])
    for b in late:
        at = int(np.searchsorted(edges, _midpoint(b), side="right")) - 1
        moved[b.code] = kept[max(at, 0)].code
    return kept, moved


def _midpoint(b: _Bin) -> float:
    if np.isinf(b.left):
        return b.right if np.isinf(b.right) else math.nextafter(b.right, -math.inf)
    return b.left if np.isinf(b.right) else (b.left + b.right) / 2


def _labels(bins: list[_Bin], kind: str) -> tuple[str, ...]:
    unit = " h" if kind == "timestamp" else ""
    ranges = [b for b in bins if b.role == "range"]
    names = range_labels([b.left for b in ranges], [b.right for b in ranges], unit)
    by_code = {b.code: name for b, name in zip(ranges, names, strict=True)}
    if ranges:
        by_code[BELOW] = f"below {ranges[0].left:.6g}{unit}"
        by_code[ABOVE] = f"above {ranges[-1].right:.6g}{unit}"
    return tuple(by_code.get(b.code, b.role) if b.category is None else b.category or "''" for b in bins)
