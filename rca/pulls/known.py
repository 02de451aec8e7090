"""What was delivered before: pulls continue from it, and whatever is in it already is not delivered again."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa

from rca.ingest.changes import ingest_changes
from rca.ingest.histograms import ingest_histograms
from rca.ingest.kpis import ingest_kpis
from rca.ingest.session import Session
from rca.pulls.pulled import Document
from rca.warehouse import Warehouse
from schemas.system import Node, System

RESERVED = ("node", "metric", "ts", "value")
# a series' dimensions as one text: sorted `name=value`, absent ones left out
SERIES = """coalesce(list_aggregate(list_sort(list_filter(list_transform(json_keys(dimensions),
    lambda key: key || '=' || json_extract_string(dimensions, '/' || replace(replace(key, '~', '~0'), '/', '~1'))),
    lambda pair: pair IS NOT NULL)), 'string_agg', chr(10)), '')"""


@dataclass(frozen=True, slots=True)
class Known:
    """What was delivered before.

    Parameters
    ----------
    changes
        Change events, by time.
    latest
        (node, metric) -> time of the last value.
    points
        Columns node, metric, ts, series: one row a value of a metric.
    edges
        (node, column) -> the finite edges of its numeric bins, ascending.
    windows
        (node, column, hour) of the histograms.
    """

    changes: tuple[Document, ...] = ()
    latest: dict[tuple[str, str], datetime] = field(default_factory=dict)
    points: pa.Table | None = None
    edges: dict[tuple[str, str], tuple[float, ...]] = field(default_factory=dict)
    windows: frozenset[tuple[str, str, datetime]] = frozenset()


def known_of_warehouse(warehouse: Warehouse) -> Known:
    """Return what a database holds already."""
    run = warehouse.connection.execute
    latest = run("SELECT node, metric, max(ts) FROM kpis GROUP BY node, metric").fetchall()
    points = run(f"SELECT node, metric, ts, {SERIES} AS series FROM kpis").to_arrow_table()
    edges = run(
        """WITH ends AS (  -- a row is one end of a numeric bin
               SELECT node, column_name, unnest([bin_left, bin_right]) AS edge FROM bins
               WHERE part = '' AND role = 'range')
           SELECT node, column_name, list_sort(list(DISTINCT edge)) FROM ends
           WHERE isfinite(edge) GROUP BY node, column_name"""
    ).fetchall()
    windows = run("SELECT DISTINCT node, column_name, hour FROM profile WHERE part = ''").fetchall()
    return Known(
        changes=_changes(warehouse),
        latest={(node, metric): ts.replace(tzinfo=UTC) for node, metric, ts in latest},
        points=points,
        edges={(node, column): tuple(found) for node, column, found in edges},
        windows=frozenset((node, column, hour.replace(tzinfo=UTC)) for node, column, hour in windows),
    )


def known_of_folder(folder: Path) -> Known:
    """Return what the files of a folder hold already, read as `rca ingest` reads them."""
    if not folder.is_dir():
        return Known()
    with Warehouse() as warehouse:
        session = Session(warehouse.connection, folder, System(nodes=(Node(id="any", kind="service"),)))
        for ingest in (ingest_changes, ingest_kpis, ingest_histograms):
            ingest(session)
        return known_of_warehouse(warehouse)


def unseen(changes: Iterable[Document], known: Known) -> tuple[Document, ...]:
    """Return the change events that were not delivered before: time, node, kind and title tell them apart."""
    seen = {_identity(change) for change in known.changes}
    return tuple(change for change in changes if _identity(change) not in seen)


def _identity(change: Document) -> tuple[datetime, str | None, str, str | None]:
    return datetime.fromisoformat(change["ts"]), change.get("node"), change["kind"], change.get("title")


def _changes(warehouse: Warehouse) -> tuple[Document, ...]:
    rows = warehouse.connection.execute(
        "SELECT ts, node, kind, title, CAST(before AS VARCHAR), CAST(after AS VARCHAR) FROM changes ORDER BY ts"
    ).fetchall()
    return tuple(
        {
            "ts": ts.replace(tzinfo=UTC).isoformat(),
            "node": node,
            "kind": kind,
            "title": title,
            "before": None if before is None else json.loads(before),
            "after": None if after is None else json.loads(after),
        }
        for ts, node, kind, title, before, after in rows
    )
