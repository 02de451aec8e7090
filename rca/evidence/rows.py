"""A bounded sample of logged rows, with every value also as its bin's position."""

from collections.abc import Mapping, Sequence
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from rca.evidence.categories import REFERENCE_ROWS, rows_inside
from rca.evidence.repeats import repeated_rows
from rca.metrics.buckets import as_floats
from rca.metrics.table import MANY_ROWS, prediction_table
from rca.profile.binning import bin_expression, fill_codes, range_codes
from rca.profile.layout import FIRST_CODE, Layout, read_layouts
from rca.profile.parts import OUTPUT_COLUMNS, Log, Part, read_log
from rca.warehouse import Warehouse
from rca.warehouse.draw import STEPS, draw_order, stored_order
from schemas.evidence import BoolArray, FloatArray, IntArray, Rows, Window
from schemas.system import Node

MOST_CELLS = 15_000_000
"""Rows x columns of a sample; a model with very many columns gets fewer rows."""

COLUMNS_AT_ONCE = 64
"""The time to read a statement grows faster than its length."""

SAMPLE = "sampled_rows"
CHOSEN = "_chosen"
"""Prefix that no logged column has: `id` and `after` are likely names of features."""


def read_rows(  # noqa: PLR0917 (what to compare, by what, how much: all belong to the call)
    warehouse: Warehouse,
    node: Node,
    baseline: Window,
    window: Window,
    score_sql: str,
    limit: int = 15_000,
    *,
    baseline_split: bool = False,
) -> Rows | None:
    """Return up to `limit` production rows each of baseline and window, always the same ones.

    Parameters
    ----------
    score_sql
        SQL over the columns of the prediction table; larger is worse.
    baseline_split
        True when the baseline is the train and validation rows, whatever their time.

    Returns
    -------
    Rows or None
        Ordered by (baseline, window), then by file and row; None when the model has no profiled
        log of rows. `bins` are positions in the arrays of `read_columns`.
    """
    log = read_log(warehouse.connection, node.id)
    if log is None:
        return None
    connection = warehouse.connection
    layouts = {(layout.column, layout.part): layout for layout in read_layouts(connection, node.id)}
    parts = [p for p in log.parts if p.column not in OUTPUT_COLUMNS and p.key in layouts]
    table = prediction_table(warehouse, node)
    probabilities = table.probabilities if table and log.task == "multiclass" else ()
    most = min(limit, max(1, MOST_CELLS // max(1, len(parts) + len(probabilities)) // 2))
    before = REFERENCE_ROWS if baseline_split else rows_inside(baseline)
    try:
        sides = (before, rows_inside(window))
        chosen = _chosen(connection, log, sides, most)
        _sample(connection, log, parts, probabilities, chosen, sides, score_sql)
        return _read(connection, log, parts, layouts, [name for name, _ in probabilities])
    finally:
        connection.execute(f"DROP TABLE IF EXISTS {SAMPLE}; DROP TABLE IF EXISTS profile_codes")


def _chosen(connection: duckdb.DuckDBPyConnection, log: Log, sides: tuple[str, str], most: int) -> str:
    """Return SQL of the chosen rows (id, side): on each side those that are drawn first."""
    chosen = []
    for after, where in enumerate(sides):
        # sorting is dear: first a cut that leaves a few more rows than are wanted
        share = 1.3 * (most + 100) / max(1, _count(connection, log, where))
        cut = "" if share >= 1 else f"AND {draw_order()} < {int(share * STEPS) + 1}"
        chosen.append(
            f"(SELECT rowid AS {CHOSEN}_id, {after} AS {CHOSEN}_after FROM {log.table} WHERE {where} {cut} "
            f"ORDER BY {draw_order()}, _file, _row LIMIT {most})"
        )
    return " UNION ALL ".join(chosen)


def _count(connection: duckdb.DuckDBPyConnection, log: Log, where: str) -> int:
    row = connection.execute(f"SELECT count(*) FROM {log.table} WHERE {where}").fetchone()
    return int(row[0]) if row else 0


def _sample(  # noqa: PLR0917 (what to read, of which rows: all belong to the call)
    connection: duckdb.DuckDBPyConnection,
    log: Log,
    parts: Sequence[Part],
    probabilities: Sequence[tuple[str, str]],
    chosen: str,
    sides: tuple[str, str],
    score_sql: str,
) -> None:
    """Make the temporary table of sampled rows: values v0, v1, ..., attributions a0, ..., probabilities p0, ...."""
    many = max(_count(connection, log, where) for where in sides) > MANY_ROWS
    again = repeated_rows(log.table, sides, f"SELECT {CHOSEN}_id FROM chosen", same_moment=many)
    values = "".join(f", {part.value} AS v{slot}" for slot, part in enumerate(parts))
    values += "".join(f", TRY_CAST({name} AS DOUBLE) AS a{slot}" for slot, (_, name) in enumerate(log.attributions))
    values += "".join(f", TRY_CAST({name} AS DOUBLE) AS p{slot}" for slot, (_, name) in enumerate(probabilities))
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE {SAMPLE} AS
        -- a row is one chosen row; periods may overlap, and then a row stands on both sides
        WITH chosen AS ({chosen}),
        -- a row is one request, or one moment and prediction, that was logged again on the same side
        again AS ({again})
        SELECT row_number() OVER (ORDER BY {CHOSEN}_after, _file, _row) AS place,
               {CHOSEN}_after AS row_after, ts AS row_ts,
               coalesce(model_version, '') AS row_version, prediction AS row_prediction, label AS row_label,
               CAST(({score_sql}) AS DOUBLE) AS row_score, split AS row_split,
               date_diff('microsecond', ts, label_ts) / 8.64e10 AS row_delay,
               EXISTS (FROM again WHERE again.repeat_id = {stored_order()}) AS row_repeats{values}
        FROM chosen JOIN {log.table} AS logged ON logged.rowid = {CHOSEN}_id
        """
    )


def _read(
    connection: duckdb.DuckDBPyConnection,
    log: Log,
    parts: Sequence[Part],
    layouts: Mapping[tuple[str, str], Layout],
    named: Sequence[str],
) -> Rows:
    attributed = [f"a{slot}" for slot in range(len(log.attributions))]
    likely = [f"p{slot}" for slot in range(len(named))]
    told = ("after", "ts", "version", "prediction", "label", "score", "split", "delay", "repeats")
    wanted = ", ".join([*(f"row_{name}" for name in told), *attributed, *likely])
    found = connection.execute(f"SELECT {wanted} FROM {SAMPLE} ORDER BY place").fetchnumpy()
    prediction, label, classes = _outcomes(log, found["row_prediction"], found["row_label"], named)
    bins: dict[str, IntArray] = {}
    values: dict[str, FloatArray] = {}
    for start in range(0, len(parts), COLUMNS_AT_ONCE):
        slots = dict(enumerate(parts[start : start + COLUMNS_AT_ONCE], start=start))
        columns = _binned(connection, log, slots, layouts)
        for slot, part in slots.items():
            layout, column = layouts[part.key], columns[f"c{slot}"]
            codes = range_codes(column, layout) if part.ranged else np.asarray(column, dtype=np.int64)
            bins[layout.key] = layout.position[codes - FIRST_CODE]
            if part.kind == "numeric":
                values[part.column] = as_floats(column)
    return Rows(
        after=np.asarray(found["row_after"]) == 1,
        ts=np.asarray(found["row_ts"], dtype="datetime64[us]"),
        version=np.asarray(found["row_version"], dtype=object),
        prediction=prediction,
        label=label,
        score=as_floats(found["row_score"]),
        bins=bins,
        values=values,
        classes=classes,
        proba=np.stack([as_floats(found[slot]) for slot in likely], axis=1) if likely else None,
        split=np.asarray(found["row_split"], dtype=object),
        label_delay=as_floats(found["row_delay"]),
        repeats=np.asarray(found["row_repeats"], dtype=bool),
        attributions={
            feature: as_floats(found[slot]) for slot, (feature, _) in zip(attributed, log.attributions, strict=True)
        },
    )


def _binned(
    connection: duckdb.DuckDBPyConnection,
    log: Log,
    slots: Mapping[int, Part],
    layouts: Mapping[tuple[str, str], Layout],
) -> Mapping[str, Any]:
    """Return the sampled rows' numbers, or bin codes where the part is not of ranges, as `c<slot>`."""
    fill_codes(connection, log.node, slots)
    wanted, joins = [], []
    for slot, part in slots.items():
        code, join = (f"v{slot}", "") if part.ranged else bin_expression(part, layouts[part.key], f"v{slot}", slot)
        wanted.append(f"{code} AS c{slot}")
        joins.append(join)
    return connection.execute(f"SELECT {', '.join(wanted)} FROM {SAMPLE} {' '.join(joins)} ORDER BY place").fetchnumpy()


def _outcomes(
    log: Log, prediction: Any, label: Any, named: Sequence[str]
) -> tuple[FloatArray, FloatArray, tuple[str, ...]]:
    """Return predictions and labels as numbers, and the classes that they index in a model of several.

    First come the classes whose probability is logged (`named`), then others that were answered, then
    labels that are never answered.
    """
    if log.task != "multiclass":
        return as_floats(prediction), as_floats(label), ()
    (said, said_known), (true, true_known) = (_texts(column) for column in (prediction, label))
    answered = [name for name in np.unique(said[said_known]).tolist() if name not in set(named)]
    others = sorted(set(np.unique(true[true_known]).tolist()) - {*named, *answered})
    classes = (*named, *answered, *others)
    return _places(said, said_known, classes), _places(true, true_known, classes), classes


def _texts(column: Any) -> tuple[NDArray[np.str_], BoolArray]:
    known = ~np.ma.getmaskarray(column)
    return np.ma.filled(column, "").astype(str), known


def _places(texts: NDArray[np.str_], known: BoolArray, classes: Sequence[str]) -> FloatArray:
    names = np.array(classes, dtype=str)
    order = np.argsort(names)
    found = np.minimum(np.searchsorted(names[order], texts), max(len(names) - 1, 0))
    return np.where(known, order[found] if len(names) else 0, np.nan)
