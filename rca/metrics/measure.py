"""A metric as a series over buckets, or as one value over a window."""

from datetime import datetime

from rca.metrics.buckets import Period, as_series, grid, over_buckets, over_groups
from rca.metrics.sources import find_source
from rca.warehouse import Warehouse
from schemas.evidence import Series, Window
from schemas.system import Node

Splits = str | tuple[str, ...]


def _tuple(split: Splits) -> tuple[str, ...]:
    return (split,) if isinstance(split, str) else tuple(split)


def metric_series(  # noqa: PLR0917 -- a node, a metric, a width, a period
    warehouse: Warehouse,
    node: Node,
    metric: str,
    bucket_seconds: float,
    start: datetime,
    end: datetime,
    split: Splits = "production",
) -> Series:
    """Return a metric per time bucket, in one SQL statement.

    Parameters
    ----------
    metric
        A model metric, a service metric or a name in kpis (CONTRACT section 1).
    bucket_seconds
        Width of the buckets, which start at whole multiples of it (weeks on Mondays, UTC).
    start, end
        Rows with `start` <= ts < `end` count; the first and last bucket may be cut by them.
    split
        The split, or splits, whose rows count; kpis and spans have none.

    Returns
    -------
    Series
        Contiguous buckets; NaN where nothing counts. `n` is the number of rows that count: labelled
        rows for metrics that need labels, queries for ndcg, time stamps for kpis, requests for spans.

    Raises
    ------
    InputError
        When the node has no data for the metric, or it means nothing for its task.
    UnknownName
        When the node has no metric of that name.
    """
    source = find_source(warehouse, node, metric).source
    ts = grid(start, end, bucket_seconds)
    period = Period(start, end, _tuple(split), bucket_seconds)
    return as_series(node.id, metric, ts, *over_buckets(warehouse, source, ts, bucket_seconds, period))


def metric_value(warehouse: Warehouse, node: Node, metric: str, window: Window, split: Splits = "production") -> float:
    """Return a metric over a window, exact over its raw rows; NaN when no row counts.

    Raises
    ------
    InputError
        When the node has no data for the metric, or it means nothing for its task.
    UnknownName
        When the node has no metric of that name.
    """
    source = find_source(warehouse, node, metric).source
    seconds = max((window.end - window.start).total_seconds(), 1e-6)
    value, n = over_groups(warehouse, source, "0", Period(window.start, window.end, _tuple(split), seconds))
    return float(value[0]) if len(value) and n[0] > 0 else float("nan")
