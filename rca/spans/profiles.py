"""One operation of one service over time, and inside one request of the symptomatic node."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import duckdb
import numpy as np

from rca.spans.path import path_times
from rca.spans.reduce import nanoseconds, self_times
from rca.spans.shapes import log_times, read_shapes
from rca.warehouse import Warehouse
from schemas.evidence import CallShape, FloatArray, LogTimes, OperationProfile, TimeArray, Window

MAX_OPERATIONS = 2000
MAX_BUCKETS = 5000
MIN_BUCKETS = 6
MIN_SECONDS = 1.0

# a row is one operation; those with the most own time come first, so that operations whose names carry ids
# cannot fill the memory
_OPERATIONS = """
CREATE OR REPLACE TEMP TABLE reduced_operations AS
WITH ranked AS (
    SELECT service, operation, sum(self_ms) AS own FROM reduced_self GROUP BY service, operation
    ORDER BY own DESC, service, operation LIMIT $limit
)
SELECT row_number() OVER (ORDER BY service, operation) - 1 AS op, service, operation FROM ranked
"""

# a row is one request of the target, counted at its entry: a span of the target whose parent is another service's
# or unknown; without any span of the target, every trace is one request
_REQUESTS = """
CREATE OR REPLACE TEMP TABLE reduced_requests AS
WITH entries AS (
    SELECT trace_id, start_ns FROM reduced_self
    WHERE service IN (SELECT unnest($targets)) AND NOT coalesce(caller_service IN (SELECT unnest($targets)), FALSE)
), traces AS (
    SELECT trace_id, min(start_ns) AS start_ns FROM reduced_self
    WHERE NOT EXISTS (SELECT 1 FROM entries) GROUP BY trace_id
)
SELECT * FROM entries UNION ALL SELECT * FROM traces
"""

_EXTENTS = """
SELECT max(start_ns) FILTER (is_before) - min(start_ns) FILTER (is_before),
       max(start_ns) FILTER (is_after) - min(start_ns) FILTER (is_after)
FROM (SELECT start_ns, start_ns >= $before_low AND start_ns < $before_high AS is_before,
             start_ns >= $after_low AND start_ns < $after_high AS is_after FROM reduced_self)
"""

# a row is one operation in one bucket
_BUCKETS = """
SELECT o.op, (s.start_ns - $origin) // $step AS bucket, count(*) AS n, count(*) FILTER (s.failed) AS errors,
       avg(s.self_ms) AS self_ms, stddev_pop(s.self_ms) AS self_sd_ms,
       quantile_cont(s.self_ms, 0.95) AS self_p95_ms, avg(s.total_ms) AS total_ms
FROM reduced_self AS s JOIN reduced_operations AS o USING (service, operation)
GROUP BY ALL
"""

_REQUEST_BUCKETS = "SELECT (start_ns - $origin) // $step AS bucket, count(*) AS n FROM reduced_requests GROUP BY bucket"

# a row is one operation with its own time, as far as it is waited for, and its calls inside the requests that began in
# each period
_PER_REQUEST = """
WITH timed AS (
    -- a row is one request with the period in which it began
    SELECT trace_id, start_ns, start_ns >= $before_low AND start_ns < $before_high AS is_before,
           start_ns >= $after_low AND start_ns < $after_high AS is_after
    FROM reduced_requests
), traces AS (
    -- a row is one trace; it belongs to the period of its first request
    SELECT trace_id, arg_min(is_before, start_ns) AS is_before, arg_min(is_after, start_ns) AS is_after
    FROM timed GROUP BY trace_id
), totals AS (
    SELECT count(*) FILTER (is_before) AS before, count(*) FILTER (is_after) AS after FROM timed
), waited AS (
    SELECT trace_id, service, operation, coalesce(path_ms, self_ms) AS ms
    FROM reduced_self LEFT JOIN reduced_path USING (id)
)
SELECT o.op,
       coalesce(sum(ms) FILTER (t.is_before), 0) / greatest(any_value(totals.before), 1) AS self_before,
       coalesce(sum(ms) FILTER (t.is_after), 0) / greatest(any_value(totals.after), 1) AS self_after,
       count(*) FILTER (t.is_before) / greatest(any_value(totals.before), 1) AS calls_before,
       count(*) FILTER (t.is_after) / greatest(any_value(totals.after), 1) AS calls_after
FROM totals, waited AS s JOIN traces AS t USING (trace_id) JOIN reduced_operations AS o USING (service, operation)
GROUP BY o.op
"""

# a row is one operation with its most frequent caller and, for client spans, callee
_NEIGHBOURS = """
WITH callers AS (
    SELECT service, operation, caller_service, caller_operation, count(*) AS n FROM reduced_self
    WHERE caller_service IS NOT NULL GROUP BY ALL
), caller AS (
    SELECT service, operation, arg_max((caller_service, caller_operation), (n, caller_service, caller_operation)) AS who
    FROM callers GROUP BY ALL
), waits AS (
    -- a row is an operation and one that it waits for: its spans sit inside a span of the same service
    -- and have one child, of another service
    SELECT s.service, s.operation, child.service AS callee_service, child.operation AS callee_operation, count(*) AS n
    FROM reduced_self AS s JOIN reduced_spans AS child ON child.id = s.only_child
    WHERE s.caller_service = s.service AND child.service <> s.service GROUP BY ALL
), parents AS (
    SELECT service, operation, count(*) AS n FROM reduced_self WHERE children > 0 GROUP BY ALL
), callee AS (
    SELECT w.service, w.operation, sum(w.n) >= 0.9 * any_value(p.n) AS is_client,
           arg_max((callee_service, callee_operation), (w.n, callee_service, callee_operation)) AS who
    FROM waits AS w JOIN parents AS p USING (service, operation) GROUP BY ALL
)
SELECT o.op, o.service, o.operation, caller.who AS caller, CASE WHEN callee.is_client THEN callee.who END AS callee
FROM reduced_operations AS o
LEFT JOIN caller USING (service, operation) LEFT JOIN callee USING (service, operation) ORDER BY o.op
"""


def _same(name: str) -> str:
    return name


def operation_profiles(
    warehouse: Warehouse,
    target: str,
    baseline: Window,
    window: Window,
    bucket_seconds: float,
    *,
    resolve: Callable[[str], str] = _same,
) -> tuple[OperationProfile, ...] | None:
    """Reduce the spans of baseline and window to one profile per operation, ordered by name.

    Parameters
    ----------
    target
        The symptomatic node: own times are given per request of it.
    bucket_seconds
        Width of the buckets; divided where a period would have fewer than 6 of them, and
        widened where there would be more than 5,000.
    resolve
        From a service's name in the spans to the node's (`rca.graph.name_resolver`).

    Returns
    -------
    tuple of OperationProfile or None
        The 2,000 operations with the most own time; None without a span in either period.
    """
    before, after = nanoseconds(baseline), nanoseconds(window)
    low, high = min(before[0], after[0]), max(before[1], after[1])
    bounds = {"before_low": before[0], "before_high": before[1], "after_low": after[0], "after_high": after[1]}
    with self_times(warehouse, low, high) as connection:
        extents = _extents(connection, bounds)
        if not extents:
            return None
        step, origin, size = _buckets(low, high, _narrow(bucket_seconds, extents))
        services = [row[0] for row in connection.execute("SELECT DISTINCT service FROM reduced_self").fetchall()]
        targets = sorted(service for service in services if resolve(service) == target)
        try:
            connection.execute(_OPERATIONS, {"limit": MAX_OPERATIONS})
            connection.execute(_REQUESTS, {"targets": targets})
            time = {"origin": origin, "step": step}
            return _assemble(
                names=connection.execute(_NEIGHBOURS).fetchall(),
                cells=connection.execute(_BUCKETS, time).fetchnumpy(),
                request_cells=connection.execute(_REQUEST_BUCKETS, time).fetchnumpy(),
                per_request=_inside_requests(connection, targets, bounds),
                ts=_bucket_starts(origin, step, size),
                resolve=resolve,
                logs=log_times(connection, bounds),
                shapes=read_shapes(connection, bounds, resolve),
            )
        finally:
            connection.execute("DROP TABLE IF EXISTS temp.reduced_requests")
            connection.execute("DROP TABLE IF EXISTS temp.reduced_operations")


def _inside_requests(
    connection: duckdb.DuckDBPyConnection, targets: Sequence[str], bounds: Mapping[str, int]
) -> Mapping[str, Any]:
    with path_times(connection, targets):
        return connection.execute(_PER_REQUEST, dict(bounds)).fetchnumpy()


def _extents(connection: duckdb.DuckDBPyConnection, bounds: Mapping[str, int]) -> list[int]:
    """Return how long the spans of each period reach, nanoseconds; only for periods that have any."""
    row = connection.execute(_EXTENTS, dict(bounds)).fetchone()
    return [extent for extent in row or () if extent is not None]


def _narrow(seconds: float, extents: Sequence[int]) -> float:
    """Return the bucket's width, divided so that each period has some buckets to tell its spread from."""
    wanted = max(min(extents) / 1e9 / MIN_BUCKETS, min(seconds, MIN_SECONDS))
    return seconds / math.ceil(seconds / wanted) if wanted < seconds else seconds


def _buckets(low: int, high: int, seconds: float) -> tuple[int, int, int]:
    """Return step and origin in nanoseconds, and the number of buckets; buckets sit on multiples of the step."""
    step = max(round(seconds * 1e6), 1) * 1000
    while (high - low) // step >= MAX_BUCKETS:
        step *= 2
    origin = low // step * step
    return step, origin, -((origin - high) // step)


def _bucket_starts(origin: int, step: int, size: int) -> TimeArray:
    micros = (origin + step * np.arange(size, dtype=np.int64)) // 1000
    return micros.astype("datetime64[us]")


def _assemble(
    *,
    names: list[tuple[Any, ...]],
    cells: Mapping[str, Any],
    request_cells: Mapping[str, Any],
    per_request: Mapping[str, Any],
    ts: TimeArray,
    resolve: Callable[[str], str],
    logs: Mapping[int, LogTimes],
    shapes: Mapping[int, tuple[CallShape, ...]],
) -> tuple[OperationProfile, ...]:
    shape = (len(names), len(ts))
    at = (cells["op"].astype(np.int64), cells["bucket"].astype(np.int64))
    series = {
        key: _spread(shape, at, cells[key], np.nan) for key in ("self_ms", "self_p95_ms", "self_sd_ms", "total_ms")
    }
    counts = {key: _spread(shape, at, cells[key], 0.0) for key in ("n", "errors")}
    requests = _spread((len(ts),), (request_cells["bucket"].astype(np.int64),), request_cells["n"], 0.0)
    where = (per_request["op"].astype(np.int64),)
    inside = {
        key: _spread((len(names),), where, per_request[key], 0.0)
        for key in ("self_before", "self_after", "calls_before", "calls_after")
    }
    return tuple(
        OperationProfile(
            service=resolve(service),
            operation=operation,
            ts=ts,
            n=counts["n"][op],
            errors=counts["errors"][op],
            self_ms=series["self_ms"][op],
            self_p95_ms=series["self_p95_ms"][op],
            total_ms=series["total_ms"][op],
            per_request_before=float(inside["self_before"][op]),
            per_request_after=float(inside["self_after"][op]),
            calls_before=float(inside["calls_before"][op]),
            calls_after=float(inside["calls_after"][op]),
            self_sd_ms=series["self_sd_ms"][op],
            requests=requests,
            caller=_named(caller, resolve),
            callee=_named(callee, resolve),
            logs=logs.get(op),
            shapes=shapes.get(op, ()),
        )
        for op, service, operation, caller, callee in names
    )


def _spread(shape: tuple[int, ...], at: tuple[Any, ...], values: Any, empty: float) -> FloatArray:
    """Return a dense array with the cells' values at their places and `empty` elsewhere."""
    dense = np.full(shape, empty)
    dense[at] = np.ma.filled(np.ma.asarray(values, dtype=np.float64), empty)
    return dense


def _named(who: Any, resolve: Callable[[str], str]) -> tuple[str, str] | None:
    if who is None:
        return None
    service, operation = who.values() if isinstance(who, dict) else who
    return resolve(service), operation
