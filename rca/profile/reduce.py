"""The one reduction: logged rows become mergeable cells.

A cell counts the rows of one (node, version, split, column, part, hour, bin) and carries the sums of
value, prediction, label, loss and their squares; adding two cells of one key gives the union's cell.

Formulation: one narrow temporary table a chunk of columns, then one GROUP BY a column over a single integer key
(group number and bin): a text that every engine runs. On 1 million rows this cost about half of GROUPING SETS over
eight columns a scan, and comparisons on two levels a third of a sum of comparisons.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence

import duckdb

from rca.metrics.losses import LOSSES
from rca.profile.binning import bin_expression, fill_codes, number
from rca.profile.edges import NEW_FILES
from rca.profile.grouping import Grouping, distinct_groups_sql, number_groups
from rca.profile.layout import FIRST_CODE, Layout
from rca.profile.merge import GROUPS, MERGING, hours_meet, merge_cells
from rca.profile.parts import Log, Part
from rca.warehouse.store import literal
from rca.warehouse.tables import MINUS_INF, NAN, NULL, PLUS_INF

CHUNK_CELLS = 24_000_000
"""Rows x columns of the narrow table at a time (8 bytes each)."""

MOST_COLUMNS, LEAST_COLUMNS = 64, 4
UNION_BRANCHES = 8
KEY_WIDTH = 4096
"""Bins per group in the integer key; no column has as many bins."""

ROWS = "profile_rows"
NO_VALUE = f"({NULL}, {NAN}, {MINUS_INF}, {PLUS_INF})"


def new_rows(log: Log) -> str:
    """Return SQL of the prediction rows of files that are not profiled yet."""
    return f"SELECT * FROM {log.table} WHERE ts IS NOT NULL AND {NEW_FILES}"


def narrow_sql(log: Log, rows: str, grouping: Grouping, parts: Sequence[Part]) -> str:
    """Return SQL of the narrow rows: a row is one logged row: its group, outcome and values v0, v1, ..."""
    values = "".join(f", {part.value} AS v{k}" for k, part in enumerate(parts))
    carried = "".join(f", v{k}" for k in range(len(parts)))
    return f"""
    WITH logged AS ({rows}),
    valued AS (
        SELECT {grouping.number()} AS grp, {_output(log, "prediction")} AS row_prediction,
               {_output(log, "label")} AS row_label{values}
        FROM logged
    ),
    grouped AS (SELECT grp, row_prediction AS prediction, row_label AS label{carried} FROM valued)
    SELECT grp, {_number(log, "prediction")} AS prediction, {_number(log, "label")} AS label,
           CASE WHEN label IS NOT NULL THEN 1 END AS labelled, CAST({LOSSES[log.task]} AS DOUBLE) AS loss{carried}
    FROM grouped
    """


def _output(log: Log, name: str) -> str:
    if log.task == "multiclass":
        return f"CAST({name} AS VARCHAR)"
    cast = f"TRY_CAST({name} AS DOUBLE)"
    return f"CASE WHEN abs({cast}) < {number(math.inf)} THEN {cast} END"


def _number(log: Log, name: str) -> str:
    return "CAST(NULL AS DOUBLE)" if log.task == "multiclass" else name


def cells_sql(parts: Mapping[int, Part], layouts: Mapping[tuple[str, str], Layout]) -> str:
    """Return SQL of the parts' cells from the narrow rows: a row is one cell of one part, group and bin in one key.

    It is the text that runs on every engine. `parts` maps the number of a value (v0, v1, ...) to its part.
    """
    return " UNION ALL ".join(_part_cells(part, layouts[part.key], slot) for slot, part in parts.items())


def decoded_sql(node: str, cells: str) -> str:
    """Return SQL that brings cells into the column order of table `profile`; it needs table `GROUPS`."""
    return f"""
    WITH cells AS ({cells}),
    decoded AS (SELECT *, cell // {KEY_WIDTH} AS cell_grp, cell % {KEY_WIDTH} + ({FIRST_CODE}) AS bin FROM cells)
    SELECT {literal(node)} AS node, version, split, column_name, part, hour, CAST(bin AS INTEGER) AS bin,
           n, n_labelled,
           CASE WHEN bin NOT IN {NO_VALUE} THEN sum_value END AS sum_value,
           CASE WHEN bin NOT IN {NO_VALUE} THEN sum_value_sq END AS sum_value_sq,
           sum_prediction, sum_prediction_sq, sum_label, sum_label_sq, sum_loss, sum_loss_sq
    FROM decoded JOIN {GROUPS} ON grp = cell_grp
    """


def _part_cells(part: Part, layout: Layout, slot: int) -> str:
    # kept terse: with thousands of columns, reading the SQL costs more than running it
    code, join = bin_expression(part, layout, f"v{slot}", slot)
    value = f"v{slot}" if part.ranged else "CAST(NULL AS DOUBLE)"
    return (
        f"SELECT {literal(part.column)} AS column_name, {literal(part.part)} AS part, "
        f"grp * {KEY_WIDTH} + ({code}) - ({FIRST_CODE}) AS cell, count(*) AS n, count(labelled) AS n_labelled, "
        f"sum({value}) AS sum_value, sum({value} * {value}) AS sum_value_sq, "
        "sum(prediction) AS sum_prediction, sum(prediction * prediction) AS sum_prediction_sq, "
        "sum(label) AS sum_label, sum(label * label) AS sum_label_sq, "
        f"sum(loss) AS sum_loss, sum(loss * loss) AS sum_loss_sq FROM {ROWS} {join} GROUP BY 3"
    )


def reduce_log(
    connection: duckdb.DuckDBPyConnection,
    log: Log,
    layouts: Sequence[Layout],
    progress: Callable[[str, int, int], None] | None = None,
    rows: str | None = None,
) -> None:
    """Add the cells of rows to table `profile`, one cell for each key; the caller holds the transaction.

    `rows` is SQL of the rows, by default all that are not profiled yet.
    """
    by_key = {(layout.column, layout.part): layout for layout in layouts}
    rows = rows or new_rows(log)
    grouping = number_groups(connection, distinct_groups_sql(rows))
    if grouping is None:
        return
    meet = hours_meet(connection, log)
    target = MERGING if meet else "profile"
    if meet:
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {MERGING} AS FROM profile LIMIT 0")
    done = 0
    for chunk in _chunks(log.parts, _columns_at_once(connection, rows)):
        connection.execute(f"DROP TABLE IF EXISTS {ROWS}")  # before the next one takes as much memory again
        connection.execute(f"CREATE TEMP TABLE {ROWS} AS {narrow_sql(log, rows, grouping, chunk)}")
        fill_codes(connection, log.node, dict(enumerate(chunk)))
        for start in range(0, len(chunk), UNION_BRANCHES):
            parts = dict(enumerate(chunk[start : start + UNION_BRANCHES], start=start))
            connection.execute(f"INSERT INTO {target} {decoded_sql(log.node, cells_sql(parts, by_key))}")
            done += len(parts)
            if progress:
                progress(f"profile {log.node}", done, len(log.parts))
    if meet:
        merge_cells(connection, log)
    for table in (ROWS, GROUPS, MERGING, "profile_codes"):
        connection.execute(f"DROP TABLE IF EXISTS {table}")


def _columns_at_once(connection: duckdb.DuckDBPyConnection, rows: str) -> int:
    row = connection.execute(f"SELECT count(*) FROM ({rows})").fetchone()
    return min(MOST_COLUMNS, max(LEAST_COLUMNS, CHUNK_CELLS // max(1, row[0] if row else 1)))


def _chunks(parts: Sequence[Part], size: int) -> Iterator[Sequence[Part]]:
    return (parts[start : start + size] for start in range(0, len(parts), size))
