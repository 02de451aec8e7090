"""Where a metric comes from: the prediction log, kpis, spans, or imported profile cells, in that order of trust."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from rca.errors import InputError, UnknownName
from rca.metrics import cells, spans
from rca.metrics.buckets import Period, Source
from rca.metrics.kpis import kpi_metrics, kpi_source
from rca.metrics.recipes import recipe
from rca.metrics.table import PredictionTable, prediction_table, thin
from rca.warehouse import Warehouse
from schemas.incident import MODEL_METRICS
from schemas.system import Node


def _log_sql(  # noqa: PLR0917 (from which rows, what, how, for when: all belong to the call)
    rows: str, every: int, columns: str, rest: str, bucket: str, period: Period
) -> tuple[str, Mapping[str, Any]]:
    splits = {f"split{i}": split for i, split in enumerate(period.splits)}
    names = ", ".join(f"${name}" for name in splits)
    # rows of training are few, and compared with each other
    some = f" AND {thin(every)}" if every > 1 and period.splits == ("production",) else ""
    sql = (
        f"WITH log AS (  -- a row is a logged prediction\n    SELECT {bucket} AS bucket, {columns}\n"
        f"    FROM {rows} AS logged WHERE ts >= $start AND ts < $end AND split IN ({names}){some}){rest}"
    )
    if some:
        sql = f"SELECT bucket, value, n * {every} AS n FROM ({sql}) AS thinned"
    return sql, period.parameters | splits


@dataclass(frozen=True, slots=True)
class Found:
    """A metric's source, and what is needed to choose how to look at it.

    `counts` yields per bucket the rows that count as `n`, and as `value` how many of them are
    positive where the rarer class limits the metric (else NULL). `rows` is where single rows can be
    had, `sampled` tells that the metric was recorded at intervals of its own.
    """

    source: Source
    counts: Source
    rows: PredictionTable | None = None
    sampled: bool = False


def _from_log(node: Node, table: PredictionTable, metric: str) -> Found:
    how = recipe(node, table, metric)
    every = 1 if metric == "ndcg" else table.thinning  # which needs whole queries
    rows = table.name if metric == "null_rate" else table.outcomes or table.name  # of removed rows no feature is kept
    values = f",\n{how.steps}\nSELECT bucket, value, n FROM metric"
    counts = f"\nSELECT bucket, {every} * ({how.positives}) AS value, {how.counted} AS n FROM log GROUP BY bucket"
    return Found(
        source=partial(_log_sql, rows, every, how.columns, values),
        counts=partial(_log_sql, rows, every, how.columns, counts),
        rows=table,
    )


def _unlimited(source: Source) -> Found:
    """Return a source whose own `n` tells all."""

    def counts(bucket: str, period: Period) -> tuple[str, Mapping[str, Any]]:
        sql, parameters = source(bucket, period)
        return f"SELECT bucket, NULL AS value, n FROM ({sql}) AS counted", parameters

    return Found(source=source, counts=counts)


def find_source(warehouse: Warehouse, node: Node, metric: str) -> Found:
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
        return _from_log(node, table, metric)
    known = kpi_metrics(warehouse, node)
    if metric in known:
        return replace(_unlimited(kpi_source(node, metric)), sampled=True)
    traced = spans.has_spans(warehouse, node)
    if traced and metric in spans.AGGREGATES:
        return _unlimited(spans.span_source(node, metric))
    if metric in MODEL_METRICS and (column := cells.fullest_column(warehouse, node)):
        return _unlimited(cells.cell_source(node, metric, column))
    if metric in (*MODEL_METRICS, *spans.AGGREGATES):
        place = f"log predictions/{node.id}/" if metric in MODEL_METRICS else f"give traces of service {node.id!r}"
        there = f" (there now: {', '.join(known)})" if known else ""
        raise InputError(f"node {node.id!r} has no data for {metric}", mend=f"{place}, or {metric} in kpis{there}")
    possible = [*known, *(MODEL_METRICS if table else ()), *(spans.AGGREGATES if traced else ())]
    raise UnknownName(f"metric of {node.id!r}", metric, possible)
