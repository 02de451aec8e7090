"""Action items: who does what until when, and whether it helped. A log of events, which only grows."""

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Literal

from rca.errors import Conflict, InputError, UnknownName
from rca.incidents import refresh
from rca.incidents.events import aware, naive
from rca.review import known_incidents
from rca.warehouse import Warehouse
from schemas.feedback import LONGEST_COMMENT, LONGEST_NAME, NamedCause, account
from schemas.weekly import ActionItem, ActionState

FEWEST_WORDS = 3
"""A title of fewer words does not say what is to be done."""

EDITABLE = ("title", "owner", "due", "incident", "cause")

Step = Literal["done", "verified", "dropped", "reopened"]

_STATES: Mapping[Step, ActionState] = {
    "done": "done",
    "verified": "verified_effective",
    "dropped": "dropped",
    "reopened": "open",
}
_FROM: Mapping[Step, tuple[ActionState, ...]] = {
    "done": ("open",),
    "verified": ("done",),
    "dropped": ("open", "done"),
    "reopened": ("done", "verified_effective", "dropped"),
}


def add_action(
    warehouse: Warehouse,
    title: str,
    who: str,
    at: datetime,
    *,
    owner: str,
    due: date,
    incident: str | None = None,
    cause: NamedCause | None = None,
) -> ActionItem:
    """Add an action item.

    Parameters
    ----------
    title
        What exactly is to be done, in three words at least.
    owner
        Who does it: one account or team.
    due
        Until which day.
    incident, cause
        What it came of, and what it is to prevent: how often that cause is confirmed again is counted.

    Raises
    ------
    InputError
        When the title says nothing, nobody owns it, it is due in the past, or the incident is unknown.
    """
    if due < at.date():
        raise InputError(f"{due} is past", mend="give a day that is still to come")
    detail = {"title": title, "owner": owner, "due": due.isoformat(), "incident": incident, "cause": _json(cause)}
    _check(warehouse, detail, who)
    place = warehouse.connection.execute("SELECT nextval('action_event_places')").fetchone()
    name = f"act-{place[0] if place else 0}"
    _add(warehouse, name, "added", who=who, at=at, detail=detail, place=place[0] if place else 0)
    return action(warehouse, name, at)


def edit_action(warehouse: Warehouse, name: str, changes: Mapping[str, Any], who: str, at: datetime) -> ActionItem:
    """Change some of `EDITABLE`.

    Raises
    ------
    InputError
        As of `add_action`; or when something else is to be changed.
    """
    unknown = sorted(set(changes) - set(EDITABLE))
    if unknown:
        raise InputError(f"{unknown[0]!r} of an action cannot be edited", mend=f"these can: {', '.join(EDITABLE)}")
    now = action(warehouse, name, at)
    plain = {key: _plain(value) for key, value in changes.items()}
    before = {key: _plain(getattr(now, key)) for key in EDITABLE}
    _check(warehouse, before | plain, who)
    _add(warehouse, name, "edited", who=who, at=at, detail=plain)
    return action(warehouse, name, at)


def move_action(
    warehouse: Warehouse, name: str, step: Step, who: str, at: datetime, *, comment: str = ""
) -> ActionItem:
    """Say that an action was done, verified to be effective, dropped, or is open again.

    Parameters
    ----------
    comment
        How it was verified, or why it was dropped: needed for both.

    Raises
    ------
    InputError
        When the comment is missing.
    Conflict
        When its state does not allow the step: only what was done can be verified.
    """
    now = action(warehouse, name, at)
    if now.state not in _FROM[step]:
        mend = "say first that it was done" if step == "verified" and now.state == "open" else None
        raise Conflict(f"action {name} is {now.state.replace('_', ' ')}: it cannot be {step}", mend=mend)
    if step in ("verified", "dropped") and not comment.split():
        raise InputError(f"why is {name} {step}?", mend="say how it was checked, or why, in a comment")
    _person(who)
    _short(comment, "comment", LONGEST_COMMENT)
    _add(warehouse, name, step, who=who, at=at, detail={"comment": comment})
    return action(warehouse, name, at)


def action(warehouse: Warehouse, name: str, now: datetime) -> ActionItem:
    """Return one action item as it stands.

    Raises
    ------
    UnknownName
        When there is none of that name.
    """
    found = {each.id: each for each in actions(warehouse, now)}
    if name not in found:
        raise UnknownName("action", name, found)
    return found[name]


def actions(
    warehouse: Warehouse, now: datetime, *, state: ActionState | None = None, owner: str | None = None
) -> tuple[ActionItem, ...]:
    """Return the action items: open ones first, by the day they are due.

    Parameters
    ----------
    state, owner
        Only those.
    """
    events = warehouse.connection.execute(
        "SELECT action, noted_at, what, who, detail FROM action_events ORDER BY place"
    ).fetchall()
    found: dict[str, dict[str, Any]] = {}
    for name, at, what, who, detail in events:
        _fold(found.setdefault(name, {"id": name}), aware(at), what, who, json.loads(detail))
    again = _recurrences(warehouse) if any(each.get("cause") and each.get("done_at") for each in found.values()) else {}
    items = [_item(each, now, again) for each in found.values()]
    kept = [
        each
        for each in items
        if state in (None, each.state) and (owner is None or account(owner) == account(each.owner))
    ]
    order = ("open", "done", "verified_effective", "dropped")
    return tuple(sorted(kept, key=lambda each: (order.index(each.state), each.due, each.made_at, each.id)))


def _fold(item: dict[str, Any], at: datetime, what: str, who: str, detail: dict[str, Any]) -> None:
    match what:
        case "added":
            item |= detail | {"made_at": at, "made_by": who, "state": "open"}
        case "edited":
            item |= detail
        case "done" | "verified" | "dropped" | "reopened":
            item |= {"state": _STATES[what], "comment": detail["comment"]}
            item |= {"done_at": at} if what == "done" else {}
            item |= {"verified_at": at, "verified_by": who} if what == "verified" else {}
            item |= {"done_at": None, "verified_at": None, "verified_by": None} if what == "reopened" else {}


def _item(parts: dict[str, Any], now: datetime, again: Mapping[tuple[Any, ...], list[datetime]]) -> ActionItem:
    item = ActionItem.model_validate(parts)
    times = again.get(item.cause.key, []) if item.cause and item.done_at else []
    return item.model_copy(
        update={
            "overdue": item.state == "open" and item.due < now.date(),
            "recurred": sum(at > item.done_at for at in times if item.done_at),
        }
    )


def _recurrences(warehouse: Warehouse) -> dict[tuple[Any, ...], list[datetime]]:
    """Return cause -> when its incidents were detected."""
    refresh(warehouse)
    rows = warehouse.connection.execute(
        "SELECT right_family, right_node, right_subject, list(detected_at) FROM incident_overview "
        "WHERE outcome = 'cause' AND state <> 'merged' GROUP BY ALL"
    ).fetchall()
    return {tuple(key): [aware(at) for at in times] for *key, times in rows}


def _add(
    warehouse: Warehouse,
    name: str,
    what: str,
    *,
    who: str,
    at: datetime,
    detail: Mapping[str, Any],
    place: int | None = None,
) -> None:
    warehouse.connection.execute(
        "INSERT INTO action_events VALUES (coalesce(?, nextval('action_event_places')), ?, ?, ?, ?, ?)",
        [place, name, naive(at), what, who, json.dumps(detail)],
    )


def _check(warehouse: Warehouse, detail: Mapping[str, Any], who: str) -> None:
    _person(who)
    title, owner, incident = (str(detail[name] or "") for name in ("title", "owner", "incident"))
    if len(title.split()) < FEWEST_WORDS:
        raise InputError(f"{title!r} does not say what is to be done", mend="name the step and what it is done to")
    _short(title, "title", LONGEST_NAME)
    if not account(owner):
        raise InputError("an action has an owner", mend="name the person or team that does it")
    _short(owner, "owner", LONGEST_NAME)
    try:
        date.fromisoformat(str(detail["due"]))
    except ValueError as error:
        raise InputError(f"{detail['due']} is no day", mend="write it as 2026-12-01") from error
    if incident:
        known = known_incidents(warehouse)
        if incident not in known:
            raise UnknownName("incident", incident, known)


def _person(who: str) -> None:
    if not account(who):
        raise InputError("whoever changes an action has a name that can be seen")
    _short(who, "name", LONGEST_NAME)


def _short(text: str, what: str, most: int) -> None:
    if len(text) > most:
        raise InputError(f"the {what} is {len(text)} characters long", mend=f"give at most {most}")


def _plain(value: Any) -> Any:
    if isinstance(value, NamedCause):
        return _json(value)
    return value.isoformat() if isinstance(value, date) else value


def _json(cause: NamedCause | None) -> dict[str, Any] | None:
    return cause.model_dump(mode="json") if cause else None
