"""What the spans of each operation called: the shape of the call tree, one level at a time, and their times in logs.

An exception that returns early leaves no slow span, only a hole: a span without children that its like always
had. Shapes are sets of operations, so that loops and pages of any length have one shape.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

import duckdb

from schemas.evidence import CallShape, LogTimes

MAX_SHAPES = 5000
LEAST_MS = 0.001

# a row is one span of baseline or window with the operations that it called, as sorted numbers
_SHAPES = """
CREATE OR REPLACE TEMP TABLE reduced_shapes AS
WITH called AS (
    -- a row is one span that called something
    SELECT l.parent AS id, list_sort(list(DISTINCT o.op)) AS children, arg_max(o.op, (l.start_ns, o.op)) AS last_called
    FROM reduced_links AS l
    JOIN reduced_operations AS o ON o.service = l.callee_service AND o.operation = l.callee_operation GROUP BY l.parent
)
SELECT s.id, o.op, s.start_ns, s.failed, s.start_ns >= $after_low AND s.start_ns < $after_high AS is_after,
       coalesce(called.children, []) AS children, called.last_called
FROM reduced_self AS s JOIN reduced_operations AS o USING (service, operation) LEFT JOIN called USING (id)
WHERE s.start_ns >= $before_low AND s.start_ns < $before_high OR s.start_ns >= $after_low AND s.start_ns < $after_high
"""

# a row is one shape of one operation
_COUNTS = """
WITH RECURSIVE known AS (
    -- a row is one shape; `is_new` when the operation was there in the baseline and never had it
    SELECT op, children, count(*) FILTER (NOT is_after) AS n_before, count(*) FILTER (is_after) AS n_after,
           min(start_ns) FILTER (is_after) AS first_ns,
           n_before = 0 AND sum(n_before) OVER (PARTITION BY op) > 0 AS is_new,
           max(len(children)) OVER (PARTITION BY op) > 0 AS calls
    FROM reduced_shapes GROUP BY op, children
), odd AS (
    -- a row is one span of the window that failed or has a new shape
    SELECT s.id FROM reduced_shapes AS s JOIN known AS k USING (op, children)
    WHERE s.is_after AND (s.failed OR k.is_new)
), passed_on AS (
    -- a row is one span above an odd one; UNION ends at cycles of parents
    SELECT l.parent AS id FROM reduced_links AS l JOIN odd ON odd.id = l.child
    UNION SELECT l.parent FROM reduced_links AS l JOIN passed_on ON passed_on.id = l.child
), ends AS (
    -- a row is one shape with one operation that its spans of the window called last, nothing odd below
    SELECT s.op, s.children, s.last_called, count(*) AS n, count(*) FILTER (s.failed) AS failed
    FROM reduced_shapes AS s ANTI JOIN passed_on USING (id)
    WHERE s.is_after GROUP BY s.op, s.children, s.last_called
), own AS (
    SELECT op, children, sum(n) AS n, sum(failed) AS failed, arg_max(last_called, (n, last_called)) AS last_called
    FROM ends GROUP BY op, children
)
SELECT k.op, k.children, k.n_before, k.n_after, CAST(coalesce(own.n, 0) AS BIGINT) AS own_after, k.first_ns,
       own.last_called, CAST(coalesce(own.failed, 0) AS BIGINT)
FROM known AS k LEFT JOIN own USING (op, children) WHERE k.calls
ORDER BY k.n_before + k.n_after DESC, k.op, k.children LIMIT $limit
"""

# a row is one operation
_LOGS = """
WITH logs AS (
    -- a row is one span of baseline or window
    SELECT o.op, hash(s.trace_id) AS trace, s.start_ns >= $after_low AND s.start_ns < $after_high AS is_after,
           s.start_ns >= $before_low AND s.start_ns < $before_high AS is_before, ln(greatest(s.self_ms, $least)) AS y
    FROM reduced_self AS s JOIN reduced_operations AS o USING (service, operation)
)
SELECT op, count(DISTINCT trace) FILTER (is_before), count(DISTINCT trace) FILTER (is_after),
       coalesce(avg(y) FILTER (is_before), 'nan'), coalesce(avg(y) FILTER (is_after), 'nan'),
       coalesce(var_samp(y) FILTER (is_before), 'nan'), coalesce(var_samp(y) FILTER (is_after), 'nan')
FROM logs GROUP BY op ORDER BY op
"""

_NAMES = "SELECT op, service, operation FROM reduced_operations"


def log_times(connection: duckdb.DuckDBPyConnection, bounds: Mapping[str, int]) -> dict[int, LogTimes]:
    """Return operation's number -> its own times in logarithms; inside `self_times`, with the operations numbered."""
    rows = connection.execute(_LOGS, {**bounds, "least": LEAST_MS}).fetchall()
    return {op: LogTimes(*numbers) for op, *numbers in rows}


def read_shapes(
    connection: duckdb.DuckDBPyConnection, bounds: Mapping[str, int], resolve: Callable[[str], str]
) -> dict[int, tuple[CallShape, ...]]:
    """Return operation's number -> its shapes, the most frequent first; inside `self_times`."""
    names = {op: (resolve(service), operation) for op, service, operation in connection.execute(_NAMES).fetchall()}
    try:
        connection.execute(_SHAPES, dict(bounds))
        rows = connection.execute(_COUNTS, {"limit": MAX_SHAPES}).fetchall()
    finally:
        connection.execute("DROP TABLE IF EXISTS temp.reduced_shapes")
    found: dict[int, list[CallShape]] = defaultdict(list)
    for op, children, before, after, own, first_ns, last, failed in rows:
        called = tuple(sorted({names[child] for child in children}))
        found[op].append(CallShape(called, before, after, own, _moment(first_ns), names.get(last), failed))
    return {op: tuple(shapes) for op, shapes in found.items()}


def _moment(ns: int | None) -> datetime | None:
    return None if ns is None else datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=ns // 1000)
