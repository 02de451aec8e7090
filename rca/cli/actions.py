"""`rca actions`: who does what until when, and whether it helped."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from rca.cli.figures import opened
from rca.cli.output import out, print_json, to_json
from rca.cli.people import cause_of, day, now, person

if TYPE_CHECKING:
    from rca.weekly.actions import Step
    from schemas.weekly import ActionItem

Flag = Annotated[bool, Parameter(negative="")]
State = Literal["open", "done", "verified_effective", "dropped"]


def actions_list(*, db: Path, state: State | None = None, owner: str | None = None, json: Flag = False) -> None:
    """List action items, open ones first, by the day they are due.

    Parameters
    ----------
    db
        DuckDB database of incidents.
    state
        Only those in this state.
    owner
        Only those of this person or team.
    json
        Print JSON: one line for each.
    """
    from rca.weekly import actions

    with opened(db) as warehouse:
        found = actions(warehouse, now(), state=state, owner=owner)
    _show(found, as_json=json)


def actions_add(
    *,
    db: Path,
    title: str,
    owner: str,
    due: str,
    incident: str | None = None,
    cause: str | None = None,
    who: str | None = None,
    json: Flag = False,
) -> None:
    """Add an action item.

    Parameters
    ----------
    db
        DuckDB database of incidents.
    title
        What exactly is to be done.
    owner
        The person or team that does it.
    due
        Until which day, such as 2026-12-01.
    incident
        The incident that it came of.
    cause
        The cause that it is to prevent, family/node/subject: how often it returns afterwards is counted.
    who
        Who adds it; default: the login name.
    json
        Print JSON.
    """
    from rca.weekly import add_action

    with opened(db) as warehouse:
        made = add_action(
            warehouse,
            title,
            person(who),
            now(),
            owner=owner,
            due=day(due),
            incident=incident,
            cause=cause_of(cause),
        )
    _show((made,), as_json=json)


def actions_done(action: str, /, *, db: Path, comment: str = "", who: str | None = None, json: Flag = False) -> None:
    """Say that it was done.

    Parameters
    ----------
    action
        Its id, as of `rca actions list`.
    db
        DuckDB database of incidents.
    comment
        A remark.
    who
        Who says it; default: the login name.
    json
        Print JSON.
    """
    _move(db, action, "done", comment, who, as_json=json)


def actions_verify(action: str, /, *, db: Path, comment: str, who: str | None = None, json: Flag = False) -> None:
    """Say that it was seen to be effective.

    Parameters
    ----------
    action
        Its id.
    db
        DuckDB database of incidents.
    comment
        How it was checked.
    who
        Who says it; default: the login name.
    json
        Print JSON.
    """
    _move(db, action, "verified", comment, who, as_json=json)


def actions_drop(action: str, /, *, db: Path, comment: str, who: str | None = None, json: Flag = False) -> None:
    """Say that it will not be done.

    Parameters
    ----------
    action
        Its id.
    db
        DuckDB database of incidents.
    comment
        Why.
    who
        Who says it; default: the login name.
    json
        Print JSON.
    """
    _move(db, action, "dropped", comment, who, as_json=json)


def actions_reopen(action: str, /, *, db: Path, comment: str = "", who: str | None = None, json: Flag = False) -> None:
    """Open it again.

    Parameters
    ----------
    action
        Its id.
    db
        DuckDB database of incidents.
    comment
        Why.
    who
        Who says it; default: the login name.
    json
        Print JSON.
    """
    _move(db, action, "reopened", comment, who, as_json=json)


def _move(db: Path, action: str, step: "Step", comment: str, who: str | None, *, as_json: bool) -> None:
    from rca.weekly import move_action

    with opened(db) as warehouse:
        found = move_action(warehouse, action, step, person(who), now(), comment=comment)
    _show((found,), as_json=as_json)


def _show(found: "Sequence[ActionItem]", *, as_json: bool) -> None:
    if as_json:
        for each in found:
            print_json(to_json(each.model_dump(mode="json")))
        return
    if not found:
        print("No action items.")
        return
    from rich.table import Table

    from rca.report.words import clean, spoken

    grid = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    for heading in ("id", "what", "owner", "due", "state", "came of"):
        grid.add_column(heading, overflow="fold")
    for each in found:
        due = f"{each.due}{' (overdue)' if each.overdue else ''}"
        state = spoken(each.state) + (f", recurred {each.recurred} times" if each.recurred else "")
        grid.add_row(each.id, clean(each.title), clean(each.owner), due, state, clean(each.incident or ""))
    out().print(grid)
