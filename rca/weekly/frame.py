"""What a review reads: one row for each incident up to the end of the week, and where causes belong."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb

from rca.incidents.events import naive
from rca.incidents.listing import SHOWN
from rca.warehouse import Warehouse
from schemas.system import System

FRAME = f"""
{SHOWN.format(low=0.5)},
-- a row is an incident that was detected before the week's end and not merged into another
frame AS (
    SELECT *, greatest(0, date_diff('second', coalesce(onset, detected_at),
            least(coalesce(closed_at, ended_at, $until), $until))) / 3600.0 AS hours,
        right_family || '/' || right_node || coalesce('/' || right_subject, '') AS cause
    FROM shown WHERE state <> 'merged' AND detected_at < $until
)
"""
"""The relation `frame`, up to the parameter `until`."""


@dataclass(frozen=True, slots=True)
class Period:
    """The reviewed week, and the beginnings of what it is compared with."""

    week: str
    start: datetime
    end: datetime
    window: datetime
    """Begin of the 90 days that end with the week."""
    trend: datetime
    weeks: tuple[str, ...]


def rows(warehouse: Warehouse, sql: str, until: datetime, **values: Any) -> list[tuple[Any, ...]]:
    """Return the rows of a query of `frame`; times among the values are kept as the tables keep them."""
    return _asked(warehouse, sql, until, values).fetchall()


def columns(warehouse: Warehouse, sql: str, until: datetime, **values: Any) -> Mapping[str, Any]:
    """Return the columns of such a query as arrays; faster where rows are many."""
    return _asked(warehouse, sql, until, values).fetchnumpy()


def _asked(warehouse: Warehouse, sql: str, until: datetime, values: Mapping[str, Any]) -> duckdb.DuckDBPyConnection:
    given = {name: naive(value) if isinstance(value, datetime) else value for name, value in values.items()}
    return warehouse.connection.execute(FRAME + sql, {"until": naive(until)} | given)


def pipelines(system: System) -> Mapping[str, str]:
    """Return node -> the pipeline that it is, or that is nearest upstream of it, or else nearest downstream."""
    kinds = {node.id: node.kind for node in system.nodes}
    upstream: dict[str, list[str]] = {}
    downstream: dict[str, list[str]] = {}
    for edge in system.edges:
        upstream.setdefault(edge.target, []).append(edge.source)
        downstream.setdefault(edge.source, []).append(edge.target)
    found = {}
    for node in kinds:
        near = _nearest(node, upstream, kinds) or _nearest(node, downstream, kinds)
        if near:
            found[node] = near
    return found


def _nearest(node: str, following: Mapping[str, list[str]], kinds: Mapping[str, str]) -> str | None:
    """Return the nearest pipeline along edges, the first by name among those equally near."""
    seen, front = {node}, [node]
    while front:
        pipes = sorted(each for each in front if kinds[each] == "pipeline")
        if pipes:
            return pipes[0]
        front = list(dict.fromkeys(to for each in front for to in following.get(each, ()) if to not in seen))
        seen.update(front)
    return None
