"""`rca postmortem`: the draft of an incident's postmortem."""

from pathlib import Path

from rca.cli.figures import opened
from rca.cli.output import print_lines
from rca.cli.people import now, page_suffix, written


def postmortem(*, db: Path, incident: str, out: Path | None = None) -> None:
    """Draft a postmortem.

    Parameters
    ----------
    db
        DuckDB database of incidents.
    incident
        Id of the incident.
    out
        File to write, .html or .md; default: Markdown on the terminal.
    """
    if out is not None:
        page_suffix(out)
    from rca.report.page_html import html
    from rca.report.page_markdown import markdown
    from rca.report.postmortem import postmortem_page

    with opened(db) as warehouse:
        page = postmortem_page(warehouse, incident, now())
    if out is None:
        print_lines(markdown(page))
        return
    written(out, markdown(page), html(page))
    print_lines(f"Written to {out}. What no log knows is listed at its end.\n")
