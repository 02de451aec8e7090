"""The SQL that puts a value into its bin: shared by the reduction and by the sample of rows."""

import math
from collections.abc import Mapping
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from rca.profile.layout import Layout
from rca.profile.parts import Part
from rca.warehouse.tables import ABOVE, BELOW, MINUS_INF, NAN, NULL, OTHER, PLUS_INF, UNSEEN

CODES_TABLE = "profile_codes"
"""Temporary table (slot, category, bin): the known categories of the category parts at hand."""


def number(value: float) -> str:
    """Return a float as an SQL literal of type DOUBLE, exact to the last bit.

    A plain `0.1` would be a DECIMAL; an exponent makes it a DOUBLE on every engine.
    """
    if np.isinf(value):
        return f"CAST('{'-' if value < 0 else ''}inf' AS DOUBLE)"
    text = repr(float(value))
    return text if "e" in text else f"{text}e0"


def bin_expression(part: Part, layout: Layout, value: str, slot: int) -> tuple[str, str]:
    """Return the SQL of a value's bin code and the join that it needs.

    Parameters
    ----------
    value
        SQL of the part's value, usually a column of a narrow table.
    slot
        Number of the part in `CODES_TABLE`, category parts only.

    Returns
    -------
    tuple
        (expression, join clause, '' when none is needed).
    """
    if part.ranged:
        return _range_bin(value, layout), ""
    if part.kind == "boolean":
        return _boolean_bin(value, layout), ""
    alias = f"codes_{slot}"
    join = (
        f"LEFT JOIN (SELECT category, bin FROM {CODES_TABLE} WHERE slot = {slot}) {alias} ON {alias}.category = {value}"
    )
    stranger = UNSEEN if layout.complete else OTHER
    return f"CASE WHEN {value} IS NULL THEN {NULL} ELSE coalesce({alias}.bin, {stranger}) END", join


def range_codes(values: "np.ma.MaskedArray[Any, Any] | NDArray[Any]", layout: Layout) -> NDArray[np.int64]:
    """Return the bin codes (N,) of fetched numbers, masked where null: `bin_expression`, but in numpy.

    For the few rows of a sample, planning the SQL of many columns would cost more than this.
    """
    ranges = [i for i, role in enumerate(layout.roles) if role == "range"]
    edges = np.concatenate([layout.left[ranges], layout.right[ranges[-1:]]])
    leaves = np.array([BELOW, *layout.codes[ranges].tolist(), ABOVE] if ranges else [ABOVE], dtype=np.int64)
    numbers = np.asarray(np.ma.getdata(values), dtype=np.float64)
    codes = leaves[np.searchsorted(edges, numbers, side="right")]
    codes[numbers == np.inf] = PLUS_INF
    codes[numbers == -np.inf] = MINUS_INF
    codes[np.isnan(numbers)] = NAN
    codes[np.ma.getmaskarray(values)] = NULL
    return codes


def _range_bin(value: str, layout: Layout) -> str:
    ranges = [i for i, role in enumerate(layout.roles) if role == "range"]
    edges = [float(layout.left[i]) for i in ranges] + [float(layout.right[i]) for i in ranges[-1:]]
    # what is rare is asked for in the outermost leaves only: a comparison with NULL is not true, so NULL ends
    # up on the right, as does NaN, which sorts above every number (DuckDB, PostgreSQL and Spark agree)
    low, high = (
        f"WHEN {value} = {number(end)} THEN {code}" for end, code in ((-np.inf, MINUS_INF), (np.inf, PLUS_INF))
    )
    last = (
        f"CASE WHEN {value} IS NULL THEN {NULL} WHEN isnan({value}) THEN {NAN} {high} "
        f"{'' if ranges else low} ELSE {ABOVE} END"
    )
    first = f"CASE {low} ELSE {BELOW} END"
    leaves = [first, *(str(int(layout.codes[i])) for i in ranges), last] if ranges else [last]
    return _tree(value, edges, leaves)


def _tree(value: str, edges: list[float], leaves: list[str]) -> str:
    # two flat levels of about the root of the bins each: on one engine it costs a tenth less than a binary tree, on
    # the other the code that is made of it stays small enough to be compiled
    branches = max(2, math.isqrt(len(leaves) - 1) + 1)
    cuts = [round(k * len(leaves) / branches) for k in range(1, branches)] if len(leaves) > branches else []
    if not cuts:
        return _chain(value, edges, leaves)
    starts, stops = [0, *cuts], [*cuts, len(leaves)]
    inner = [_chain(value, edges[a : b - 1], leaves[a:b]) for a, b in zip(starts, stops, strict=True)]
    return _chain(value, [edges[cut - 1] for cut in cuts], inner)


def _chain(value: str, edges: list[float], leaves: list[str]) -> str:
    if not edges:
        return leaves[0]
    tests = " ".join(f"WHEN {value} < {number(edge)} THEN {leaf}" for edge, leaf in zip(edges, leaves, strict=False))
    return f"CASE {tests} ELSE {leaves[-1]} END"


def _boolean_bin(value: str, layout: Layout) -> str:
    codes = dict(zip(layout.categories, layout.codes.tolist(), strict=True))
    yes, no = codes.get("true", OTHER), codes.get("false", OTHER)
    return f"CASE WHEN {value} THEN {yes} WHEN NOT {value} THEN {no} ELSE {NULL} END"


def fill_codes(connection: duckdb.DuckDBPyConnection, node: str, slots: Mapping[int, Part]) -> None:
    """Make `CODES_TABLE` for the category parts among `slots`; rare known categories count as `other`."""
    named = {slot: part.column for slot, part in slots.items() if part.kind == "category"}
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE {CODES_TABLE} AS
        WITH slots AS (SELECT unnest($1::INTEGER[]) AS slot, unnest($2::VARCHAR[]) AS column_name),
        -- a row is one category that has a bin, or is known to be rare
        known AS (
            SELECT column_name, category, bin FROM bins WHERE node = $3 AND role = 'category'
            UNION ALL
            SELECT column_name, category, {OTHER} FROM rare_categories WHERE node = $3
        )
        SELECT slot, category, min(bin) AS bin FROM slots JOIN known USING (column_name) GROUP BY slot, category
        """,
        [list(named), list(named.values()), node],
    )
