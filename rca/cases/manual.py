"""Standard operating procedures: one shipped for each family, and the versions that a site makes of it.

A shipped one is `procedures/<family>.md`: Markdown under a head of title, owner, version and review_by. A site's
versions go on from its number; they are kept, all of them, and the latest holds.
"""

from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from candidates import families
from rca.errors import Conflict, InputError, UnknownName
from rca.incidents.events import aware, naive
from rca.warehouse import Warehouse
from schemas.cases import Procedure
from schemas.feedback import LONGEST_COMMENT, LONGEST_NAME, account

FOLDER = Path(__file__).parent / "procedures"

SECTIONS = ("Diagnose", "Confirm", "Mitigate", "Prevent")
"""What each procedure has, as headings of the second level."""

MOST = 5 * LONGEST_COMMENT

_FENCE = "---\n"


@cache
def shipped() -> dict[str, Procedure]:
    """Return family -> the procedure that comes with rca."""
    return {path.stem: _read(path) for path in sorted(FOLDER.glob("*.md"))}


def _read(path: Path) -> Procedure:
    _, head, body = path.read_text(encoding="utf-8").split(_FENCE, 2)
    return Procedure(family=path.stem, body=body.strip() + "\n", **yaml.safe_load(head))


def procedures(warehouse: Warehouse | None, now: datetime) -> tuple[Procedure, ...]:
    """Return the procedure of each family that holds: the site's latest, else the shipped one."""
    found = dict(shipped())
    if warehouse is not None:
        rows = warehouse.connection.execute(
            "SELECT DISTINCT ON (family) * FROM procedures ORDER BY family, version DESC"
        ).fetchall()
        found |= {row[0]: _kept(row) for row in rows}
    return tuple(_dated(each, now) for _, each in sorted(found.items()))


def procedure(warehouse: Warehouse | None, family: str, now: datetime, *, version: int | None = None) -> Procedure:
    """Return the procedure of a family, the latest unless a version is named.

    Raises
    ------
    UnknownName
        When the family has none.
    InputError
        When it has no such version.
    """
    versions = {each.version: each for each in history_of(warehouse, family)}
    if not versions:
        raise UnknownName("family", family, set(shipped()) | set(families()))
    wanted = max(versions) if version is None else version
    if wanted not in versions:
        known = ", ".join(map(str, sorted(versions)))
        raise InputError(f"the procedure of {family} has no version {wanted}", mend=f"there are {known}")
    return _dated(versions[wanted], now)


def history_of(warehouse: Warehouse | None, family: str) -> tuple[Procedure, ...]:
    """Return all versions of a family's procedure, the oldest first."""
    first = [shipped()[family]] if family in shipped() else []
    if warehouse is None:
        return tuple(first)
    rows = warehouse.connection.execute(
        "SELECT * FROM procedures WHERE family = ? ORDER BY version", [family]
    ).fetchall()
    return (*first, *(_kept(row) for row in rows))


def edit_procedure(
    warehouse: Warehouse,
    family: str,
    body: str,
    who: str,
    at: datetime,
    *,
    review_by: date,
    title: str | None = None,
    owner: str | None = None,
    expected_version: int | None = None,
) -> Procedure:
    """Make a new version of a family's procedure; the earlier ones stay.

    Parameters
    ----------
    body
        Markdown with the four sections of `SECTIONS`.
    review_by
        Until when somebody is to see whether it still holds.
    title, owner
        Default: as before.
    expected_version
        The version that the writer saw.

    Raises
    ------
    InputError
        When the family is unknown, a section is missing, or the review lies in the past.
    Conflict
        When there is a newer version than the writer saw.
    """
    known = set(families()) | set(shipped())
    if family not in known:
        raise UnknownName("family", family, known)
    before = history_of(warehouse, family)
    latest = before[-1] if before else None
    seen = latest.version if latest else 0
    if expected_version is not None and expected_version != seen:
        raise Conflict(
            f"the procedure of {family} is at version {seen}, not {expected_version}", mend="read it again first"
        )
    heading = title or (latest.title if latest else family.replace("_", " "))
    made = owner or (latest.owner if latest else who)
    _check(body, review_by, at.date(), (heading, made, who))
    row = warehouse.connection.execute(
        "INSERT INTO procedures VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING version",
        [family, seen + 1, naive(at), who, heading, made, review_by, body.strip() + "\n"],
    ).fetchone()
    if row is None:
        raise Conflict(f"another version of {family} was written meanwhile", mend="read it again first")
    return procedure(warehouse, family, at)


def _check(body: str, review_by: date, today: date, names: tuple[str, ...]) -> None:
    headings = {line.removeprefix("## ").strip() for line in body.splitlines() if line.startswith("## ")}
    missing = [section for section in SECTIONS if section not in headings]
    if missing:
        raise InputError(
            f"the procedure lacks the section {missing[0]}", mend=f"it has {', '.join(SECTIONS)}, each under ## NAME"
        )
    if len(body) > MOST:
        raise InputError(f"the procedure is {len(body)} characters long", mend=f"give at most {MOST}")
    if review_by < today:
        raise InputError(f"{review_by} is past", mend="give a day on which somebody will look at it again")
    if not all(account(name) and len(name) <= LONGEST_NAME for name in names):
        raise InputError("a procedure has a title, an owner and a writer, of at most 1000 characters")


def _kept(row: tuple[Any, ...]) -> Procedure:
    family, version, at, who, title, owner, review_by, body = row
    return Procedure(
        family=family,
        title=title,
        owner=owner,
        version=version,
        review_by=review_by,
        body=body,
        written_by=who,
        written_at=aware(at),
    )


def _dated(found: Procedure, now: datetime) -> Procedure:
    return found.model_copy(update={"overdue": found.review_by < now.date()})
