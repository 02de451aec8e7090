"""`rca label`: say what the listed causes were, and see what was said."""

import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from rca.cli.output import out, print_json, to_json
from rca.errors import InputError, UnknownName

if TYPE_CHECKING:
    from rca.warehouse import Warehouse
    from schemas.feedback import Feedback

Flag = Annotated[bool, Parameter(negative="")]


@dataclass(frozen=True)
class Remarks:
    """How a verdict came about.

    Parameters
    ----------
    reviewer
        Who says it; default: the login name.
    comment
        A remark: what fixed it, say.
    seconds
        How long the decision took.
    opened
        Whether the evidence was looked at before.
    gold
        The incident belongs to the gold set, which measures rankers and never trains them.
    """

    reviewer: str | None = None
    comment: str = ""
    seconds: float | None = None
    opened: bool | None = None
    gold: Flag = False


def label(
    *,
    db: Path,
    incident: str | None = None,
    analysis: str | None = None,
    cause: str | None = None,
    verdict: Literal["confirmed", "contributing", "rejected", "cant_tell"] | None = None,
    missing: str | None = None,
    no_fault: Flag = False,
    undo: str | None = None,
    adjudicate: Flag = False,
    history: Flag = False,
    explore: float = 0.0,
    json: Flag = False,
    remarks: Annotated[Remarks, Parameter(name="*")] = Remarks(),
) -> None:
    """Say what a cause was.

    Parameters
    ----------
    db
        DuckDB database in which `rca analyze` kept its answers.
    incident
        Id of the incident.
    analysis
        Id of the answer that was judged; default: the incident's latest.
    cause
        The cause: its number in the list, or family/node/subject.
    verdict
        What it was: the cause, a part of it, not the cause, or not to be told.
    missing
        The right cause was not listed: family/node/subject from the graph, or words.
    no_fault
        Nothing was wrong.
    undo
        Take a record of your own back: its id, or the first characters of it.
    adjudicate
        Settle it, whatever was said before: with --cause and --verdict, or --no-fault.
    history
        Show what was said, of one incident or of all.
    explore
        At a terminal: share of the incidents, 0 to 1, whose first three causes are shown in random order, so that it
        can be told how often people look further down.
    json
        Print JSON: each record in a line of its own.
    """
    if not db.exists():
        raise InputError("no such database", file=db, mend="make it with `rca ingest BUNDLE --db FILE`")
    named = {"--cause": cause, "--missing": missing, "--no-fault": no_fault, "--undo": undo, "--history": history}
    action = _only(named, verdict=verdict, adjudicate=adjudicate)
    if action == "--history":
        _print_history(db, incident, as_json=json)
    elif incident is None and action != "--undo":
        raise InputError("no incident is named", mend="add --incident ID; `rca analyze --db FILE` lists them")
    elif action is None:
        _converse(db, str(incident), analysis, remarks, as_json=json, explore=explore)
    else:
        parts = {"incident": incident, "analysis": analysis, "verdict": verdict}
        _keep(db, action, str(named[action]), parts | _said(remarks), rules=adjudicate, as_json=json)


def _said(remarks: Remarks) -> dict[str, Any]:
    return asdict(remarks) | {"reviewer": remarks.reviewer or login_name()}


def login_name() -> str:
    """Return the name under which the person is logged in."""
    import getpass

    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError) as error:
        raise InputError("nobody is logged in by name", mend="add --reviewer NAME") from error


def _only(asked: dict[str, Any], *, verdict: str | None, adjudicate: bool) -> str | None:
    """Return the one thing that is asked for, or None when nothing is."""
    given = [name for name, value in asked.items() if value not in {None, False}]
    if len(given) > 1:
        raise InputError(f"{' and '.join(given)} are different things", mend="give one of them at a time")
    action = given[0] if given else None
    if (action == "--cause") != (verdict is not None):
        missing = "--cause" if verdict else "--verdict"
        raise InputError("a verdict is of one cause", mend=f"add {missing}")
    if adjudicate and action not in {"--cause", "--no-fault"}:
        raise InputError("there is nothing to adjudicate", mend="add --cause and --verdict, or --no-fault")
    return action


def _keep(db: Path, action: str, text: str, parts: dict[str, Any], *, rules: bool, as_json: bool) -> None:
    """Add the record that the options describe, and say so."""
    from rca.cli.feedback import told
    from rca.warehouse import Warehouse

    with Warehouse(db) as warehouse:
        kept = _record(warehouse, action, text, parts, rules=rules)
    if as_json:
        print_json(kept.model_dump_json())
    else:
        out().print(f"Kept {told(kept)}", soft_wrap=True)


def _record(warehouse: "Warehouse", action: str, text: str, parts: dict[str, Any], *, rules: bool) -> "Feedback":
    from rca.review import known_nodes, missing_cause, read_feedback, record, undo

    if action == "--undo":
        return undo(warehouse, text, parts["reviewer"], comment=parts["comment"])
    if action == "--missing":
        cause = missing_cause(text, known_nodes(warehouse))
        words = "; ".join(each for each in ("" if cause else text, parts["comment"]) if each)
        more = {"kind": "missing", "cause": cause, "comment": words}
    elif action == "--no-fault":
        more = {"kind": "adjudication" if rules else "no_fault"}
    else:
        more = {"kind": "adjudication" if rules else "verdict", "cause": _meant(warehouse, text, parts)}
    return record(warehouse, read_feedback(**(parts | more)))


def _meant(warehouse: "Warehouse", text: str, parts: dict[str, Any]) -> dict[str, str | None]:
    """Return the cause that the text names: of the answer, or named by a reviewer before."""
    from rca.review import history, kept_analysis, listed_cause

    answer = kept_analysis(warehouse, parts["analysis"], incident=parts["incident"])
    named = [said.cause.key for said in history(warehouse, parts["incident"]) if said.cause]
    key = listed_cause(text, [cause.key for cause in answer.causes], named)
    return dict(zip(("family", "node", "subject"), key, strict=True))


def _converse(
    db: Path, incident: str, analysis: str | None, remarks: Remarks, *, as_json: bool, explore: float
) -> None:
    """Ask a person at a terminal."""
    if as_json or not sys.stdin.isatty():
        raise InputError(
            "there is nothing to record",
            mend="add --cause 1 --verdict confirmed, --missing, --no-fault, --undo or --history "
            "(at a terminal, without --json, you are asked)",
        )
    from rca.cli.labelling import Labelling

    who = remarks.reviewer or login_name()
    sitting = Labelling.begin(db, incident, analysis, who, out(), gold=remarks.gold, explore=explore)
    sitting.run(sys.stdin)


def _print_history(db: Path, incident: str | None, *, as_json: bool) -> None:
    from rca.cli.feedback import history_table
    from rca.review import history, known_incidents, record_states
    from rca.warehouse import Warehouse

    with Warehouse(db) as warehouse:
        log = history(warehouse)
        known = known_incidents(warehouse)
    if incident is not None and incident not in known:
        raise UnknownName("incident", incident, known)
    states = record_states(log)
    shown = [said for said in log if incident in {None, said.incident}]
    if as_json:
        for said in shown:
            print_json(to_json(said.model_dump(mode="json") | {"state": states[said.id]}))
    elif shown:
        out().print(history_table(shown, states))
    else:
        print("Nothing was said yet.")
