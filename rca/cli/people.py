"""Who is at the keyboard, what they named, and where it goes."""

import getpass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from rca.errors import InputError

if TYPE_CHECKING:
    from schemas.feedback import NamedCause


def person(who: str | None) -> str:
    """Return who it is: as named, else the login name."""
    try:
        return who or getpass.getuser()
    except (OSError, KeyError, ImportError):  # nobody is logged in by name, as in a container
        return "unknown"


def now() -> datetime:
    """Return the time at which a command runs."""
    return datetime.now(UTC)


def day(text: str) -> date:
    """Return a day as it is written, 2026-12-01.

    Raises
    ------
    InputError
        When it is none.
    """
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InputError(f"{text!r} is no day", mend="write it as 2026-12-01") from error


def cause_of(text: str | None) -> "NamedCause | None":
    """Return a cause as it is written, family/node/subject.

    Raises
    ------
    InputError
        When it has no node.
    """
    if text is None:
        return None
    from schemas.feedback import NamedCause

    family, _, rest = text.partition("/")
    node, _, subject = rest.partition("/")
    if not family or not node:
        raise InputError(f"{text!r} is no cause", mend="write it as family/node/subject")
    return NamedCause(family=family, node=node, subject=subject or None)


def written(path: Path, markdown: str, html: str) -> None:
    """Write a page into a file, as its name says.

    Raises
    ------
    InputError
        When the name says neither, or the file cannot be written.
    """
    suffix = page_suffix(path)
    try:
        path.write_text(markdown if suffix == ".md" else html, encoding="utf-8")
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror}", file=path) from error


def page_suffix(path: Path) -> str:
    """Return .md or .html.

    Raises
    ------
    InputError
        When the file's name ends otherwise.
    """
    suffix = path.suffix.lower()
    if suffix not in (".html", ".md"):
        raise InputError(f"{path.name!r} is neither HTML nor Markdown", mend="end the name in .html or .md")
    return suffix
