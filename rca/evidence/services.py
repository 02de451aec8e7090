"""What the warehouse knows of services besides spans: metrics, changes and lineage."""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, get_args

import numpy as np

from rca.graph import LineageEdge
from rca.warehouse import Warehouse
from schemas.evidence import Series
from schemas.incident import Change, ChangeKind

MAX_SERIES = 2000

_METRICS = """
WITH asked AS (
    -- a row is one value of a node that was asked for
    SELECT node, metric, coalesce(CAST(dimensions AS VARCHAR), '') AS dimensions, ts, value FROM kpis
    WHERE node IN (SELECT unnest($nodes)) AND ts >= $start AND ts < $end
), kept AS (
    -- a row is one series; those without dimensions first, then the longest
    SELECT node, metric, dimensions FROM asked GROUP BY node, metric, dimensions
    ORDER BY any_value(dimensions NOT IN ('', '{}', 'null')), count(*) DESC, node, metric, dimensions LIMIT $limit
)
-- a row is one moment of one series
SELECT dense_rank() OVER (ORDER BY node, metric, dimensions) - 1 AS series, node, metric, dimensions,
       epoch_us(ts) AS ts, avg(value) FILTER (isfinite(value)) AS value, count(*) AS n
FROM asked JOIN kept USING (node, metric, dimensions)
GROUP BY node, metric, dimensions, ts ORDER BY series, ts
"""


def read_metrics(
    warehouse: Warehouse, nodes: Iterable[str], start: datetime, end: datetime, limit: int = MAX_SERIES
) -> tuple[Series, ...]:
    """Return the series of the nodes' metrics in [start, end), one per node, metric and dimensions.

    Times are the file's own; values of the same moment are averaged (`n` counts them), a null or
    infinite value is NaN. At most `limit` series, those without dimensions first.
    """
    wanted = sorted(set(nodes))
    bounds = {"nodes": wanted, "start": _naive(start), "end": _naive(end), "limit": limit}
    cells = warehouse.connection.execute(_METRICS, bounds).fetchnumpy()
    if not len(cells["ts"]):
        return ()
    value = np.ma.filled(np.ma.asarray(cells["value"], dtype=np.float64), np.nan)
    ts = np.asarray(cells["ts"], dtype=np.int64).astype("datetime64[us]")
    n = np.asarray(cells["n"], dtype=np.float64)
    starts = np.flatnonzero(np.diff(np.asarray(cells["series"], dtype=np.int64), prepend=-1))
    ends = np.append(starts[1:], len(ts))
    return tuple(
        Series(
            node=str(cells["node"][low]),
            metric=str(cells["metric"][low]),
            ts=ts[low:high],
            value=value[low:high],
            n=n[low:high],
            dimensions=_dimensions(str(cells["dimensions"][low])),
        )
        for low, high in zip(starts.tolist(), ends.tolist(), strict=True)
    )


def _naive(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def _dimensions(document: str) -> Mapping[str, str]:
    parsed = json.loads(document) if document else None
    return {str(key): str(value) for key, value in sorted(parsed.items())} if isinstance(parsed, dict) else {}


_CHANGES = """
SELECT ts, node, kind, title, CAST(before AS VARCHAR), CAST(after AS VARCHAR), url, author FROM changes
WHERE ts >= $start AND ts <= $end ORDER BY ts, node, kind, title
"""


def read_changes(warehouse: Warehouse, start: datetime, end: datetime) -> tuple[Change, ...]:
    """Return the change events in [start, end] on any node, ordered by time; an unknown kind is `other`."""
    rows = warehouse.connection.execute(_CHANGES, {"start": _naive(start), "end": _naive(end)}).fetchall()
    kinds = get_args(ChangeKind)
    return tuple(
        Change(
            ts=ts,
            node=node,
            kind=kind if kind in kinds else "other",
            title=title,
            before=_json(before),
            after=_json(after),
            url=url,
            author=author,
        )
        for ts, node, kind, title, before, after, url, author in rows
    )


def _json(text: str | None) -> Any:
    return None if text is None else json.loads(text)


_LINEAGE = """
-- a row is one job with everything that its runs have read and written
SELECT job, list_sort(list_distinct(flatten(list(coalesce(inputs, []))))) AS inputs,
       list_sort(list_distinct(flatten(list(coalesce(outputs, []))))) AS outputs
FROM lineage GROUP BY job ORDER BY job
"""


def read_lineage_edges(warehouse: Warehouse) -> tuple[LineageEdge, ...]:
    """Return every job with its inputs and outputs over all runs, ordered by job."""
    rows = warehouse.connection.execute(_LINEAGE).fetchall()
    return tuple(LineageEdge(job, tuple(inputs), tuple(outputs)) for job, inputs, outputs in rows)
