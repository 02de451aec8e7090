"""`rca cases`: past incidents of which it is settled what they were."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from rca.cli.figures import opened
from rca.cli.output import out, print_json, print_lines, to_json
from rca.cli.people import now

Flag = Annotated[bool, Parameter(negative="")]


def cases_search(
    *words: str,
    db: Path,
    family: str | None = None,
    node: str | None = None,
    top: int = 20,
    json: Flag = False,
) -> None:
    """Search the settled cases, the best first; without words, the latest.

    Parameters
    ----------
    words
        What to look for: symptoms, nodes, columns, remarks.
    db
        DuckDB database of incidents.
    family
        Only those with a cause of this family.
    node
        Only those with this node as symptom or cause.
    top
        How many to show.
    json
        Print JSON: one line for each.
    """
    from rca.cases import search_cases

    with opened(db) as warehouse:
        found = search_cases(warehouse, " ".join(words), family=family, node=node, limit=top)
    if json:
        for each in found:
            print_json(to_json(each.model_dump(mode="json")))
        return
    if not found:
        print("No settled case fits.")
        return
    from rich.table import Table

    from rca.report.page import day
    from rca.report.words import clean
    from rca.review import spelled

    grid = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    for heading in ("incident", "when", "symptom", "what it was"):
        grid.add_column(heading, overflow="fold")
    for each in found:
        cause = spelled(each.cause.key) if each.cause else "no fault"
        symptom = each.title or f"{each.metric} of {each.node}"
        grid.add_row(clean(each.incident), day(each.detected_at), clean(symptom), clean(cause))
    out().print(grid)


def cases_show(incident: str, /, *, db: Path, json: Flag = False) -> None:
    """Show a case: symptom, cause, what told it apart, what fixed it, what prevents it.

    Parameters
    ----------
    incident
        Id of the incident.
    db
        DuckDB database of incidents.
    json
        Print JSON.
    """
    from rca.cases import case

    with opened(db) as warehouse:
        found = case(warehouse, incident, now())
    if json:
        print_json(found.model_dump_json())
        return
    from rca.report.case import case_markdown

    print_lines(case_markdown(found))
