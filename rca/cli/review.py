"""`rca review`: what a week of incidents says."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from rca.cli.figures import opened
from rca.cli.output import print_json, print_lines
from rca.cli.people import now, page_suffix, person, written
from rca.errors import InputError

if TYPE_CHECKING:
    from rca.warehouse import Warehouse
    from schemas.weekly import WeeklyReview

Flag = Annotated[bool, Parameter(negative="")]


def review(
    *,
    db: Path,
    week: str | None = None,
    out: Path | None = None,
    again: Flag = False,
    revision: int | None = None,
    who: str | None = None,
    json: Flag = False,
) -> None:
    """Review a week.

    Parameters
    ----------
    db
        DuckDB database of incidents.
    week
        ISO week, such as 2026-W47; default: the latest that is over.
    out
        File to write, .html or .md; default: Markdown on the terminal.
    again
        Work a week that was frozen out anew, as another revision.
    revision
        Show an earlier revision.
    who
        Who makes it; default: the login name.
    json
        Print JSON.
    """
    if out is not None:
        page_suffix(out)
    with opened(db) as warehouse:
        found = _review(warehouse, week, now(), again=again, revision=revision, who=person(who))
    if json:
        print_json(found.model_dump_json())
        return
    from rca.report.review import headline, review_html, review_markdown

    if out is None:
        print_lines(review_markdown(found))
        return
    written(out, review_markdown(found), review_html(found))
    print_lines(f"{headline(found)}\nWritten to {out}.\n")


def _review(
    warehouse: "Warehouse", week: str | None, at: datetime, *, again: bool, revision: int | None, who: str
) -> "WeeklyReview":
    from rca.weekly import current_review, freeze, kept_review, last_week

    name = week or last_week(at)
    if revision is not None:
        found = kept_review(warehouse, name, revision)
        if found is None:
            raise InputError(f"{name} has no revision {revision}", mend="leave --revision out for the latest")
        return found
    return freeze(warehouse, name, at, who=who, again=True) if again else current_review(warehouse, name, at, who=who)
