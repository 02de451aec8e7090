"""The log of feedback: records are checked against what is kept, added, and never changed or removed."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import ValidationError

from candidates import families
from rca.errors import InputError, UnknownName
from rca.evidence.services import read_lineage_edges
from rca.graph import build_graph
from rca.ingest.documents import load_system
from rca.review.analyses import kept_analysis, kept_proposed, known_incidents, latest_analysis
from rca.review.naming import spelled
from rca.review.standing import Held
from rca.spans import read_span_edges
from rca.warehouse import Warehouse
from schemas.analysis import Analysis, Cause
from schemas.feedback import Feedback, NamedCause, Verdict, account

SHORTEST_PREFIX = 6
"""So many first characters of a record's id name it, where only one begins so."""


def read_feedback(**parts: Any) -> Feedback:
    """Return a record made of untrusted parts; see `schemas.feedback.Feedback`.

    Raises
    ------
    InputError
        When a part is malformed or the parts do not go together.
    """
    try:
        return Feedback.model_validate(parts)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(step) for step in first["loc"])
        what = first["msg"].removeprefix("Value error, ")
        raise InputError(f"{place}: {what}" if place else what) from error


def record(warehouse: Warehouse, feedback: Feedback) -> Feedback:
    """Add a record to the log and return it as it was kept.

    The answer that is meant, when none is named, is the incident's latest; rank, score and ranker version, where they
    are not given as shown, are that answer's. When this returns, the record is on disk. The same record again (by its
    id) changes nothing.

    Raises
    ------
    InputError
        When it refers to an incident, answer, cause or record that is not there (the nearest names are said), takes
        back what it may not, or has the id of a record that says something else.
    """
    same = _read(warehouse, "id = ?", feedback.id)
    if same:
        if _said(same[0]) != _said(feedback):
            raise InputError(
                f"record {feedback.id} is there already and says something else", mend="give it another id"
            )
        return same[0]
    kept = _checked(warehouse, feedback)
    warehouse.connection.execute(
        "INSERT INTO feedback (id, incident, document) VALUES (?, ?, ?)",
        [kept.id, kept.incident, json.dumps(kept.model_dump(mode="json"))],
    )
    return kept


def undo(warehouse: Warehouse, key: str, reviewer: str, *, comment: str = "") -> Feedback:
    """Take a record of one's own back, by a record that says so.

    Parameters
    ----------
    key
        The record's id, or so much of its beginning that no other begins alike.

    Raises
    ------
    InputError
        When there is no such record, or it is another's, an undo, or taken back already.
    """
    meant = _found(warehouse, key)
    return record(
        warehouse,
        read_feedback(
            kind="undo",
            reviewer=reviewer,
            incident=meant.incident,
            analysis=meant.analysis,
            reverts=meant.id,
            comment=comment,
        ),
    )


def adjudicate(
    warehouse: Warehouse,
    incident: str,
    reviewer: str,
    *,
    cause: NamedCause | None = None,
    verdict: Verdict | None = None,
    gold: bool = False,
    comment: str = "",
) -> Feedback:
    """Settle what a cause was, or without one that there was no fault, whatever was said before.

    Raises
    ------
    InputError
        When the incident is unknown, the cause is neither listed nor named by a reviewer, or the one who settles it
        judged it as others did: who may is said.
    """
    parts = {"incident": incident, "reviewer": reviewer, "cause": cause, "verdict": verdict}
    return record(warehouse, read_feedback(kind="adjudication", gold=gold, comment=comment, **parts))


def history(warehouse: Warehouse, incident: str | Iterable[str] | None = None) -> tuple[Feedback, ...]:
    """Return all records, or those of one incident or of some, in the order in which they were added."""
    if incident is None:
        return _read(warehouse)
    if isinstance(incident, str):
        return _read(warehouse, "incident = ?", incident)
    return _read(warehouse, "incident IN (SELECT unnest(?::VARCHAR[]))", list(incident))


def live(records: Sequence[Feedback]) -> tuple[Feedback, ...]:
    """Return the records that stand: neither an undo nor taken back by one."""
    reverted = {each.reverts for each in records}
    return tuple(each for each in records if each.kind != "undo" and each.id not in reverted)


def _read(warehouse: Warehouse, where: str = "true", *values: str | list[str]) -> tuple[Feedback, ...]:
    rows = warehouse.connection.execute(
        f"SELECT document FROM feedback WHERE {where} ORDER BY place", list(values)
    ).fetchall()
    return tuple(Feedback.model_validate_json(row[0]) for row in rows)


def _said(feedback: Feedback) -> tuple[object, ...]:
    """Return what makes two records the same, beside their id."""
    return (feedback.reviewer, feedback.incident, feedback.kind, feedback.cause, feedback.verdict, feedback.comment)


def _found(warehouse: Warehouse, key: str) -> Feedback:
    """Return the record of an id, or of its beginning."""
    whole = _read(warehouse, "id = ?", key)
    meant = whole or (_read(warehouse, "starts_with(id, ?)", key) if len(key) >= SHORTEST_PREFIX else ())
    if len(meant) != 1:
        raise UnknownName("record", key, [each.id for each in meant or _read(warehouse)])
    return meant[0]


def _checked(warehouse: Warehouse, said: Feedback) -> Feedback:
    """Return the record with what was shown filled in."""
    known = known_incidents(warehouse)
    if said.incident not in known:
        raise UnknownName("incident", said.incident, known)
    if said.kind == "undo":
        return said.model_copy(update={"reverts": _undoable(warehouse, said).id})
    if said.kind == "adjudication" or said.gold:
        _check_impartial(said, history(warehouse, said.incident))
    answer = _answer(warehouse, said)
    if said.cause is None:
        return said.model_copy(update={"analysis": answer and answer.id})
    listed = next((c for c in answer.causes if c.key == said.cause.key), None) if answer else None
    if said.kind == "missing":
        _check_missing(warehouse, said.cause, listed, answer)
    elif listed is None:
        named = {each.cause.key for each in live(history(warehouse, said.incident)) if each.cause}
        if said.kind == "verdict" or said.cause.key not in named:
            raise UnknownName("listed cause", spelled(said.cause.key), [spelled(c.key) for c in _causes(answer)])
    return said.model_copy(
        update={
            "analysis": answer and answer.id,
            "rank": said.rank if said.rank is not None or listed is None else listed.rank,
            "score": said.score if said.score is not None or listed is None else listed.confidence,
            "ranker_version": said.ranker_version or (answer and answer.ranker.version),
        }
    )


def _answer(warehouse: Warehouse, said: Feedback) -> Analysis | None:
    """Return the answer that a record is about; only a verdict cannot do without."""
    key = said.analysis or latest_analysis(warehouse, said.incident)
    if key is None and said.kind != "verdict":
        return None
    answer = kept_analysis(warehouse, key, incident=said.incident)
    if answer.incident.id != said.incident:
        raise InputError(
            f"answer {answer.id} is of incident {answer.incident.id!r}, not {said.incident!r}",
            mend="leave the answer out to mean the incident's latest",
        )
    return answer


def _causes(answer: Analysis | None) -> tuple[Cause, ...]:
    return answer.causes if answer else ()


def _undoable(warehouse: Warehouse, said: Feedback) -> Feedback:
    """Return the record that an undo takes back, if it may."""
    meant = _found(warehouse, said.reverts or "")
    undone = next((each for each in history(warehouse, meant.incident) if each.reverts == meant.id), None)
    if meant.incident != said.incident:
        raise InputError(f"record {meant.id} is of incident {meant.incident!r}", mend="take it back there")
    if meant.kind == "undo":
        raise InputError(f"record {meant.id} is itself an undo", mend="say again what holds, as a new record")
    if undone is not None:
        raise InputError(
            f"record {meant.id} was taken back on {undone.at:%Y-%m-%d %H:%M} UTC",
            mend="say again what holds, as a new record",
        )
    if account(meant.reviewer) != account(said.reviewer):
        raise InputError(
            f"record {meant.id} is {meant.reviewer}'s, and only they can take it back",
            mend="give your own verdict, or adjudicate",
        )
    return meant


def _check_impartial(said: Feedback, log: Sequence[Feedback]) -> None:
    """Raise where somebody would settle, by adjudication or as gold, what they and others judged.

    Taking one's verdict back does not make one impartial.
    """
    ruling = Held(said)
    judged = [Held(each) for each in log if each.kind not in {"undo", "adjudication"} and not each.gold]
    about = [word for word in judged if word.verdict != "cant_tell" and ruling.concerns(word)]
    standing = {each.id for each in live(log)}
    others = sorted({word.who for word in about if word.who != ruling.who and word.said.id in standing})
    if others and any(word.who == ruling.who for word in about):
        raise InputError(
            f"{said.reviewer} judged this too, and nobody settles what they are part of",
            mend=f"ask somebody to settle it who is neither {', '.join(others)} nor {ruling.who}, "
            "or change your own verdict",
        )


def _check_missing(warehouse: Warehouse, cause: NamedCause, listed: Cause | None, answer: Analysis | None) -> None:
    if listed is not None:
        raise InputError(
            f"{spelled(cause.key)} is not missing: it is listed as number {listed.rank}", mend="give it a verdict"
        )
    seen = kept_proposed(warehouse, answer.id).candidates if answer and answer.id else ()
    kinds = {*families(), *(c.family for c in seen)}
    if cause.family not in kinds:
        raise UnknownName("family", cause.family, kinds)
    nodes = known_nodes(warehouse) | {c.node for c in seen}
    if cause.node not in nodes:
        raise UnknownName("node", cause.node, nodes)


def known_nodes(warehouse: Warehouse) -> set[str]:
    """Return every node of the graph: declared, seen in spans, or told by lineage events."""
    return set(build_graph(load_system(warehouse), read_span_edges(warehouse), read_lineage_edges(warehouse)))
