"""Metrics from Prometheus (`/api/v1/query_range`) as rows of kpis.

The protocol: https://prometheus.io/docs/prometheus/latest/querying/api/#range-queries (values are strings, a response
holds at most 11,000 points a series).
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa

from rca.errors import InputError
from rca.pulls.http import checked_url, get_json
from rca.pulls.known import RESERVED
from rca.pulls.pulled import Pulled
from rca.pulls.queries import Query

POINTS = 10_000
"""Points asked for at once; the server refuses more than 11,000."""
PERIOD = timedelta(days=14)
"""How far back the first pull goes."""
OVERLAP = 10
"""Steps asked for again when a pull continues, for values that came late; what is known already is dropped."""
SETTLED = timedelta(minutes=1)
"""How old a value must be: a younger one may still lack its last scrape."""


def pull_prometheus(
    url: str,
    queries: Sequence[Query],
    *,
    now: datetime,
    since: datetime | None = None,
    until: datetime | None = None,
    latest: Mapping[tuple[str, str], datetime] | None = None,
    token: str | None = None,
) -> Pulled:
    """Return the values of some queries, at multiples of each query's step.

    Parameters
    ----------
    url
        The server, `http://HOST:PORT`, from the operator's arguments.
    now, since, until
        UTC. By default a query continues where the last pull ended, else begins two weeks ago, and ends a minute ago.
    latest
        (node, metric) -> time of the last value that is known.
    token
        A bearer token.

    Raises
    ------
    InputError
        When the server cannot be reached or refuses a query; the message names the query.
    """
    base, latest = checked_url(url), latest or {}
    end = min(until or now, now - SETTLED)
    tables: list[pa.Table] = []
    notes: list[str] = []
    for query in queries:
        start = since or _continued(query, latest) or end - PERIOD
        series = [one for span in _spans(query.step, start, end) for one in _ask(base, query, span, token, notes)]
        found = [table for table in (_rows(query, one) for one in series) if table.num_rows]
        tables += found
        if not found:
            notes.append(f"{query.name}: the query gives no values from {start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M}")
    kpis = pa.concat_tables(tables, promote_options="default") if tables else None
    return Pulled("prometheus", kpis=kpis, notes=tuple(dict.fromkeys(notes)))


def _continued(query: Query, latest: Mapping[tuple[str, str], datetime]) -> datetime | None:
    # where a label names the node, the one that is furthest behind decides
    times = [
        ts
        for (node, metric), ts in latest.items()
        if metric == query.metric and (query.node_label or node == query.node)
    ]
    return min(times) - OVERLAP * query.step if times else None


def _spans(step: timedelta, start: datetime, end: datetime) -> Iterator[tuple[float, float]]:
    """Yield periods of so many points as the server allows, aligned to the step so that pulls coincide."""
    width = step.total_seconds()
    first, last = math.ceil(start.timestamp() / width), math.floor(end.timestamp() / width)
    edges = [*range(first, last + 1, POINTS), last + 1]
    if first <= last:
        yield from ((low * width, (high - 1) * width) for low, high in pairwise(edges))


def _ask(
    base: str, query: Query, span: tuple[float, float], token: str | None, notes: list[str]
) -> list[dict[str, Any]]:
    parameters = {
        "query": query.query,
        "start": f"{span[0]:.3f}",
        "end": f"{span[1]:.3f}",
        "step": f"{query.step.total_seconds():g}",
    }
    answer = get_json(f"{base}/api/v1/query_range", parameters, token)
    if not isinstance(answer, dict) or answer.get("status") not in {"success", "error"}:
        raise InputError(f"{base} is no Prometheus: its answer has no status", mend="check the address")
    if answer["status"] == "error":
        what = str(answer.get("error", "no reason given"))[:300]
        raise InputError(f"{query.name}: the server refuses the query: {what}", mend="correct it in the queries' file")
    notes += [f"{query.name}: {str(text)[:300]}" for text in answer.get("warnings") or ()]
    data = answer.get("data") or {}
    if data.get("resultType") != "matrix" or not isinstance(data.get("result"), list):
        raise InputError(f"{query.name}: the answer holds no series over time", mend="write an instant vector's query")
    series: list[dict[str, Any]] = data["result"]
    return series


def _rows(query: Query, series: dict[str, Any]) -> pa.Table:
    """Return the finite values of one series; its labels become dimensions."""
    labels = {str(name): str(value) for name, value in (series.get("metric") or {}).items() if name != "__name__"}
    node = labels.pop(query.node_label, None) if query.node_label else query.node
    points = series.get("values") or []
    if node is None or not points:  # native histograms have no `values`
        return pa.table({})
    ts = np.array([float(ts) for ts, _ in points])
    value = np.array([float(value) for _, value in points])
    good = np.isfinite(value)
    n = int(good.sum())
    columns: dict[str, pa.Array] = {
        "node": pa.array([node] * n, pa.string()),
        "metric": pa.array([query.metric] * n, pa.string()),
        "ts": pa.array(np.round(ts[good] * 1e6).astype("datetime64[us]"), pa.timestamp("us")),
        "value": pa.array(value[good], pa.float64()),
    }
    for name, text in sorted(labels.items()):
        columns[_dimension(name)] = pa.array([text] * n, pa.string())
    return pa.table(columns)


def _dimension(label: str) -> str:
    return f"label_{label}" if label.casefold() in RESERVED else label


def utc(moment: datetime) -> datetime:
    """Return a moment in UTC; a naive one is taken as UTC."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
