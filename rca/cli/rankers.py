"""`rca rankers`: which rankers there are, which one answers, and to change that."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from rca.cli.figures import by_family, opened, overall
from rca.cli.output import out, print_json, to_json

if TYPE_CHECKING:
    from rca.warehouse import Warehouse

Flag = Annotated[bool, Parameter(negative="")]
MOST_FEATURES = 10


def rankers_list(*, db: Path, json: Flag = False) -> None:
    """List all rankers.

    Parameters
    ----------
    db
        DuckDB database in which they were learned.
    json
        Print JSON.
    """
    from rca.review.registry import BUILT_IN, all_versions, current

    with opened(db) as warehouse:
        learned = [asdict(each) | {"at": each.at.isoformat()} for each in all_versions(warehouse)]
        answering = current(warehouse)
    built_in = [{"version": name, "state": "built in"} for name in reversed(BUILT_IN)]
    rows: list[dict[str, Any]] = [
        row | {"state": "current" if row["version"] == answering else row["state"]} for row in (*learned, *built_in)
    ]
    if json:
        print_json(to_json({"current": answering, "rankers": rows}))
        return
    from rich.table import Table

    from rca.report.words import clean

    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("", "version", "state", "learned", "incidents", "why"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(
            "*" if row["version"] == answering else "",
            clean(row["version"]),
            row["state"],
            row.get("at", "")[:16].replace("T", " "),
            str(len(row["incidents"])) if "incidents" in row else "",
            clean(row.get("reason", ""), 200),
        )
    out().print(table)


def rankers_show(version: str, /, *, db: Path, json: Flag = False) -> None:
    """Show all that is known of a ranker.

    Parameters
    ----------
    version
        Its name, as of `rca rankers list`.
    db
        DuckDB database in which it was learned.
    json
        Print JSON.
    """
    with opened(db) as warehouse:
        sheet = _sheet(warehouse, version)
    if json:
        print_json(to_json(sheet))
    else:
        _print_sheet(sheet)


def rankers_promote(
    version: str, /, *, db: Path, force: Flag = False, reason: str = "", who: str | None = None, json: Flag = False
) -> None:
    """Let a ranker answer from now on.

    Parameters
    ----------
    version
        Its name, as of `rca rankers list`; heuristic and pretrained are always there.
    db
        DuckDB database in which it was learned.
    force
        Also when it was not measured to be at least as good as the current one; needs --reason.
    reason
        Why; kept in the log.
    who
        Who decides; default: the login name.
    json
        Print JSON.
    """
    from rca.review.registry import promote

    with opened(db) as warehouse:
        promote(warehouse, version, _person(who), force=force, reason=reason)
    _say_current(version, as_json=json)


def rankers_rollback(*, db: Path, reason: str = "", who: str | None = None, json: Flag = False) -> None:
    """Return to the ranker that answered before.

    Parameters
    ----------
    db
        DuckDB database.
    reason
        Why; kept in the log.
    who
        Who decides; default: the login name.
    json
        Print JSON.
    """
    from rca.review.registry import rollback

    with opened(db) as warehouse:
        version = rollback(warehouse, _person(who), reason)
    _say_current(version, as_json=json)


def _person(who: str | None) -> str:
    import getpass

    try:
        return who or getpass.getuser()
    except (OSError, KeyError, ImportError):  # nobody is logged in by name, as in a container
        return "unknown"


def _say_current(version: str, *, as_json: bool) -> None:
    if as_json:
        print_json(to_json({"current": version}))
    else:
        from rca.report.words import clean

        out().print(f"{clean(version)} answers from now on.", soft_wrap=True)


def _sheet(warehouse: "Warehouse", version: str) -> dict[str, Any]:
    """Return the data sheet: what it learned from, what it leans on, how good it is, and what happened to it."""
    from rca.review.importance import importance
    from rca.review.registry import BUILT_IN, UNUSABLE, current, events, load, registered
    from rca.review.shadow import shadowed

    known: dict[str, Any] = {"version": version, "state": "built in"}
    if version not in BUILT_IN:
        found = registered(warehouse, version)
        known = asdict(found) | {"at": found.at.isoformat(), "incidents": len(found.incidents)}
    damage, features, about = None, {}, {}
    try:
        model = load(warehouse, version)
        features, about = importance(model), dict(model.about)
    except UNUSABLE as error:
        damage = str(error)
    log = [asdict(each) | {"at": each.at.isoformat()} for each in events(warehouse, version)]
    state = {"current": current(warehouse) == version, "damage": damage, "shadow": asdict(shadowed(warehouse, version))}
    return known | state | {"features": features, "about": about, "events": log}


def _print_sheet(sheet: dict[str, Any]) -> None:
    from rich.table import Table
    from rich.text import Text

    from rca.report.words import clean, percent

    console = out()
    console.print(Text.assemble((clean(sheet["version"]), "bold"), f"  {sheet['state']}"))
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for label, text in _facts(sheet):
        grid.add_row(label, clean(text))
    console.print(grid)
    compared = sheet.get("comparison")
    if compared:
        for name, found in (("labels held out", compared), ("the gold set", compared.get("on_gold"))):
            if isinstance(found, dict) and {"current", "challenger"} <= {*found}:
                rows = [("the current one then", found["current"]), ("this one", found["challenger"])]
                console.print("", Text(f"On {name}", style="bold"), overall(rows), "", by_family(rows), sep="\n")
    if sheet["features"]:
        console.print("", Text("What its trees lean on (share of what their splits gained)", style="bold"), sep="\n")
        for name, share in list(sheet["features"].items())[:MOST_FEATURES]:
            console.print(f"  {percent(share):>4}  {clean(name)}")
    if sheet["events"]:
        console.print("", Text("What happened", style="bold"), sep="\n")
        for event in sheet["events"]:
            told = f"  {event['at'][:16].replace('T', ' ')}  {event['what'].replace('_', ' ')} by {clean(event['who'])}"
            console.print(told + (f": {clean(event['reason'])}" if event["reason"] else ""), soft_wrap=True)


def _facts(sheet: dict[str, Any]) -> list[tuple[str, str]]:
    training = sheet["about"].get("training", {})
    facts = [
        ("answers", "yes" if sheet["current"] else "no"),
        ("damage", sheet["damage"]),
        ("why", sheet.get("reason")),
        ("learned", sheet.get("at", "")[:16].replace("T", " ") or None),
        ("start", sheet.get("parent") or sheet["about"].get("parent")),
        ("from", f"{sheet['incidents']} labelled incidents" if "incidents" in sheet else None),
        ("training set", sheet.get("training_hash") or training.get("hash")),
        ("seed", training.get("seed")),
        ("checksum", sheet.get("sha256")),
        ("in the shadow", _shadow(sheet["shadow"])),
    ]
    return [(label, str(value)) for label, value in facts if value is not None]


def _shadow(found: dict[str, int]) -> str | None:
    if not found["answers"]:
        return None
    told = f"{found['answers']} answers, {found['agreed']} with the same first cause"
    right = f"of {found['judged']} with a confirmed cause its first was right in {found['right']}"
    return f"{told}; {right}, the answer's in {found['answered_right']}" if found["judged"] else told
