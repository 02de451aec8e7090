"""What happened to incidents: events, which are only ever added, and what they add up to."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError

from rca.errors import Conflict, InputError, UnknownName
from rca.review import known_incidents
from rca.warehouse import Warehouse
from schemas.feedback import NamedCause
from schemas.handling import EventKind, HandledIncident, IncidentState, Verification
from schemas.incident import Incident


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to an incident; `place` is its order among all events."""

    place: int
    incident: str
    at: datetime
    what: EventKind
    who: str
    detail: Mapping[str, Any]


@dataclass(slots=True)
class Folded:
    """What the events of one incident add up to."""

    version: int = 0
    state: IncidentState = "open"
    merged_into: str | None = None
    merged: dict[str, None] = field(default_factory=dict)
    owner: str | None = None
    opened_at: datetime | None = None
    closed_at: datetime | None = None
    reason: str = ""
    alerts: int = 0
    verified: list[Verification] = field(default_factory=list)
    people: set[str] = field(default_factory=set)
    words: list[str] = field(default_factory=list)


def naive(moment: datetime) -> datetime:
    """Return a moment as the tables keep it: in UTC, without saying so."""
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).replace(tzinfo=None)


def aware(moment: datetime) -> datetime:
    """Return a moment of a table with its zone."""
    return moment.replace(tzinfo=UTC)


def add_events(
    warehouse: Warehouse, at: datetime, who: str, events: Iterable[tuple[str, EventKind, Mapping[str, Any]]]
) -> None:
    """Add events (incident, what, detail), all of them or none."""
    rows = [[incident, naive(at), what, who, _dumped(detail)] for incident, what, detail in events]
    places = ", ".join(["(?, ?, ?, ?, ?)"] * len(rows))
    warehouse.connection.execute(
        f"INSERT INTO incident_events (incident, noted_at, what, who, detail) VALUES {places}",
        [value for row in rows for value in row],
    )


def _dumped(detail: Mapping[str, Any]) -> str:
    try:
        return json.dumps(detail, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise InputError(f"the detail of an event must be JSON: {error}") from error


def events_of(warehouse: Warehouse, incidents: Iterable[str]) -> dict[str, list[Event]]:
    """Return incident -> its events in their order."""
    rows = warehouse.connection.execute(
        "SELECT place, incident, noted_at, what, who, detail FROM incident_events "
        "WHERE incident IN (SELECT unnest(?::VARCHAR[])) ORDER BY place",
        [list(incidents)],
    ).fetchall()
    found: dict[str, list[Event]] = {}
    for place, incident, at, what, who, detail in rows:
        found.setdefault(incident, []).append(Event(place, incident, aware(at), what, who, json.loads(detail)))
    return found


def folded(events: Iterable[Event]) -> Folded:
    """Return what the events of one incident add up to."""
    now = Folded()
    for event in events:
        now.version = event.place
        now.people.add(event.who)
        _fold(now, event)
    return now


def _fold(now: Folded, event: Event) -> None:
    """Let one event happen."""
    detail = event.detail
    match event.what:
        case "opened":
            now.opened_at, now.owner = event.at, detail.get("owner")
        case "edited":
            now.owner = detail["changes"].get("owner", now.owner)
        case "alert":
            now.alerts += 1
        case "verified":
            now.verified.append(Verification(at=event.at, who=event.who, **detail))
        case "note":
            now.words.append(detail.get("text", ""))
        case _:
            _fold_state(now, event)


def _fold_state(now: Folded, event: Event) -> None:
    """Let an event happen that closes or joins incidents; each tells of both sides, from and into."""
    detail = event.detail
    match event.what:
        case "merged" if "into" in detail:
            now.state, now.merged_into = "merged", detail["into"]
        case "merged":
            now.merged |= dict.fromkeys(detail["from"])
        case "split" if "out_of" in detail:
            now.merged_into, now.state = None, "closed" if now.closed_at else "open"
        case "split":
            now.merged = {name: None for name in now.merged if name not in detail["out"]}
        case "closed":
            now.state, now.closed_at, now.reason = "closed", event.at, detail.get("reason", "")
        case _:
            now.state, now.closed_at, now.reason = "open", None, ""


def handled(warehouse: Warehouse, incident: str) -> HandledIncident:
    """Return an incident as it stands after all that happened to it.

    Raises
    ------
    UnknownName
        When there is no such incident; suggests the nearest.
    """
    document = document_of(warehouse, incident)
    now = folded(events_of(warehouse, [incident]).get(incident, ()))
    return HandledIncident(
        incident=document,
        version=now.version,
        state=now.state,
        merged_into=now.merged_into,
        merged=tuple(now.merged),
        owner=now.owner or node_owners(warehouse).get(document.node),
        opened_at=now.opened_at or document.detected_at,
        closed_at=now.closed_at,
        reason=now.reason,
        alerts=now.alerts,
        verified=tuple(now.verified),
    )


def document_of(warehouse: Warehouse, incident: str) -> Incident:
    """Return the document of an incident; of one that was only ever explained, what its answer says."""
    row = warehouse.connection.execute("SELECT document FROM incidents WHERE id = ?", [incident]).fetchone()
    if row is not None:
        return Incident.model_validate_json(row[0])
    row = warehouse.connection.execute(
        "SELECT document->'$.incident', given_at FROM analyses WHERE incident = ? ORDER BY given_at DESC, id LIMIT 1",
        [incident],
    ).fetchone()
    if row is None:
        raise UnknownName("incident", incident, known_incidents(warehouse))
    said = json.loads(row[0])
    return Incident.model_validate(
        {name: said.get(name) for name in ("id", "node", "metric", "direction", "title", "severity")}
        | {"detected_at": said["window"][1]}
    )


def node_owners(warehouse: Warehouse) -> dict[str, str]:
    """Return node -> the team that owns it, where one is declared."""
    rows = warehouse.connection.execute(
        """
        WITH nodes AS (
            SELECT unnest(json_extract(document, '$.nodes[*]')) AS node
            FROM (SELECT document FROM systems ORDER BY ingest DESC LIMIT 1)
        )
        SELECT node->>'id', node->>'owner' FROM nodes WHERE node->>'owner' IS NOT NULL
        """
    ).fetchall()
    return dict(rows)


def expect(now: HandledIncident, expected_version: int | None) -> None:
    """Raise unless nothing happened since the version that the caller saw.

    Raises
    ------
    Conflict
        When something did.
    """
    if expected_version is not None and now.version != expected_version:
        raise Conflict(
            f"incident {now.incident.id} was changed meanwhile: it is at version {now.version}, not {expected_version}",
            mend="look at it again, then repeat the change",
        )


def read_incident(parts: Mapping[str, Any]) -> Incident:
    """Return an incident's document made of untrusted parts.

    Raises
    ------
    InputError
        When a part is malformed; says which.
    """
    try:
        return Incident.model_validate(parts)
    except ValidationError as error:
        raise InputError(_first(error)) from error


def _first(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    place = ".".join(str(step) for step in first["loc"])
    what = first["msg"].removeprefix("Value error, ")
    return f"{place}: {what}" if place else what


def named(cause: NamedCause | None) -> dict[str, Any] | None:
    """Return a cause as JSON data."""
    return cause.model_dump(mode="json") if cause else None
