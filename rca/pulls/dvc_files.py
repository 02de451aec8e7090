"""DVC's own files as plain mappings. All of them come from a repository: sizes and depths are bounded."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from rca.errors import InputError

MAX_LEAVES = 20_000
SHORT = 50
"""Values of a list that is one parameter; a longer one is many."""
HASHES = ("md5", "etag", "checksum", "hash")


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of dvc.lock: its command, its parameters, and path -> entry of what it reads and makes."""

    cmd: str | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    deps: Mapping[str, Any] = field(default_factory=dict)
    outs: Mapping[str, Any] = field(default_factory=dict)


def read_lock(text: str | None, path: str) -> dict[str, Stage]:
    """Return the stages of a dvc.lock (schema 2.0, or the older one without `stages`)."""
    document = _mapping(_yaml(text, path))
    stages = _mapping(document.get("stages")) if "schema" in document or "stages" in document else document
    return {str(name): _stage(_mapping(stage), path) for name, stage in stages.items()}


def _stage(stage: Mapping[str, Any], path: str) -> Stage:
    command = stage.get("cmd")
    return Stage(
        cmd=_words(command),
        params={
            key: value
            for params in _mapping(stage.get("params")).values()
            for key, value in _flat(_mapping(params), path).items()
        },
        deps=_entries(stage.get("deps")),
        outs=_entries(stage.get("outs")),
    )


def read_params(text: str | None, path: str) -> dict[str, Any]:
    """Return dotted key -> value of a params.yaml."""
    return _flat(_mapping(_yaml(text, path)), path)


def read_tracked(text: str | None, path: str) -> dict[str, Any]:
    """Return path -> entry of what a `.dvc` file tracks, paths relative to the repository."""
    folder = path.rpartition("/")[0]
    found = _entries(_mapping(_yaml(text, path)).get("outs"))
    return {f"{folder}/{name}" if folder else name: entry for name, entry in found.items()}


def version_of(entry: Any, *, sized: bool = True) -> str | None:
    """Return the start of an entry's hash, if wanted with its size where it is known."""
    if not isinstance(entry, dict):
        return None
    digest = next((str(entry[name]) for name in HASHES if entry.get(name)), "")
    size = entry.get("size")
    return f"{digest[:12]}, {size} bytes" if sized and isinstance(size, int) else digest[:12]


def _entries(found: Any) -> dict[str, Any]:
    entries = [entry for entry in found if isinstance(entry, dict)] if isinstance(found, list) else []
    kept = ("size", *HASHES)
    return {
        entry["path"]: {key: entry[key] for key in kept if isinstance(entry.get(key), str | int)}
        for entry in entries
        if isinstance(entry.get("path"), str)
    }


def _words(command: Any) -> str | None:
    """Return a command as one text: DVC writes one, or a list of them."""
    lines = command if isinstance(command, list) else [command]
    return "\n".join(line for line in lines if isinstance(line, str)) or None


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _yaml(text: str | None, path: str) -> Any:
    if not text:
        return None
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise InputError("is not valid YAML", file=path, row=mark.line + 1 if mark else None) from error
    except RecursionError as error:
        raise InputError("is nested too deeply", file=path) from error


def _flat(document: Mapping[str, Any], path: str) -> dict[str, Any]:
    """Return dotted key -> value; YAML's references could name more leaves than fit in memory, so they are counted."""
    leaves: dict[str, Any] = {}
    waiting: list[tuple[str, Any]] = [("", document)]
    steps = 0
    while waiting:
        name, value = waiting.pop()
        steps += 1
        if steps > MAX_LEAVES:
            raise InputError(f"holds more than {MAX_LEAVES} values", file=path, mend="name parameters, not data")
        if isinstance(value, dict) and value:
            waiting += [(f"{name}.{key}" if name else str(key), inner) for key, inner in value.items()]
        elif isinstance(value, list) and not _is_short(value):
            waiting += [(f"{name}.{place}", inner) for place, inner in enumerate(value[: MAX_LEAVES + 1])]
        elif name:
            leaves[name] = [_plain(inner) for inner in value] if isinstance(value, list) else _plain(value)
    return leaves


def _is_short(values: list[Any]) -> bool:
    return len(values) <= SHORT and not any(isinstance(value, dict | list | set | tuple) for value in values)


def _plain(value: Any) -> Any:
    """Return a value that JSON can hold: dates and infinities as text."""
    exact = isinstance(value, bool | int | str | None) or (isinstance(value, float) and math.isfinite(value))
    return value if exact else str(value)[:200]
