"""Service metrics from spans, for services whose kpis lack them.

A service's request is an entry span: one whose parent is absent or belongs to another service.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

from rca.metrics.buckets import Period, Source
from rca.warehouse import Warehouse
from schemas.system import Node

AGGREGATES = {
    "latency_avg": "avg(duration_ms)",
    "latency_p50": "quantile_cont(duration_ms, 0.50)",
    "latency_p95": "quantile_cont(duration_ms, 0.95)",
    "latency_p99": "quantile_cont(duration_ms, 0.99)",
    "requests": "count(*) * 60 / $seconds",
    "errors": "avg(CAST(status = 'error' AS DOUBLE))",
    "availability": "avg(CAST(status <> 'error' AS DOUBLE))",
}
"""Metric -> SQL over entry spans: milliseconds, requests per minute, fractions in [0, 1]."""

ENTRIES = """entries AS (  -- a row is a request that entered the service
    SELECT span.start AS ts, span.duration_ms, span.status
    FROM spans AS span LEFT JOIN spans AS parent
      ON parent.trace_id = span.trace_id AND parent.span_id = span.parent_span_id AND parent.service = $node
    WHERE span.service = $node AND span.start >= $start AND span.start < $end AND parent.span_id IS NULL)"""


def has_spans(warehouse: Warehouse, node: Node) -> bool:
    """Tell whether the service has any span."""
    return bool(warehouse.connection.execute("SELECT 1 FROM spans WHERE service = ? LIMIT 1", [node.id]).fetchone())


def _sql(node: str, metric: str, bucket: str, period: Period) -> tuple[str, Mapping[str, Any]]:
    aggregate = AGGREGATES[metric]
    sql = f"WITH {ENTRIES}\nSELECT {bucket} AS bucket, {aggregate} AS value, count(*) AS n FROM entries GROUP BY bucket"
    seconds = {"seconds": period.seconds} if "$seconds" in aggregate else {}
    return sql, {"node": node, **period.parameters, **seconds}


def span_source(node: Node, metric: str) -> Source:
    """Return the source of a service metric, `n` counting requests."""
    return partial(_sql, node.id, metric)
