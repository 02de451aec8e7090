"""`rca sop`: standard operating procedures, one for each family of causes."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from rca.cli.figures import opened
from rca.cli.output import out, print_json, print_lines, to_json
from rca.cli.people import day, now, person
from rca.errors import InputError

if TYPE_CHECKING:
    from rca.warehouse import Warehouse

Flag = Annotated[bool, Parameter(negative="")]


def sop_list(*, db: Path | None = None, json: Flag = False) -> None:
    """List the procedures, with owner and the day until which each is to be reviewed.

    Parameters
    ----------
    db
        DuckDB database with the site's own versions; default: only those that are shipped.
    json
        Print JSON: one line for each.
    """
    from rca.cases import procedures

    with _maybe(db) as warehouse:
        found = procedures(warehouse, now())
    if json:
        for each in found:
            print_json(to_json(each.model_dump(mode="json", exclude={"body"})))
        return
    from rich.table import Table

    from rca.report.words import clean

    grid = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    for heading in ("family", "version", "owner", "review by", "title"):
        grid.add_column(heading, overflow="fold")
    for each in found:
        due = f"{each.review_by}{' (overdue)' if each.overdue else ''}"
        grid.add_row(each.family, str(each.version), clean(each.owner), due, clean(each.title))
    out().print(grid)


def sop_show(family: str, /, *, db: Path | None = None, version: int | None = None, json: Flag = False) -> None:
    """Show a family's procedure: diagnose, confirm, mitigate, prevent.

    Parameters
    ----------
    family
        The family of causes.
    db
        DuckDB database with the site's own versions.
    version
        An earlier version; default: the latest.
    json
        Print JSON.
    """
    from rca.cases import procedure
    from rca.report.words import clean

    with _maybe(db) as warehouse:
        found = procedure(warehouse, family, now(), version=version)
    if json:
        print_json(found.model_dump_json())
        return
    late = " (overdue)" if found.overdue else ""
    print_lines(f"# {clean(found.title)}\n\n")
    print_lines(f"version {found.version}, owner {clean(found.owner)}, review by {found.review_by}{late}\n\n")
    print_lines("".join(f"{_shown(line)}\n" for line in found.body.splitlines()))


def sop_edit(
    family: str,
    /,
    *,
    db: Path,
    source: Annotated[Path, Parameter(name="--from")],
    review_by: str,
    title: str | None = None,
    owner: str | None = None,
    who: str | None = None,
    json: Flag = False,
) -> None:
    """Make a version of your own of a family's procedure; the earlier ones stay.

    Parameters
    ----------
    family
        The family of causes.
    db
        DuckDB database that keeps it.
    source
        Markdown file with the sections Diagnose, Confirm, Mitigate and Prevent; - reads what is piped in.
    review_by
        Until which day it is to be reviewed, such as 2027-06-01.
    title
        Default: as before.
    owner
        Who answers for it; default: as before.
    who
        Who writes it; default: the login name.
    json
        Print JSON.
    """
    from rca.cases import edit_procedure

    until, body = day(review_by), _body(source)
    with opened(db) as warehouse:
        made = edit_procedure(warehouse, family, body, person(who), now(), review_by=until, title=title, owner=owner)
    if json:
        print_json(made.model_dump_json())
    else:
        print_lines(f"{made.family} is at version {made.version}.\n")


def _body(source: Path) -> str:
    try:
        text = sys.stdin.read() if str(source) == "-" else source.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("cannot be read as UTF-8 text", file=source) from error
    head, fence, rest = text.removeprefix("---\n").partition("\n---\n")
    return rest if fence and text.startswith("---\n") and "\n## " not in head else text


def _shown(line: str) -> str:
    """Return a line of a procedure for a terminal: indented as it is, without control characters."""
    from rca.report.words import clean

    return " " * (len(line) - len(line.lstrip(" "))) + clean(line)


@contextmanager
def _maybe(db: Path | None) -> "Iterator[Warehouse | None]":
    """Open a database if one is named."""
    if db is None:
        yield None
        return
    with opened(db) as warehouse:
        yield warehouse
