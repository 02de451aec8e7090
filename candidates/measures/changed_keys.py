"""Which key of a configuration a change event is about, however it is written down.

As fields (`{"pool_size": 5}`), as text (`pool_size=5; retries=3`), or in the title alone (`pool_size changed`).
"""

import re
from collections.abc import Mapping
from typing import Any

SETTING = re.compile(r"\s*([^\W\d][\w./-]*)\s*(?:=|:(?=\s))\s*(.*?)\s*")
"""One setting in a text: its key and value."""
BETWEEN = re.compile(r"[;\n]|,(?=\s*[^\W\d][\w./-]*\s*(?:=|:\s))")
"""What separates settings: a comma may also be part of a value."""
NAME = re.compile(r"(?<![\w./-])[^\W\d_][^\W_]*(?:_+[^\W_]+|\.[^\W\d_][^\W_]*)+(?![\w/-]|\.\w)")
"""A name that only a program gives: words joined by dots or underscores."""
ADDRESS = re.compile(
    r"www\.|.*\.(?:com|org|net|io|js|py|md|txt|csv|json|ya?ml|toml|sql|parquet)$|\w(?:\.\w)+$", re.IGNORECASE
)
"""Names of files and hosts, and abbreviations."""
VALUE = re.compile(r"\([^)]*\)|\b(?:to|from|into)\s+\S+|(?:=|->)\s*\S+", re.IGNORECASE)
"""What a title says of the old or the new value, or in passing."""


def changed_key(before: Any, after: Any) -> str | None:
    """Return the one key whose value differs; None when none does, or several do."""
    was, now = _fields(before), _fields(after)
    moved = sorted(str(key) for key in {**was, **now} if was.get(key) != now.get(key))
    return moved[0] if len(moved) == 1 else None


def _fields(value: Any) -> Mapping[str, Any]:
    if isinstance(value, Mapping):
        return value
    parts = [part for part in BETWEEN.split(value) if part.strip()] if isinstance(value, str) else []
    found = [SETTING.fullmatch(part) for part in parts]
    return {one[1]: one[2] for one in found if one} if all(found) else {}


def key_in_title(title: str | None, node: str | None) -> str | None:
    """Return the only name in a title that is a setting's; None without one, or among several.

    Parameters
    ----------
    node
        Where it was changed: its name is no setting's.
    """
    said = VALUE.sub("", title or "")
    names = {name for name in NAME.findall(said) if name != node and not ADDRESS.match(name)}
    return names.pop() if len(names) == 1 else None
