"""What of a prediction log is profiled: each column as one or more parts, each part one SQL value."""

from collections.abc import Iterable
from dataclasses import dataclass

import duckdb
import numpy as np

from rca.warehouse.store import quote
from schemas.system import ATTRIBUTION_PREFIX

OUTPUT_COLUMNS = ("prediction", "label")
"""Pseudo columns: the distribution of what the model said, and of what turned out to be true."""

PROJECTIONS = 6
PROJECTION_SEED = 20_261


@dataclass(frozen=True, slots=True)
class Part:
    """One profiled value of a row.

    Parameters
    ----------
    column, part
        The column as users name it; `part` is '' except for vectors (`norm`, `p0` ... `p5`).
    kind
        The column's kind: `numeric`, `boolean`, `category`, `timestamp` or `vector`.
    value
        SQL over the prediction table: DOUBLE where `ranged`, BOOLEAN for boolean, else VARCHAR.
        A timestamp's value is hours before the row's `ts`.
    source
        The column's own name, quoted.
    known
        False for a vector whose usual length is not known yet: then `value` is null.
    """

    column: str
    part: str
    kind: str
    value: str
    source: str
    known: bool = True

    @property
    def ranged(self) -> bool:
        """Return whether the value is a number that falls into ranges."""
        return self.kind in ("numeric", "timestamp", "vector")

    @property
    def key(self) -> tuple[str, str]:
        """Return (column, part)."""
        return (self.column, self.part)


@dataclass(frozen=True, slots=True)
class Log:
    """One model's prediction table and the parts that are profiled; `table` is quoted.

    `attributions` are the features with a logged attribution, each with its column's quoted name.
    """

    node: str
    table: str
    task: str
    parts: tuple[Part, ...]
    attributions: tuple[tuple[str, str], ...] = ()


def read_log(connection: duckdb.DuckDBPyConnection, node: str) -> Log | None:
    """Return the node's prediction log as registered, or None when it has none."""
    found = connection.execute("SELECT table_name, task FROM prediction_tables WHERE node = ?", [node]).fetchone()
    if found is None:
        return None
    # a row is one column; the kind of its kept bins wins over a kind seen later
    columns = connection.execute(
        """
        WITH kept AS (
            SELECT column_name, min(kind) AS kind FROM bins WHERE node = $1 AND bin >= 0 GROUP BY column_name
        )
        SELECT c.column_name, c.physical, coalesce(k.kind, c.kind) AS kind, v.length
        FROM prediction_columns c
        LEFT JOIN kept k ON k.column_name = c.column_name
        LEFT JOIN vector_lengths v ON v.node = c.node AND v.column_name = c.column_name
        WHERE c.node = $1 AND c.role IN ('feature', 'segment') AND c.column_name NOT IN ('prediction', 'label')
        ORDER BY c.column_name
        """,
        [node],
    ).fetchall()
    output = "category" if found[1] == "multiclass" else "numeric"
    outputs = [(name, name, output, None) for name in OUTPUT_COLUMNS]
    parts = tuple(part for column in (*columns, *outputs) for part in parts_of(*column))
    attributed = connection.execute(
        "SELECT column_name, physical FROM prediction_columns WHERE node = ? AND role = 'attribution' ORDER BY 1",
        [node],
    ).fetchall()
    attributions = tuple((name.removeprefix(ATTRIBUTION_PREFIX), quote(physical)) for name, physical in attributed)
    return Log(node, quote(found[0]), found[1], parts, attributions)


def parts_of(column: str, physical: str, kind: str, length: int | None) -> Iterable[Part]:
    """Yield the parts of a column; `physical` is its name in the table, `length` that of a vector, where known."""
    name = quote(physical)
    if kind == "vector":
        yield from _vector_parts(column, name, length)
    elif kind == "numeric":
        yield Part(column, "", kind, f"TRY_CAST({name} AS DOUBLE)", name)
    elif kind == "boolean":
        yield Part(column, "", kind, f"TRY_CAST({name} AS BOOLEAN)", name)
    elif kind == "timestamp":
        hours = f"date_diff('microsecond', TRY_CAST({name} AS TIMESTAMP), ts) / 3.6e9"
        yield Part(column, "", kind, hours, name)
    else:
        yield Part(column, "", "category", f"CAST({name} AS VARCHAR)", name)


def _vector_parts(column: str, name: str, length: int | None) -> Iterable[Part]:
    parts = ["norm", *(f"p{k}" for k in range(PROJECTIONS))]
    if length is None:
        yield from (Part(column, part, "vector", "CAST(NULL AS DOUBLE)", name, known=False) for part in parts)
        return
    vector = f"CAST({name} AS DOUBLE[])"
    # the dot product refuses null elements anywhere in a batch, even in rows that the CASE leaves out
    clean = f"list_transform({vector}, lambda x: coalesce(x, 0))"
    whole = f"len({vector}) = {length} AND list_count({vector}) = {length}"
    values = [f"sqrt(list_dot_product({clean}, {clean}))"]
    for signs in _projection_signs(length):
        weights = f"CAST([{','.join(map(str, signs))}] AS DOUBLE[])"
        values.append(f"list_dot_product({clean}, {weights}) / {float(np.sqrt(length))!r}e0")
    for part, value in zip(parts, values, strict=True):
        yield Part(column, part, "vector", f"CASE WHEN {whole} THEN {value} END", name)


def _projection_signs(length: int) -> list[list[int]]:
    # signed random projections keep distances on average (Achlioptas, 2003)
    drawn = np.random.default_rng(PROJECTION_SEED).integers(0, 2, size=(PROJECTIONS, length))
    signs: list[list[int]] = (2 * drawn - 1).tolist()
    return signs
