"""Read the documents of a bundle: `system.yaml` and the incidents, with errors that help to mend them."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import ValidationError

from rca.errors import BundleError
from schemas.base import Document
from schemas.incident import Incident
from schemas.system import Edge, Node, System

SYSTEM_FILES = ("system.yaml", "system.yml", "system.json")
INCIDENT_FILES = ("incident.json", "incidents.jsonl")
Kind = TypeVar("Kind", bound=Document)


@dataclass(frozen=True, slots=True)
class Bundle:
    """The documents of one folder. `notes` name keys that were ignored because nobody knows them."""

    folder: Path
    system: System
    incidents: tuple[Incident, ...]
    notes: tuple[str, ...] = ()


def read_bundle(folder: Path) -> Bundle:
    """Read and check the documents of a bundle; predictions are not looked at.

    Raises
    ------
    BundleError
        When the folder or `system.yaml` is missing, or a document is malformed: one line that names
        the file, the line or key, and how to mend it.
    """
    folder = Path(folder)
    _need_folder(folder)
    system, notes = _read_system(folder)
    incidents: list[Incident] = []
    for document, place, row in _incident_documents(folder):
        incidents.append(_build(Incident, document, place, row))
        notes += _unknown_keys(document, Incident, place.name, "")
    _refuse_repeated_ids(incidents, folder)
    return Bundle(folder, system, tuple(incidents), tuple(notes))


def bundle_problems(folder: Path) -> tuple[BundleError, ...]:
    """Return everything that is wrong with the documents, where `read_bundle` stops at the first."""
    folder = Path(folder)
    found: list[BundleError] = []
    try:
        _need_folder(folder)
        path, document = _system_document(folder)
        found += _problems(System, document, path, None)[1]
    except BundleError as error:
        found.append(error)
    try:
        for document, place, row in _incident_documents(folder):
            found += _problems(Incident, document, place, row)[1]
        if not found:
            read_bundle(folder)
    except BundleError as error:
        found.append(error)
    return tuple(found)


def _need_folder(folder: Path) -> None:
    if not folder.is_dir():
        what = "is a file, not a folder" if folder.exists() else "no such folder"
        raise BundleError(what, file=folder, mend="give the folder that holds system.yaml")


def _read_system(folder: Path) -> tuple[System, list[str]]:
    path, document = _system_document(folder)
    return _build(System, document, path, None), _system_notes(document, path.name)


def _system_document(folder: Path) -> tuple[Path, dict[str, Any]]:
    path = next((folder / name for name in SYSTEM_FILES if (folder / name).is_file()), None)
    if path is None:
        raise BundleError("system.yaml is missing", file=folder, mend="`rca init` drafts one from a folder of files")
    document = _load_yaml(path) if path.suffix != ".json" else _load_json(_text(path), path)
    if not isinstance(document, dict):
        raise BundleError(
            f"holds {_article(document)} where a mapping is expected",
            file=path,
            mend="write `nodes:` and `edges:` at the top level",
        )
    if document.get("edges", ()) is None:
        document["edges"] = []
    return path, document


def _system_notes(document: Mapping[str, Any], name: str) -> list[str]:
    notes = _unknown_keys(document, System, name, "")
    for section, model in (("nodes", Node), ("edges", Edge)):
        for position, entry in enumerate(document.get(section) or ()):
            notes += _unknown_keys(entry, model, name, f"{section}[{position}].")
    return notes


def _unknown_keys(entry: Mapping[str, Any], model: type[Document], file: str, prefix: str) -> list[str]:
    known = set(model.model_fields) | {field.alias for field in model.model_fields.values() if field.alias}
    return [
        f"{file}: the key '{prefix}{key}' is unknown and was ignored; known keys are {', '.join(sorted(known))}"
        for key in entry
        if key not in known
    ]


def _incident_documents(folder: Path) -> Iterable[tuple[dict[str, Any], Path, int | None]]:
    for name in INCIDENT_FILES:
        path = folder / name
        if not path.is_file():
            continue
        if path.suffix == ".jsonl":
            lines = [(number, line) for number, line in enumerate(_text(path).splitlines(), 1) if line.strip()]
            parsed = [(number, _load_json(line, path, row=number)) for number, line in lines]
        else:
            document = _load_json(_text(path), path)
            many = isinstance(document, list)
            parsed = list(enumerate(document, 1)) if many else [(None, document)]  # type: ignore[list-item]
        for row, entry in parsed:
            if not isinstance(entry, dict):
                raise BundleError(
                    f"holds {_article(entry)} where an incident is expected",
                    file=path,
                    row=row,
                    mend='write {"id": …, "node": …, "metric": …, "detected_at": …}',
                )
            yield entry, path, row


def _refuse_repeated_ids(incidents: list[Incident], folder: Path) -> None:
    seen: set[str] = set()
    for incident in incidents:
        if incident.id in seen:
            raise BundleError(f"incident id {incident.id!r} appears twice", file=folder, mend="give each its own id")
        seen.add(incident.id)


def _build(model: type[Kind], document: Any, path: Path, row: int | None) -> Kind:
    built, problems = _problems(model, document, path, row)
    if built is None:
        raise problems[0]
    return built


def _problems(
    model: type[Kind], document: Any, path: Path, row: int | None
) -> tuple[Kind | None, tuple[BundleError, ...]]:
    try:
        return model.model_validate(document), ()
    except ValidationError as error:
        found = []
        problems = error.errors(include_url=False)
        for problem in problems:
            if problem["type"] == "too_short" and any(_is_inside(other["loc"], problem["loc"]) for other in problems):
                continue  # "too few valid entries" says nothing beside the entries' own faults
            key = _key_path(problem["loc"])
            what = problem["msg"].removeprefix("Value error, ")
            what = f"the key {key!r}: {what}" if key else what
            found.append(BundleError(what, file=path, row=row, mend=_mend(problem, key)))
        return None, tuple(found)


def _is_inside(location: tuple[int | str, ...], outer: tuple[int | str, ...]) -> bool:
    return len(location) > len(outer) and location[: len(outer)] == outer


def _key_path(location: Iterable[int | str]) -> str:
    path = ""
    for part in location:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else str(part)
    return path


def _mend(problem: Any, key: str) -> str | None:
    kind = problem["type"]
    if kind == "missing":
        return f"add {key!r}"
    if kind == "value_error":
        return None
    return f"found {str(problem.get('input'))[:60]!r}; write a value of the expected type"


def _text(path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise BundleError(f"is not UTF-8 text (byte {error.start})", file=path, mend="save it as UTF-8") from error
    except OSError as error:
        raise BundleError(f"cannot be read: {error.strerror}", file=path, mend="check its permissions") from error
    if not text.strip():
        raise BundleError("is empty", file=path, mend="write its content, or remove the file if it is optional")
    return text


def _load_json(text: str, path: Path, row: int | None = None) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        line = row if row is not None else getattr(error, "lineno", None)
        message = getattr(error, "msg", str(error))
        raise BundleError(f"is not valid JSON: {message}", file=path, row=line, mend="correct this line") from error


def _load_yaml(path: Path) -> Any:
    try:
        return yaml.load(_text(path), Loader=_StrictLoader)  # noqa: S506 (a subclass of SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise BundleError(
            f"is not valid YAML: {error.problem or error.context}",
            file=path,
            row=mark.line + 1 if mark else None,
            mend="check the indentation and the quotes around this line",
        ) from error
    except yaml.YAMLError as error:
        raise BundleError(f"is not valid YAML: {error}", file=path, mend="remove the offending characters") from error


def _article(value: object) -> str:
    names = {list: "a list", dict: "a mapping", str: "a text", type(None): "nothing"}
    return names.get(type(value), f"a {type(value).__name__}")


class _StrictLoader(yaml.SafeLoader):
    """YAML's safe loader, except that a repeated key is an error: silently keeping the last one hides a mistake."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if isinstance(key, str) and key in seen and key != "<<":
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} appears twice", key_node.start_mark
                )
            seen.add(key) if isinstance(key, str) else None
        return super().construct_mapping(node, deep)
