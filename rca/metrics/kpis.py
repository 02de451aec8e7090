"""Business and component metrics as they were recorded in kpis."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from rca.metrics.buckets import Period, Source
from rca.warehouse import Warehouse
from schemas.system import Node

COUNTS = frozenset({"requests", "request", "count", "counts", "total", "volume", "num", "revenue", "sum"})
"""A metric whose name has one of these words adds up over dimensions; every other one is averaged."""


def adds_up(metric: str) -> bool:
    """Tell whether the metric's values over dimensions are summed (counts) or averaged (rates, latencies)."""
    return not COUNTS.isdisjoint(metric.lower().replace("-", "_").split("_"))


def kpi_metrics(warehouse: Warehouse, node: Node) -> list[str]:
    """Return the names of the node's recorded metrics, sorted."""
    found = warehouse.connection.execute(
        "SELECT DISTINCT metric FROM kpis WHERE node = ? ORDER BY metric", [node.id]
    ).fetchall()
    return [name for (name,) in found]


def _sql(node: str, metric: str, bucket: str, period: Period) -> tuple[str, Mapping[str, Any]]:
    reduce = "sum" if adds_up(metric) else "avg"
    sql = f"""WITH moments AS (  -- a row is a time stamp, its dimensions reduced
    SELECT ts, {reduce}(value) AS value FROM kpis
    WHERE node = $node AND metric = $metric AND ts >= $start AND ts < $end AND isfinite(value) GROUP BY ts)
SELECT {bucket} AS bucket, avg(value) AS value, count(value) AS n FROM moments GROUP BY bucket"""
    return sql, {"node": node, "metric": metric, **period.parameters}


def kpi_source(node: Node, metric: str) -> Source:
    """Return the source of a recorded metric: the mean over time stamps, `n` counting time stamps.

    Counts over several dimension rows of one time stamp are summed first, everything else is
    averaged; over time both are averaged, so that a wider bucket does not change the level.
    """
    return partial(_sql, node.id, metric)
