"""Settled incidents as cases: worked out from what was settled, the answer that was judged, and how it was handled."""

from datetime import datetime

from rca.errors import InputError
from rca.incidents import handled, refresh
from rca.incidents.verdicts import judged
from rca.review import Label, history, kept_analysis, resolve
from rca.warehouse import Warehouse
from rca.weekly import actions
from schemas.analysis import Analysis, Cause
from schemas.cases import Case, Rival
from schemas.feedback import CauseKey, NamedCause
from schemas.handling import HandledIncident, Verification
from schemas.weekly import ActionItem

MOST_RIVALS = 3
MOST_MOVED = 2
MOST_EVIDENCE = 4


def case(warehouse: Warehouse, incident: str, now: datetime) -> Case:
    """Return what an incident turned out to be.

    Raises
    ------
    UnknownName
        When there is no such incident.
    InputError
        When it is not settled what it was.
    """
    state = handled(warehouse, incident)
    said = judged(history(warehouse, incident))
    label = said.settled
    if label is None:
        raise InputError(
            f"it is not settled what {incident} was", mend=f"rca label --db FILE --incident {incident} says it"
        )
    answer = kept_analysis(warehouse, said.analysis) if said.analysis else None
    cause = next((each for each in answer.causes if each.key == label.cause), None) if answer else None
    checks = tuple(c for c in state.verified if c.cause is None or c.cause.key == label.cause)
    return Case(
        incident=incident,
        title=state.incident.title,
        node=state.incident.node,
        metric=state.incident.metric,
        detected_at=state.incident.detected_at,
        symptom=symptom_of(state, answer),
        cause=_named(label.cause) if label.cause else None,
        mechanism=cause.mechanism if cause else None,
        verdict=label.verdict,
        summary=cause.summary if cause else "",
        told_apart=_told_apart(cause, checks),
        evidence=tuple(each.text for each in cause.evidence[:MOST_EVIDENCE]) if cause else (),
        checks=checks,
        rivals=tuple(_rivals(answer, label, said.right, _rejected(warehouse, incident))),
        fix=tuple(dict.fromkeys(text for text in (*said.comments, state.reason) if text.split())),
        remedy=cause.remedy if cause else "",
        prevention=_prevention(warehouse, incident, label.cause, now),
        again=_again(warehouse, incident, label.cause),
        reviewers=label.reviewers,
        analysis=said.analysis,
    )


def symptom_of(state: HandledIncident, answer: Analysis | None) -> str:
    """Return what went wrong, in one sentence."""
    incident = state.incident
    if answer is None:
        return f"{incident.metric} of {incident.node}"
    seen = answer.incident
    verb = "fell" if seen.direction == "down" else "rose"
    values = (f"{value:.4g}" if value is not None else "?" for value in (seen.baseline_value, seen.value))
    return f"{seen.metric} of {seen.node} {verb} from {' to '.join(values)} since {seen.onset:%Y-%m-%d %H:%M} UTC"


def _told_apart(cause: Cause | None, checks: tuple[Verification, ...]) -> tuple[str, ...]:
    passed = [f"{each.step}: passed" for each in checks if each.result == "passed"]
    moved = [each.text for each in cause.moved if each.by > 0][:MOST_MOVED] if cause else []
    return (*passed, *moved)


def _rivals(
    answer: Analysis | None, label: Label, right: frozenset[CauseKey], rejected: frozenset[CauseKey]
) -> list[Rival]:
    """Return the causes that were likeliest beside the right ones, the rejected ones first."""
    others = [each for each in answer.causes if each.key not in right and each.key != label.cause] if answer else []
    others.sort(key=lambda each: (each.key not in rejected, each.rank))
    return [
        Rival(
            cause=_named(each.key),
            rank=each.rank,
            confidence=each.confidence,
            rejected=each.key in rejected,
            against=next((moved.text for moved in each.moved if moved.by < 0), ""),
        )
        for each in others[:MOST_RIVALS]
    ]


def _rejected(warehouse: Warehouse, incident: str) -> frozenset[CauseKey]:
    settled = resolve(history(warehouse, incident))
    labels = settled[0].labels if settled else ()
    return frozenset(label.cause for label in labels if label.cause and label.verdict == "rejected")


def _prevention(warehouse: Warehouse, incident: str, cause: CauseKey | None, now: datetime) -> tuple[ActionItem, ...]:
    return tuple(
        each
        for each in actions(warehouse, now)
        if each.state != "dropped" and (each.incident == incident or (cause and each.cause and each.cause.key == cause))
    )


def _again(warehouse: Warehouse, incident: str, cause: CauseKey | None) -> tuple[str, ...]:
    if cause is None:
        return ()
    refresh(warehouse)
    rows = warehouse.connection.execute(
        "SELECT incident FROM incident_overview WHERE outcome = 'cause' AND state <> 'merged' AND incident <> ? "
        "AND right_family = ? AND right_node = ? AND right_subject IS NOT DISTINCT FROM ? "
        "ORDER BY detected_at DESC, incident LIMIT 50",
        [incident, *cause],
    ).fetchall()
    return tuple(row[0] for row in rows)


def _named(key: CauseKey) -> NamedCause:
    family, node, subject = key
    return NamedCause(family=family, node=node, subject=subject)
