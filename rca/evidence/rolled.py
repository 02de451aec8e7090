"""Periods whose raw rows were removed: only cells are left, so less can be looked at, and the answer says so."""

from collections.abc import Iterable

from rca.metrics.buckets import naive
from rca.profile.parts import OUTPUT_COLUMNS
from rca.warehouse import Warehouse
from schemas.evidence import ColumnProfile, Symptom, Window

ENOUGH_ROWS = 200
"""A side with fewer raw rows left, and less than half of all, is not compared row by row."""

OF_NODE = f"node = $node AND split = 'production' AND column_name = '{OUTPUT_COLUMNS[0]}' AND part = ''"
"""SQL condition of the cells that count each production row of a node once."""


def is_behind(warehouse: Warehouse, node: str, windows: Iterable[Window]) -> bool:
    """Return whether rows of any of the periods were removed."""
    return any(
        warehouse.connection.execute(
            "SELECT 1 FROM rollups WHERE node = ? AND start < ? AND stop > ? LIMIT 1",
            [node, naive(window.end), naive(window.start)],
        ).fetchone()
        for window in windows
    )


def has_few_rows(warehouse: Warehouse, node: str, table: str, windows: Iterable[Window]) -> bool:
    """Return whether too few raw rows of any of the periods are left to stand for it; `table` is quoted already."""
    for window in windows:
        bounds = {"start": naive(window.start), "end": naive(window.end)}
        left = warehouse.connection.execute(
            f"SELECT count(*) FROM {table} WHERE split = 'production' AND ts >= $start AND ts < $end", bounds
        ).fetchone()
        once = warehouse.connection.execute(
            f"SELECT coalesce(sum(n), 0) FROM profile WHERE {OF_NODE} AND hour >= $start AND hour < $end",
            bounds | {"node": node},
        ).fetchone()
        rows, counted = (left or (0,))[0], (once or (0,))[0]
        if rows < ENOUGH_ROWS and 2 * rows < counted:
            return True
    return False


def kept_categories(profile: ColumnProfile | None) -> tuple[tuple[str, int, int], ...]:
    """Return (category, rows before, rows after) as far as the cells tell them apart, the most frequent first."""
    if profile is None:
        return ()
    counted = [
        (label, int(before), int(after))
        for label, role, before, after in zip(profile.labels, profile.roles, profile.before, profile.after, strict=True)
        if role == "category" and before + after > 0
    ]
    return tuple(sorted(counted, key=lambda row: (-row[1] - row[2], row[0])))


def rolled_up(warehouse: Warehouse, nodes: Iterable[str], symptom: Symptom) -> tuple[str, ...]:
    """Return a warning for each model of whose baseline or window raw rows were removed."""
    windows = [symptom.window] if symptom.reference_split else [symptom.baseline, symptom.window]
    told = []
    for node in sorted(nodes):
        if is_behind(warehouse, node, windows):
            row = warehouse.connection.execute("SELECT max(stop) FROM rollups WHERE node = ?", [node]).fetchone()
            if row:
                told.append(
                    f"raw rows of {node} before {row[0]:%Y-%m-%d %H:%M} were rolled up: what is older was compared by "
                    "the counts that are kept of it, not row by row"
                )
    return tuple(told)
