"""Open, edit, merge, split, close and reopen incidents: each adds an event, none takes anything away.

Each change takes `expected_version`, the version that the caller saw, and raises `Conflict` when something happened
since. A change is one transaction; who shares a warehouse between threads lets one write at a time.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from rca.errors import Conflict, InputError
from rca.incidents.events import add_events, expect, handled, named, read_incident
from rca.warehouse import Warehouse
from schemas.feedback import LONGEST_COMMENT, LONGEST_NAME, NamedCause, account
from schemas.handling import HandledIncident, StepResult
from schemas.incident import Incident

EDITABLE = (
    *("title", "severity", "owner", "node", "metric", "direction"),
    *("detected_at", "started_at", "ended_at", "baseline"),
)
"""What may be edited: parts of the document, and the owner."""


def open_incident(
    warehouse: Warehouse,
    incident: Incident,
    who: str,
    at: datetime,
    *,
    owner: str | None = None,
    detail: Mapping[str, Any] | None = None,
) -> HandledIncident:
    """Open an incident.

    Parameters
    ----------
    owner
        Who is to handle it; default: the team that owns its node.
    detail
        What led to it, as JSON data: the rule and value of an alert, say.

    Raises
    ------
    Conflict
        When an incident of that id is there already.
    """
    _somebody(who)
    _short(owner or "", LONGEST_NAME)
    with warehouse.transaction():
        _new(warehouse, incident, who, at, {"owner": owner, **(detail or {})})
    return handled(warehouse, incident.id)


def edit(
    warehouse: Warehouse,
    incident: str,
    changes: Mapping[str, Any],
    who: str,
    at: datetime,
    *,
    expected_version: int | None = None,
) -> HandledIncident:
    """Change parts of an incident; the event keeps what they were before.

    Parameters
    ----------
    changes
        Some of `EDITABLE` -> the new value; None takes an optional part away.

    Raises
    ------
    InputError
        When a part may not be edited or is malformed, or the incident was merged into another.
    """
    unknown = sorted(set(changes) - set(EDITABLE))
    if unknown:
        raise InputError(f"{unknown[0]!r} cannot be edited", mend=f"these can: {', '.join(EDITABLE)}")
    now = _changeable(warehouse, incident, who, expected_version)
    before = now.incident.model_dump(mode="json", exclude_none=True)
    after = {name: value for name, value in (before | dict(changes)).items() if value is not None}
    after.pop("owner", None)
    document = read_incident(after)
    said = document.model_dump(mode="json", exclude_none=True)
    own = {"owner": changes["owner"]} if "owner" in changes else {}
    if own["owner"] if own else None:
        _short(str(own["owner"]), LONGEST_NAME)
    moved = {name: said.get(name) for name in changes if name != "owner" and said.get(name) != before.get(name)} | own
    if moved:
        old = {name: now.owner if name == "owner" else before.get(name) for name in moved}
        with warehouse.transaction():
            warehouse.connection.execute("INSERT OR REPLACE INTO incidents VALUES (?, ?)", [incident, _json(document)])
            add_events(warehouse, at, who, [(incident, "edited", {"changes": moved, "before": old})])
    return handled(warehouse, incident)


def merge(
    warehouse: Warehouse,
    into: str,
    others: Sequence[str],
    who: str,
    at: datetime,
    *,
    comment: str = "",
    expected_version: int | None = None,
) -> HandledIncident:
    """Let other incidents be the same as this one; `split` undoes it.

    Raises
    ------
    InputError
        When one of them was merged into another already, or is this one.
    """
    _short(comment)
    target = _changeable(warehouse, into, who, expected_version)
    names = list(dict.fromkeys(others))
    if not names or into in names:
        raise InputError("nothing to merge" if not names else f"{into} cannot be merged into itself")
    for name in names:
        _changeable(warehouse, name, who, None)
    events = [(name, "merged", {"into": into, "comment": comment}) for name in names]
    add_events(warehouse, at, who, [*events, (into, "merged", {"from": names, "comment": comment})])  # type: ignore[list-item]
    return handled(warehouse, target.incident.id)


def split(
    warehouse: Warehouse,
    incident: str,
    others: Sequence[str],
    who: str,
    at: datetime,
    *,
    comment: str = "",
    expected_version: int | None = None,
) -> HandledIncident:
    """Take incidents that were merged into this one out again: each is what it was before.

    Raises
    ------
    InputError
        When one of them was not merged into this one.
    """
    _somebody(who)
    _short(comment)
    now = handled(warehouse, incident)
    expect(now, expected_version)
    names = list(dict.fromkeys(others))
    foreign = [name for name in names if name not in now.merged]
    if foreign or not names:
        what = f"{foreign[0]} is not merged into {incident}" if foreign else "nothing to split"
        raise InputError(what, mend=f"these are: {', '.join(now.merged)}" if now.merged else None)
    events = [(name, "split", {"out_of": incident, "comment": comment}) for name in names]
    add_events(warehouse, at, who, [*events, (incident, "split", {"out": names, "comment": comment})])  # type: ignore[list-item]
    return handled(warehouse, incident)


def split_off(
    warehouse: Warehouse,
    incident: str,
    part: Incident,
    who: str,
    at: datetime,
    *,
    comment: str = "",
    expected_version: int | None = None,
) -> HandledIncident:
    """Open a part of an incident as one of its own (two faults that were taken for one), and return that."""
    _short(comment)
    _changeable(warehouse, incident, who, expected_version)
    with warehouse.transaction():
        _new(warehouse, part, who, at, {"owner": None, "part_of": incident, "comment": comment})
        add_events(warehouse, at, who, [(incident, "note", {"text": comment, "split_off": part.id})])
    return handled(warehouse, part.id)


def close(
    warehouse: Warehouse,
    incident: str,
    who: str,
    at: datetime,
    *,
    reason: str = "",
    expected_version: int | None = None,
) -> HandledIncident:
    """Close an incident.

    Raises
    ------
    Conflict
        When it is closed already.
    """
    _short(reason)
    if _changeable(warehouse, incident, who, expected_version).state == "closed":
        raise Conflict(f"incident {incident} is closed already")
    add_events(warehouse, at, who, [(incident, "closed", {"reason": reason})])
    return handled(warehouse, incident)


def reopen(
    warehouse: Warehouse,
    incident: str,
    who: str,
    at: datetime,
    *,
    reason: str = "",
    expected_version: int | None = None,
) -> HandledIncident:
    """Open a closed incident again.

    Raises
    ------
    Conflict
        When it is not closed.
    """
    _short(reason)
    if _changeable(warehouse, incident, who, expected_version).state != "closed":
        raise Conflict(f"incident {incident} is not closed")
    add_events(warehouse, at, who, [(incident, "reopened", {"reason": reason})])
    return handled(warehouse, incident)


def verified(
    warehouse: Warehouse,
    incident: str,
    who: str,
    at: datetime,
    *,
    step: str,
    result: StepResult,
    cause: NamedCause | None = None,
    comment: str = "",
) -> HandledIncident:
    """Say what came of a check that a cause proposes."""
    _somebody(who)
    _short(step, name="step")
    _short(comment)
    if result not in ("passed", "failed", "unclear"):
        raise InputError(f"{result!r} is no result of a check", mend="give passed, failed or unclear")
    handled(warehouse, incident)
    detail = {"step": step, "result": result, "cause": named(cause), "comment": comment}
    add_events(warehouse, at, who, [(incident, "verified", detail)])
    return handled(warehouse, incident)


def note(warehouse: Warehouse, incident: str, who: str, at: datetime, *, text: str) -> HandledIncident:
    """Remark something."""
    _somebody(who)
    _short(text, name="note")
    if not text.split():
        raise InputError("a note says something")
    handled(warehouse, incident)
    add_events(warehouse, at, who, [(incident, "note", {"text": text})])
    return handled(warehouse, incident)


def alerted(
    warehouse: Warehouse, incident: str, who: str, at: datetime, *, detail: Mapping[str, Any]
) -> HandledIncident:
    """Keep an alert that belongs to an incident: that a rule fired again, or that somebody was told."""
    _somebody(who)
    handled(warehouse, incident)
    add_events(warehouse, at, who, [(incident, "alert", detail)])
    return handled(warehouse, incident)


def _new(warehouse: Warehouse, incident: Incident, who: str, at: datetime, detail: Mapping[str, Any]) -> None:
    taken = warehouse.connection.execute(
        "SELECT id FROM incidents WHERE id = $1 UNION SELECT incident FROM analyses WHERE incident = $1", [incident.id]
    ).fetchone()
    if taken is not None:
        raise Conflict(f"incident {incident.id} is there already", mend="give the new one another id")
    warehouse.connection.execute("INSERT INTO incidents VALUES (?, ?)", [incident.id, _json(incident)])
    add_events(warehouse, at, who, [(incident.id, "opened", detail)])


def _changeable(warehouse: Warehouse, incident: str, who: str, expected_version: int | None) -> HandledIncident:
    """Return an incident if it may be changed."""
    _somebody(who)
    now = handled(warehouse, incident)
    expect(now, expected_version)
    if now.state == "merged":
        raise Conflict(
            f"incident {incident} was merged into {now.merged_into}", mend="change that one, or split them first"
        )
    return now


def _somebody(who: str) -> None:
    if not account(who) or len(who) > LONGEST_NAME:
        raise InputError("whoever changes an incident has a name that can be seen, of at most 1000 characters")


def _short(text: str, most: int = LONGEST_COMMENT, name: str = "comment") -> None:
    if len(text) > most:
        raise InputError(f"the {name} is {len(text)} characters long", mend=f"give at most {most}")


def _json(incident: Incident) -> str:
    return json.dumps(incident.model_dump(mode="json", by_alias=True, exclude_none=True), sort_keys=True)
