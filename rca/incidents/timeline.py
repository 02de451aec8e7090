"""All that happened around an incident, in order, with who did it."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from rca.incidents.events import Event, aware, events_of, handled, naive
from rca.review import history, record_states, spelled
from rca.warehouse import Warehouse
from schemas.base import to_utc
from schemas.feedback import Feedback
from schemas.handling import HandledIncident, TimelineEntry

BEFORE = timedelta(days=2)
"""Changes from so long before the onset belong to the story."""

MOST_CHANGES = 200

_SAID = {
    "opened": "opened",
    "edited": "edited",
    "closed": "closed",
    "reopened": "opened again",
    "alert": "alert",
}


def timeline(warehouse: Warehouse, incident: str) -> tuple[TimelineEntry, ...]:
    """Return what happened, in order of time: onset, changes, detection, answers, feedback, and how it was handled.

    Of incidents that were merged into this one it tells as well. Changes are those from two days before the onset until
    the incident ended.

    Raises
    ------
    UnknownName
        When there is no such incident.
    """
    now = handled(warehouse, incident)
    names = (incident, *now.merged)
    entries = [entry for name in names for entry in _of_one(warehouse, name)]
    entries += _changes(warehouse, now, min(entry.at for entry in entries))
    return tuple(sorted(entries, key=lambda entry: (entry.at, _ORDER.index(entry.kind))))


_ORDER = (
    *("change", "onset", "detected", "opened", "alert", "analysis", "feedback", "verified", "edited", "note"),
    *("merged", "split", "closed", "reopened"),
)


def _of_one(warehouse: Warehouse, incident: str) -> Iterator[TimelineEntry]:
    now = handled(warehouse, incident).incident
    yield TimelineEntry(at=now.detected_at, kind="detected", incident=incident, text=f"{now.metric} of {now.node}")
    answers = _answers(warehouse, incident)
    onset = now.started_at or (to_utc(datetime.fromisoformat(answers[-1][2])) if answers else None)
    if onset:
        yield TimelineEntry(at=onset, kind="onset", incident=incident, text=f"{now.metric} of {now.node} began to move")
    yield from (_answer(incident, *answer) for answer in answers)
    yield from _feedback(history(warehouse, incident))
    yield from (_event(event) for event in events_of(warehouse, [incident]).get(incident, ()))


def _answers(warehouse: Warehouse, incident: str) -> list[tuple[Any, ...]]:
    return warehouse.connection.execute(
        "SELECT id, given_at, document->>'$.incident.onset', document->'$.causes[0]', ranker_version FROM analyses "
        "WHERE incident = ? ORDER BY given_at, id DESC",
        [incident],
    ).fetchall()


def _answer(incident: str, key: str, at: datetime, _: str, first: str | None, ranker: str) -> TimelineEntry:
    cause = json.loads(first) if first else None
    text = "no cause was found"
    if cause:
        named = spelled((cause["family"], cause["node"], cause.get("subject")))
        text = f"most likely {named} ({cause['confidence']:.0%})"
    return TimelineEntry(
        at=aware(at), kind="analysis", incident=incident, key=key, text=text, who=None, detail={"ranker": ranker}
    )


def _feedback(records: Sequence[Feedback]) -> Iterator[TimelineEntry]:
    states = record_states(records)
    for each in records:
        cause = spelled(each.cause.key) if each.cause else "no fault" if each.kind != "undo" else ""
        if each.kind == "missing" and not each.cause:
            cause = each.comment
        verdict = each.verdict or {"undo": f"takes {each.reverts} back", "missing": "not listed"}.get(each.kind, "")
        yield TimelineEntry(
            at=each.at,
            kind="feedback",
            incident=each.incident,
            key=each.id,
            who=each.reviewer,
            text=": ".join(part.replace("_", " ") if part == verdict else part for part in (cause, verdict) if part),
            detail={"state": states[each.id], "comment": each.comment},
        )


def _event(event: Event) -> TimelineEntry:
    detail = dict(event.detail)
    match event.what:
        case "merged":
            text = f"merged into {detail['into']}" if "into" in detail else f"takes in {', '.join(detail['from'])}"
        case "split":
            text = f"split from {detail['out_of']}" if "out_of" in detail else f"gives out {', '.join(detail['out'])}"
        case "verified":
            text = f"{detail['step']}: {detail['result']}"
        case "note":
            text = detail.get("text") or f"split off {detail.get('split_off', '')}"
        case "edited":
            text = "edited " + ", ".join(sorted(detail["changes"]))
        case _:
            text = ": ".join(part for part in (_SAID[event.what], detail.get("reason", "")) if part)
    return TimelineEntry(at=event.at, kind=event.what, incident=event.incident, who=event.who, text=text, detail=detail)


def _changes(warehouse: Warehouse, now: HandledIncident, first: datetime) -> Iterator[TimelineEntry]:
    until = now.incident.ended_at or now.closed_at or now.incident.detected_at
    rows = warehouse.connection.execute(
        "SELECT ts, node, kind, title, author, url FROM changes WHERE ts >= ? AND ts <= ? ORDER BY ts LIMIT ?",
        [naive(first - BEFORE), naive(until), MOST_CHANGES],
    ).fetchall()
    for at, node, kind, title, author, url in rows:
        text = " ".join(part for part in (f"{kind} on {node}:" if node else f"{kind}:", title or "") if part)
        yield TimelineEntry(
            at=aware(at), kind="change", incident=now.incident.id, who=author, text=text, detail={"url": url}
        )
