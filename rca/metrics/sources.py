"""Where a metric comes from: the prediction log, kpis, spans, or imported profile cells, in that order of trust."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from rca.errors import InputError, UnknownName
from rca.metrics import cells, spans
from rca.metrics.buckets import Period, Source
from rca.metrics.kpis import kpi_metrics, kpi_source
from rca.metrics.recipes import Recipe, recipe
from rca.metrics.table import PredictionTable, prediction_table
from rca.warehouse import Warehouse
from schemas.incident import MODEL_METRICS
from schemas.system import Node


def _log_sql(
    table: PredictionTable, columns: str, rest: str, bucket: str, period: Period
) -> tuple[str, Mapping[str, Any]]:
    splits = {f"split{i}": split for i, split in enumerate(period.splits)}
    names = ", ".join(f"${name}" for name in splits)
    sql = (
        f"WITH log AS (  -- a row is a logged prediction\n    SELECT {bucket} AS bucket, {columns}\n"
        f"    FROM {table.name} WHERE ts >= $start AND ts < $end AND split IN ({names})){rest}"
    )
    return sql, period.parameters | splits


def rows_source(table: PredictionTable, how: Recipe) -> Source:
    """Return the source that computes a recipe over a prediction table."""
    return partial(_log_sql, table, how.columns, f",\n{how.steps}\nSELECT bucket, value, n FROM metric")


def units_source(table: PredictionTable, how: Recipe) -> Source:
    """Return the source whose value is the recipe's count of informative rows."""
    rest = f"\nSELECT bucket, {how.units} AS value, count(*) AS n FROM log GROUP BY bucket"
    return partial(_log_sql, table, how.columns, rest)


def find_source(warehouse: Warehouse, node: Node, metric: str) -> Source:
    """Return where the metric of the node comes from.

    Raises
    ------
    InputError
        When the metric means nothing for the model, or the node has no data for it.
    UnknownName
        When no node has a metric of that name.
    """
    table = prediction_table(warehouse, node)
    if table and metric in MODEL_METRICS:
        return rows_source(table, recipe(node, table, metric))
    known = kpi_metrics(warehouse, node)
    if metric in known:
        return kpi_source(node, metric)
    traced = spans.has_spans(warehouse, node)
    if traced and metric in spans.AGGREGATES:
        return spans.span_source(node, metric)
    if metric in MODEL_METRICS and (column := cells.fullest_column(warehouse, node)):
        return cells.cell_source(node, metric, column)
    if metric in (*MODEL_METRICS, *spans.AGGREGATES):
        place = f"log predictions/{node.id}/" if metric in MODEL_METRICS else f"give traces of service {node.id!r}"
        there = f" (there now: {', '.join(known)})" if known else ""
        raise InputError(f"node {node.id!r} has no data for {metric}", mend=f"{place}, or {metric} in kpis{there}")
    possible = [*known, *(MODEL_METRICS if table else ()), *(spans.AGGREGATES if traced else ())]
    raise UnknownName(f"metric of {node.id!r}", metric, possible)
