"""A bounded sample of logged rows, with every value also as its bin's position."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from rca.metrics.buckets import as_floats, naive
from rca.profile.binning import bin_expression, fill_codes
from rca.profile.layout import FIRST_CODE, Layout, read_layouts
from rca.profile.parts import OUTPUT_COLUMNS, Log, Part, read_log
from rca.warehouse import Warehouse
from schemas.evidence import FloatArray, IntArray, Rows, Window
from schemas.system import Node

MOST_CELLS = 15_000_000
"""Rows x columns of a sample; a model with very many columns gets fewer rows."""

SALT = 7_919
COLUMNS_AT_ONCE = 100
HASH_STEPS = 1_000_000
SAMPLE = "sampled_rows"


def read_rows(
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
    layouts = {(layout.column, layout.part): layout for layout in read_layouts(warehouse.connection, node.id)}
    parts = [p for p in log.parts if p.column not in OUTPUT_COLUMNS and p.key in layouts]
    most = min(limit, max(1, MOST_CELLS // max(1, len(parts)) // 2))
    before = "split IN ('train', 'validation')" if baseline_split else _inside(baseline)
    _pick(warehouse.connection, log, (before, _inside(window)), most)
    try:
        return _read(warehouse.connection, _Sample(log, parts, layouts), score_sql)
    finally:
        warehouse.connection.execute(f"DROP TABLE IF EXISTS {SAMPLE}; DROP TABLE IF EXISTS profile_codes")


def _inside(window: Window) -> str:
    start, end = naive(window.start), naive(window.end)
    return f"split = 'production' AND ts >= TIMESTAMP '{start}' AND ts < TIMESTAMP '{end}'"


def _pick(connection: duckdb.DuckDBPyConnection, log: Log, sides: tuple[str, str], most: int) -> None:
    """Make the temporary table of the chosen rows: those with the smallest salted hash."""
    chosen = []
    for after, where in enumerate(sides):
        row = connection.execute(f"SELECT count(*) FROM {log.table} WHERE {where}").fetchone()
        # sorting is dear: first a cut that leaves a few more rows than are wanted
        share = 1.3 * (most + 100) / max(1, row[0] if row else 1)
        cut = "" if share >= 1 else f"AND hash(_file, _row, {SALT}) % {HASH_STEPS} < {int(share * HASH_STEPS) + 1}"
        chosen.append(
            f"(SELECT rowid AS id, {after} AS after FROM {log.table} WHERE {where} {cut} "
            f"ORDER BY hash(_file, _row, {SALT}), _file, _row LIMIT {most})"
        )
    # a row is one chosen row; periods may overlap, and then a row stands on both sides
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {SAMPLE} AS {' UNION ALL '.join(chosen)}")


@dataclass(frozen=True, slots=True)
class _Sample:
    log: Log
    parts: Sequence[Part]
    layouts: Mapping[tuple[str, str], Layout]

    def select(self, columns: str, joins: str = "", values: str = "") -> str:
        """Return SQL over the chosen rows, in their fixed order."""
        return (
            f"WITH chosen AS (SELECT id, after AS chosen_after, _file AS chosen_file, _row AS chosen_row{values} "
            f"FROM {SAMPLE} JOIN {self.log.table} AS logged ON logged.rowid = id) "
            f"SELECT {columns} FROM chosen {joins} ORDER BY chosen_after, chosen_file, chosen_row"
        )


def _read(connection: duckdb.DuckDBPyConnection, sample: _Sample, score_sql: str) -> Rows:
    values = (
        ", ts AS row_ts, coalesce(model_version, '') AS row_version, prediction AS row_prediction, label AS row_label, "
        f"CAST(({score_sql}) AS DOUBLE) AS row_score"
    )
    names = "chosen_after, row_ts, row_version, row_prediction, row_label, row_score"
    found = connection.execute(sample.select(names, values=values)).fetchnumpy()
    prediction, label = _outcomes(sample.log, found["row_prediction"], found["row_label"])
    bins: dict[str, IntArray] = {}
    numbers: dict[str, FloatArray] = {}
    for chunk in _chunks(sample.parts):
        for part, layout, position, value in _columns(connection, sample, chunk):
            bins[layout.key] = position
            if value is not None:
                numbers[part.column] = value
    return Rows(
        after=np.asarray(found["chosen_after"]) == 1,
        ts=np.asarray(found["row_ts"], dtype="datetime64[us]"),
        version=np.asarray(found["row_version"], dtype=object),
        prediction=prediction,
        label=label,
        score=as_floats(found["row_score"]),
        bins=bins,
        values=numbers,
    )


def _columns(
    connection: duckdb.DuckDBPyConnection, sample: _Sample, parts: Sequence[Part]
) -> Iterator[tuple[Part, Layout, IntArray, FloatArray | None]]:
    fill_codes(connection, sample.log.node, dict(enumerate(parts)))
    wanted, joins = [], []
    for slot, part in enumerate(parts):
        code, join = bin_expression(part, sample.layouts[part.key], f"v{slot}", slot)
        wanted.append(f"CAST({code} AS INTEGER) AS b{slot}")
        joins.append(join)
        if part.kind == "numeric":
            wanted.append(f"v{slot}")
    values = "".join(f", {part.value} AS v{slot}" for slot, part in enumerate(parts))
    found = connection.execute(sample.select(", ".join(wanted), " ".join(joins), values)).fetchnumpy()
    for slot, part in enumerate(parts):
        layout = sample.layouts[part.key]
        position = layout.position[np.asarray(found[f"b{slot}"], dtype=np.int64) - FIRST_CODE]
        yield part, layout, position, as_floats(found[f"v{slot}"]) if part.kind == "numeric" else None


def _outcomes(log: Log, prediction: Any, label: Any) -> tuple[FloatArray, FloatArray]:
    if log.task != "multiclass":
        return as_floats(prediction), as_floats(label)
    both = np.ma.concatenate([np.ma.asarray(prediction), np.ma.asarray(label)])
    missing: NDArray[np.bool_] = np.ma.getmaskarray(both)
    texts = np.ma.filled(both, "").astype(str)
    names = np.unique(texts[~missing])
    index = np.where(missing, np.nan, np.searchsorted(names, texts))
    return index[: len(prediction)], index[len(prediction) :]


def _chunks(parts: Sequence[Part]) -> Iterator[Sequence[Part]]:
    return (parts[start : start + COLUMNS_AT_ONCE] for start in range(0, len(parts), COLUMNS_AT_ONCE))
