"""`rca similar`: past incidents like this one, and what they turned out to be."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from rca.cli.output import out, print_json, to_json
from rca.errors import InputError

if TYPE_CHECKING:
    from rich.console import Console

    from rca.review import Similar


def similar(*, db: Path, incident: str, top: int = 5, json: Annotated[bool, Parameter(negative="")] = False) -> None:
    """Find past incidents.

    Parameters
    ----------
    db
        DuckDB database in which `rca analyze` kept its answers.
    incident
        Id of the incident.
    top
        How many to show.
    json
        Print JSON: one line for each past incident.
    """
    if top < 1:
        raise InputError(f"--top {top} shows nothing", mend="give at least 1")
    if not db.exists():
        raise InputError("no such database", file=db, mend="make it with `rca ingest BUNDLE --db FILE`")
    from rca.review import similar_incidents
    from rca.warehouse import Warehouse

    with Warehouse(db) as warehouse:
        found = similar_incidents(warehouse, incident, top=top)
    if json:
        for past in found:
            print_json(to_json(past.to_json()))
    elif found:
        for past in found:
            _show(past, out())
    else:
        print("No other incident was explained with this database.")


def _show(past: "Similar", console: "Console") -> None:
    from rich.text import Text

    from rca.report.words import clean, percent, spoken
    from rca.review import spelled

    console.print(Text.assemble((clean(past.incident), "bold"), f"  {percent(past.similarity)} alike"))
    for finding in past.findings:
        cause = f"{spoken(finding.verdict)}: {spelled(finding.cause)}" if finding.cause else "there was no fault"
        for text in (cause, finding.remedy and f"do: {finding.remedy}", *finding.comments):
            if text:
                console.print(Text(f"   {clean(text)}"))
    if not past.findings:
        console.print(Text("   not settled what it was", style="dim"))
