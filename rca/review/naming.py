"""Causes as they are written: `family/node/subject`, or the number of a listed one. Names may hold slashes."""

from collections.abc import Iterable, Sequence

from rca.errors import InputError, UnknownName
from schemas.feedback import CauseKey

MOST_DIGITS = 6


def spelled(key: CauseKey) -> str:
    """Return a cause as it is written."""
    return "/".join(part for part in key if part is not None)


def number(text: str) -> int | None:
    """Return the number of a cause, or None when the text is none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS else None


def listed_cause(text: str, listed: Sequence[CauseKey], others: Iterable[CauseKey] = ()) -> CauseKey:
    """Return the cause that is meant.

    Parameters
    ----------
    text
        A number, from 1, in the list, or family/node/subject.
    listed
        The causes in the order in which they were shown.
    others
        Causes that were not shown and may be meant by their name.

    Raises
    ------
    InputError
        When there is no such cause; suggests the nearest.
    """
    place = number(text)
    if place is not None:
        if not 1 <= place <= len(listed):
            raise InputError(
                f"there is no cause number {place}",
                mend=f"give 1 to {len(listed)}" if listed else "none was listed: name the one that is missing",
            )
        return listed[place - 1]
    named = {spelled(key): key for key in (*others, *reversed(listed))}
    if text not in named:
        raise UnknownName("listed cause", text, named)
    return named[text]


def missing_cause(text: str, nodes: Iterable[str]) -> dict[str, str | None] | None:
    """Return the parts of a cause as it is written, unchecked; None when the text is words.

    It is words when it has no slash, or a space before the first. The longest of the known nodes that fits is meant, so
    that a node's name may hold slashes.
    """
    family, slash, rest = text.partition("/")
    if not slash or family != "".join(family.split()):
        return None
    fitting = [node for node in nodes if rest == node or rest.startswith(f"{node}/")]
    node = max(fitting, key=len, default=rest.partition("/")[0])
    return {"family": family, "node": node, "subject": rest[len(node) + 1 :] or None}
