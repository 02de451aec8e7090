"""What was delivered before: pulls continue from it, and whatever is in it already is not delivered again."""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
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


class Known:
    """What a database holds already.

    Parameters
    ----------
    warehouse
        Stays open as long as this is used.
    """

    def __init__(self, warehouse: Warehouse) -> None:
        self.connection = warehouse.connection

    def changes(self) -> tuple[Document, ...]:
        """Return all change events, by time."""
        rows = self.connection.execute(
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

    def latest(self) -> dict[tuple[str, str], datetime]:
        """Return (node, metric) -> time of the last value."""
        rows = self.connection.execute("SELECT node, metric, max(ts) FROM kpis GROUP BY node, metric").fetchall()
        return {(node, metric): ts.replace(tzinfo=UTC) for node, metric, ts in rows}

    def edges(self, node: str) -> dict[tuple[str, str], tuple[float, ...]]:
        """Return (node, column) -> the finite edges of its numeric bins, ascending."""
        rows = self.connection.execute(
            """WITH ends AS (  -- a row is one end of a numeric bin
                   SELECT column_name, unnest([bin_left, bin_right]) AS edge FROM bins
                   WHERE node = ? AND part = '' AND role = 'range')
               SELECT column_name, list_sort(list(DISTINCT edge)) FROM ends
               WHERE isfinite(edge) GROUP BY column_name""",
            [node],
        ).fetchall()
        return {(node, column): tuple(found) for column, found in rows}

    def unseen_changes(self, changes: Iterable[Document]) -> tuple[Document, ...]:
        """Return the events that are new: time, node, kind and title tell them apart."""
        seen = {_identity(change) for change in self.changes()}
        return tuple(change for change in changes if _identity(change) not in seen)

    def unseen_points(self, kpis: pa.Table) -> pa.Table:
        """Return the values that are new, in order; of a value pulled twice the first stays."""
        keyed = kpis.append_column("series", _series(kpis))
        self.connection.register("pulled_points", keyed)
        fresh = self.connection.sql(
            f"""WITH there AS (
                    SELECT node, metric, ts, {SERIES} AS series FROM kpis
                    WHERE metric IN (SELECT DISTINCT metric FROM pulled_points)
                      AND ts >= (SELECT min(ts) FROM pulled_points))
                SELECT * EXCLUDE series FROM pulled_points ANTI JOIN there USING (node, metric, ts, series)
                ORDER BY node, metric, ts, series"""
        ).to_arrow_table()
        self.connection.unregister("pulled_points")
        return fresh

    def unseen_bins(self, bins: pa.Table) -> pa.Table:
        """Return the histograms of hours that are new: counts of one hour would add up."""
        found = self.connection.execute("SELECT DISTINCT node, column_name, hour FROM profile WHERE part = ''")
        there = {(node, column, hour.replace(tzinfo=UTC)) for node, column, hour in found.fetchall()}
        keys = zip(*(bins[name].to_pylist() for name in ("node", "column", "window_start")), strict=True)
        fresh = [(node, column, _hour(start)) not in there for node, column, start in keys]
        return bins.filter(pa.array(fresh, pa.bool_()))


@contextmanager
def known_of_folder(folder: Path) -> Iterator[Known]:
    """Give what the files of a folder hold already, read as `rca ingest` reads them."""
    with Warehouse() as warehouse:
        session = Session(warehouse.connection, folder, System(nodes=(Node(id="any", kind="service"),)))
        for ingest in (ingest_changes, ingest_kpis, ingest_histograms):
            ingest(session)
        yield Known(warehouse)


def _identity(change: Document) -> tuple[datetime, str | None, str, str | None]:
    return datetime.fromisoformat(change["ts"]), change.get("node"), change["kind"], change.get("title")


def _hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)


def _series(kpis: pa.Table) -> pa.Array:
    """Return (rows,) the dimensions as one text, as `SERIES` spells them."""
    labels = sorted(set(kpis.column_names) - set(RESERVED))
    rows = zip(*(kpis[label].to_pylist() for label in labels), strict=True) if labels else ((),) * kpis.num_rows
    made: dict[tuple[str | None, ...], str] = {}
    return pa.array([made.get(row) or made.setdefault(row, _spelled(labels, row)) for row in rows], pa.string())


def _spelled(labels: list[str], row: tuple[str | None, ...]) -> str:
    return "\n".join(sorted(f"{name}={value}" for name, value in zip(labels, row, strict=True) if value is not None))
