"""The list of incidents: filtered, newest first, a page at a time; and what there is to filter by."""

import base64
import binascii
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from rca.errors import InputError
from rca.incidents.events import aware, naive
from rca.incidents.overview import refresh
from rca.incidents.weeks import WEEK, week_start
from rca.warehouse import Warehouse
from schemas.feedback import NamedCause, account
from schemas.handling import FacetCount, Facets, IncidentFilter, IncidentPage, IncidentRow

LOW_CONFIDENCE = 0.5
"""A first cause below it is not more likely than not."""

MOST_ROWS = 500
MOST_VALUES = 50
"""Values of a facet that are listed."""

EVERYTHING = IncidentFilter()

SHOWN = """
WITH nodes AS (
    SELECT unnest(json_extract(document, '$.nodes[*]')) AS node
    FROM (SELECT document FROM systems ORDER BY ingest DESC LIMIT 1)
),
owners AS (SELECT node->>'id' AS node, node->>'owner' AS team FROM nodes),
-- a row is an incident, with who owns it and what it was or probably is
shown AS (
    SELECT o.*, coalesce(assigned, team) AS owner, coalesce(right_family, family) AS kind,
        strftime(detected_at, '%G-W%V') AS week,
        outcome IS NULL AND coalesce(confidence, 0) < {low} AS unsure
    FROM incident_overview AS o LEFT JOIN owners USING (node)
)
"""

_ROW = (
    *("incident", "version", "title", "node", "metric", "severity", "owner", "detected_at", "state", "merged_into"),
    *("closed_at", "analysis", "family", "cause_node", "cause_subject", "confidence", "none_of_these", "causes"),
    *("outcome", "right_family", "right_node", "right_subject", "records", "disputed"),
)

_FACETS = ("state", "node", "owner", "kind", "severity", "week")


def incident_page(
    warehouse: Warehouse, filters: IncidentFilter = EVERYTHING, *, after: str | None = None, limit: int = 50
) -> IncidentPage:
    """Return a page of the incidents that fit, newest first.

    Parameters
    ----------
    after
        The `after` of the page before. A page begins behind the last row of the one before it, wherever that is by
        then: incidents that arrive meanwhile neither repeat rows nor hide any.
    limit
        Rows, 1 to 500.

    Raises
    ------
    InputError
        When the limit, the week or `after` cannot be used.
    """
    if not 1 <= limit <= MOST_ROWS:
        raise InputError(f"a page of {limit} incidents cannot be had", mend=f"give 1 to {MOST_ROWS}")
    refresh(warehouse)
    where, values = _where(filters)
    head = _shown()
    behind, place = ("(detected_at, incident) < (?, ?)", [*_read_cursor(after)]) if after else ("true", [])
    total = warehouse.connection.execute(f"{head} SELECT count(*) FROM shown WHERE {where}", values).fetchone()
    rows = warehouse.connection.execute(
        f"{head} SELECT {', '.join(_ROW)} FROM shown WHERE {where} AND {behind} "
        "ORDER BY detected_at DESC, incident DESC LIMIT ?",
        [*values, *place, limit + 1],
    ).fetchall()
    found = tuple(_row(dict(zip(_ROW, row, strict=True))) for row in rows[:limit])
    following = _cursor(found[-1]) if len(rows) > limit else None
    return IncidentPage(rows=found, total=total[0] if total else 0, after=following)


def facets(warehouse: Warehouse, filters: IncidentFilter = EVERYTHING) -> Facets:
    """Return what the incidents that fit have, and how many have it; at most 50 values of each."""
    refresh(warehouse)
    where, values = _where(filters)
    sets = ", ".join(f"({name})" for name in _FACETS)
    rows = warehouse.connection.execute(
        f"{_shown()} SELECT grouping({', '.join(_FACETS)}), {', '.join(_FACETS)}, count(*) FROM shown WHERE {where} "
        f"GROUP BY GROUPING SETS ({sets})",
        values,
    ).fetchall()
    found: dict[str, list[FacetCount]] = {name: [] for name in _FACETS}
    everything = 2 ** len(_FACETS) - 1
    for mask, *columns, count in rows:
        place = len(_FACETS) - (everything - mask).bit_length()
        found[_FACETS[place]].append(FacetCount(value=columns[place], count=count))
    counts = warehouse.connection.execute(
        f"{_shown()} SELECT count(*) FILTER (records = 0), count(*) FILTER (disputed), count(*) FILTER (unsure) "
        f"FROM shown WHERE {where}",
        values,
    ).fetchone() or (0, 0, 0)
    ordered = {"family" if name == "kind" else name: _ordered(name, each) for name, each in found.items()}
    return Facets(**ordered, unreviewed=counts[0], disputed=counts[1], low_confidence=counts[2])


def neighbours(
    warehouse: Warehouse, incident: str, filters: IncidentFilter = EVERYTHING
) -> tuple[str | None, str | None]:
    """Return the incidents before and behind one in the list of those that fit; it need not be among them itself.

    Reads the overview, which `refresh` keeps in step.
    """
    where, values = _where(filters)
    place = warehouse.connection.execute(
        "SELECT detected_at, incident FROM incident_overview WHERE incident = ?", [incident]
    ).fetchone()
    if place is None:
        return None, None
    row = warehouse.connection.execute(
        f"{_shown()} SELECT arg_min(incident, (detected_at, incident)) FILTER ((detected_at, incident) > (?, ?)), "
        "arg_max(incident, (detected_at, incident)) FILTER ((detected_at, incident) < (?, ?)) "
        f"FROM shown WHERE {where}",
        [*place, *place, *values],
    ).fetchone()
    return (row[0], row[1]) if row else (None, None)


def _ordered(name: str, counts: list[FacetCount]) -> tuple[FacetCount, ...]:
    if name == "week":
        return tuple(sorted(counts, key=lambda each: each.value or "", reverse=True)[:MOST_VALUES])
    return tuple(sorted(counts, key=lambda each: (-each.count, each.value or ""))[:MOST_VALUES])


def _shown() -> str:
    return SHOWN.format(low=LOW_CONFIDENCE)


def _where(filters: IncidentFilter) -> tuple[str, list[Any]]:
    """Return the condition, and the values of its parameters."""
    parts = list(_conditions(filters))
    return " AND ".join(f"({part})" for part, _ in parts), [value for _, values in parts for value in values]


def _conditions(filters: IncidentFilter) -> Iterator[tuple[str, list[Any]]]:
    yield ("state = ?", [filters.state]) if filters.state else ("state <> 'merged'", [])
    if filters.unreviewed:
        yield "records = 0", []
    if filters.disputed:
        yield "disputed", []
    if filters.low_confidence:
        yield "unsure", []
    if filters.mine is not None:
        yield "list_contains(people, ?)", [account(filters.mine)]
    if filters.node is not None:
        yield "node = ? OR coalesce(right_node, cause_node) = ?", [filters.node, filters.node]
    for column, wanted in (("owner", filters.owner), ("kind", filters.family), ("severity", filters.severity)):
        if wanted is not None:
            yield f"{column} = ?", [wanted]
    if filters.week is not None:
        start = week_start(filters.week)
        yield "detected_at >= ? AND detected_at < ?", [naive(start), naive(start + WEEK)]
    for word in filters.text.replace("_", " ").casefold().split():
        yield "contains(text, ?)", [word]


def _row(row: dict[str, Any]) -> IncidentRow:
    first, right = (
        NamedCause.model_construct(family=row.pop(family), node=row.pop(node), subject=row.pop(subject))
        for family, node, subject in (
            ("family", "cause_node", "cause_subject"),
            ("right_family", "right_node", "right_subject"),
        )
    )
    row["detected_at"] = aware(row["detected_at"])
    row["closed_at"] = row["closed_at"] and aware(row["closed_at"])
    return IncidentRow(first=first if first.family else None, right=right if right.family else None, **row)


def _cursor(row: IncidentRow) -> str:
    place = json.dumps([naive(row.detected_at).isoformat(), row.incident])
    return base64.urlsafe_b64encode(place.encode()).decode()


def _read_cursor(text: str) -> tuple[datetime, str]:
    try:
        at, incident = json.loads(base64.urlsafe_b64decode(text.encode()))
        if isinstance(incident, str):
            return naive(datetime.fromisoformat(at)), incident
    except (ValueError, TypeError, binascii.Error):
        pass
    raise InputError("this is no place in the list of incidents", mend="begin at the first page: leave `after` out")
