"""Keep one cell for each key: cells of hours that had some already are added up with them."""

from collections.abc import Iterable, Sequence
from datetime import datetime

import duckdb

from rca.profile.parts import OUTPUT_COLUMNS, Log
from rca.warehouse.tables import NULL

GROUPS = "profile_groups"
"""Temporary table of the hours, versions and splits whose cells are being made."""

MERGING = "profile_merging"
"""Temporary table of cells that are to be added to those in table `profile`."""

KEY = "node, model_version, split, column_name, part, hour, bin"
SUMS = ", ".join(
    f"sum({name}) AS {name}"
    for name in (
        *("n", "n_labelled", "sum_value", "sum_value_sq", "sum_prediction", "sum_prediction_sq"),
        *("sum_label", "sum_label_sq", "sum_loss", "sum_loss_sq"),
    )
)
TOUCHED = f"""node = $node AND hour BETWEEN $first AND $last AND hour IN (SELECT hour FROM {GROUPS})
    AND (column_name, part) IN (SELECT unnest($columns::VARCHAR[]), unnest($parts::VARCHAR[]))"""


def hours_meet(connection: duckdb.DuckDBPyConnection, log: Log) -> bool:
    """Return whether any of the hours in `GROUPS` has cells of the log's parts already."""
    touched = _touched(connection, log)
    if touched is None:
        return False
    return connection.execute(f"SELECT 1 FROM profile WHERE {TOUCHED} LIMIT 1", touched).fetchone() is not None


def merge_cells(connection: duckdb.DuckDBPyConnection, log: Log) -> None:
    """Add the cells of `MERGING` to those of the same hours and parts."""
    touched = _touched(connection, log)
    if touched is None:
        return
    connection.execute(f"INSERT INTO {MERGING} SELECT * FROM profile WHERE {TOUCHED}", touched)
    connection.execute(f"DELETE FROM profile WHERE {TOUCHED}", touched)
    connection.execute(f"INSERT INTO profile SELECT {KEY}, {SUMS} FROM {MERGING} GROUP BY {KEY} ORDER BY {KEY}")


def _touched(connection: duckdb.DuckDBPyConnection, log: Log) -> dict[str, object] | None:
    first, last = connection.execute(f"SELECT min(hour), max(hour) FROM {GROUPS}").fetchone() or (None, None)
    if first is None:
        return None
    columns, parts = [part.column for part in log.parts], [part.part for part in log.parts]
    return {"node": log.node, "first": first, "last": last, "columns": columns, "parts": parts}


def forget_cells(
    connection: duckdb.DuckDBPyConnection,
    node: str,
    keys: Iterable[tuple[str, str]],
    since: datetime | None = None,
    hours: str | None = None,
) -> None:
    """Remove the cells of some parts of a node: all, those from an hour on, or those of listed hours (SQL)."""
    columns, parts = _split(sorted(keys))
    connection.execute(
        "DELETE FROM profile WHERE node = $node AND hour >= coalesce($since, TIMESTAMP '-infinity') "
        f"{f'AND hour IN ({hours}) ' if hours else ''}"
        "AND (column_name, part) IN (SELECT unnest($columns::VARCHAR[]), unnest($parts::VARCHAR[]))",
        {"node": node, "columns": columns, "parts": parts, "since": since},
    )


def add_absent(connection: duckdb.DuckDBPyConnection, node: str, keys: Iterable[tuple[str, str]]) -> None:
    """Count a node's rows so far as null in parts that they had not: what a row lacks is null, whenever it came."""
    columns, parts = _split(sorted(keys))
    connection.execute(
        f"""
        INSERT INTO profile
        -- a row is the rows of one version, split and hour
        WITH counted AS (
            SELECT model_version, split, hour, {SUMS} FROM profile
            WHERE node = $node AND column_name = '{OUTPUT_COLUMNS[0]}' AND part = ''
            GROUP BY model_version, split, hour
        ), absent AS (SELECT unnest($columns::VARCHAR[]) AS column_name, unnest($parts::VARCHAR[]) AS part)
        SELECT $node, model_version, split, column_name, part, hour, {NULL}, n, n_labelled, NULL, NULL,
               sum_prediction, sum_prediction_sq, sum_label, sum_label_sq, sum_loss, sum_loss_sq
        FROM counted CROSS JOIN absent
        """,
        {"node": node, "columns": columns, "parts": parts},
    )


def _split(keys: Sequence[tuple[str, str]]) -> tuple[list[str], list[str]]:
    return [column for column, _ in keys], [part for _, part in keys]
