"""The categories of a column by name, straight from the logged rows: what the kept bins lump together."""

import duckdb

from rca.metrics.buckets import naive
from rca.profile.parts import Log, Part, read_log
from rca.warehouse import Warehouse
from schemas.evidence import Window
from schemas.system import Node

REFERENCE_ROWS = "split IN ('train', 'validation')"


def rows_inside(window: Window) -> str:
    """Return the SQL condition of production rows inside the period."""
    start, end = naive(window.start), naive(window.end)
    return f"split = 'production' AND ts >= TIMESTAMP '{start}' AND ts < TIMESTAMP '{end}'"


def unseen_categories(
    warehouse: Warehouse, node: Node, column: str, window: Window, limit: int = 20
) -> list[tuple[str, int]]:
    """Return the categories of the period that the reference did not have, with their rows, most first.

    Empty when the column is no category column of a row log, or had too many categories for its
    vocabulary to be kept.
    """
    found = _category_part(warehouse.connection, node.id, column)
    if found is None:
        return []
    log, part = found
    return warehouse.connection.execute(
        f"""
        -- a row is one known category; none when the vocabulary is not complete (no bin of unseen ones)
        WITH known AS (
            SELECT category FROM bins WHERE node = $node AND column_name = $column AND role = 'category'
            UNION ALL
            SELECT category FROM rare_categories WHERE node = $node AND column_name = $column
        ),
        complete AS (SELECT 1 FROM bins WHERE node = $node AND column_name = $column AND role = 'unseen'),
        counted AS (
            SELECT CAST({part.value} AS VARCHAR) AS category, count(*) AS n
            FROM {log.table} WHERE {rows_inside(window)} GROUP BY 1
        )
        SELECT category, n FROM counted ANTI JOIN known USING (category)
        WHERE category IS NOT NULL AND EXISTS (FROM complete)
        ORDER BY n DESC, category LIMIT {int(limit)}
        """,
        {"node": node.id, "column": column},
    ).fetchall()


def category_counts(  # noqa: PLR0917 (what to compare, and how much: all belong to the call)
    warehouse: Warehouse,
    node: Node,
    column: str,
    baseline: Window,
    window: Window,
    limit: int = 200,
    *,
    baseline_split: bool = False,
) -> list[tuple[str, int, int]]:
    """Return (category, rows in the baseline, rows in the window), the most frequent over both first.

    Nulls are left out. Empty when the column is no category or boolean column of a row log.
    `baseline_split` says that the baseline is the train and validation rows, whatever their time.
    """
    found = _category_part(warehouse.connection, node.id, column)
    if found is None:
        return []
    log, part = found
    before = REFERENCE_ROWS if baseline_split else rows_inside(baseline)
    return warehouse.connection.execute(
        f"""
        -- a row is one logged row of either period; periods may overlap
        WITH sided AS (
            SELECT CAST({part.value} AS VARCHAR) AS category, {before} AS before, {rows_inside(window)} AS after
            FROM {log.table} WHERE ({before}) OR ({rows_inside(window)})
        )
        SELECT category, count(*) FILTER (before) AS n_before, count(*) FILTER (after) AS n_after
        FROM sided WHERE category IS NOT NULL GROUP BY category
        ORDER BY n_before + n_after DESC, category LIMIT {int(limit)}
        """
    ).fetchall()


def _category_part(connection: duckdb.DuckDBPyConnection, node: str, column: str) -> tuple[Log, Part] | None:
    log = read_log(connection, node)
    parts = [part for part in log.parts if part.column == column and not part.ranged] if log else []
    return (log, parts[0]) if log and parts else None
