"""What became of each record of the log."""

from collections.abc import Sequence
from typing import Literal

from rca.review.feedback import live
from rca.review.labels import resolve
from rca.review.standing import held
from schemas.feedback import Feedback

State = Literal["holds", "disputed", "replaced", "overruled", "taken_back", "undo"]


def record_states(records: Sequence[Feedback]) -> dict[str, State]:
    """Return record id -> what became of it.

    `holds`; `disputed` by another's; `replaced` by a later one of the same account; `overruled` by an adjudication or
    the gold set that says otherwise; `taken_back`; or `undo`: it takes another back.
    """
    states: dict[str, State] = {each.id: "undo" if each.kind == "undo" else "taken_back" for each in records}
    disputed = {one.incident: {label.cause for label in one.disputed} for one in resolve(records)}
    by_incident: dict[str, list[Feedback]] = {}
    for each in live(records):
        states[each.id] = "replaced"
        by_incident.setdefault(each.incident, []).append(each)
    for incident, said in by_incident.items():
        words = held(said)
        now = {(word.target, word.verdict) for word in words if not word.overruled}
        for word in words:
            stands: State = "disputed" if word.target in disputed[incident] else "holds"
            states[word.said.id] = stands if (word.target, word.verdict) in now else "overruled"
    return states
