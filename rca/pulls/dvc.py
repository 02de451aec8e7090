"""What changed in a DVC project between two git revisions: parameters, data, code and outputs, as change events.

Read from git alone, DVC need not be installed. The files: https://dvc.org/doc/user-guide/project-structure.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rca.pulls.dvc_files import Stage, read_lock, read_params, read_tracked, version_of
from rca.pulls.git import Commit, changed_files, commits_between, file_at, one_commit, resolve
from rca.pulls.pulled import Document, Pulled, in_order

PATHS = [":(top,glob)**/dvc.lock", ":(top,glob)**/params.yaml", ":(top,glob)**/*.dvc"]
CODE = (".py", ".ipynb", ".r", ".sql", ".sh", ".jl", ".scala", ".js", ".go", ".rs")
FIGURES = (".json", ".csv", ".tsv", ".yaml", ".yml", ".html", ".md", ".png", ".svg", ".txt")


@dataclass(frozen=True, slots=True)
class _Project:
    """Where events are put: stage, or path of a file -> node; everything else -> `node`."""

    node: str
    nodes: Mapping[str, str]
    ts: datetime
    commit: Commit

    def event(self, name: str, kind: str, title: str, before: Any, after: Any) -> Document:
        at = self.ts.astimezone(UTC).isoformat()
        title = f"DVC: {title} ({self.commit.hash[:10]})"
        where = self.nodes.get(name, self.node)
        change = {"ts": at, "node": where, "kind": kind, "title": title, "before": before, "after": after}
        return change | {"author": self.commit.author}


def pull_dvc(
    repository: Path,
    before: str,
    after: str,
    *,
    node: str,
    nodes: Mapping[str, str] | None = None,
    at: datetime | None = None,
) -> Pulled:
    """Return what changed from one revision to another.

    Parameters
    ----------
    repository
        A git work tree or bare repository.
    before, after
        Commits, tags or branches.
    node
        The node of everything that `nodes` does not name.
    nodes
        Stage, or path of a data file -> node.
    at
        When the second revision went live: then what differs in all is one change at that moment. Without it each
        commit between the two that changed something is one, at the time of the commit.

    Raises
    ------
    InputError
        When the repository, a revision or a DVC file cannot be read.
    """
    first, last = resolve(repository, before), resolve(repository, after)
    notes: list[str] = []
    changes: list[Document] = []
    if at is not None:
        commit = one_commit(repository, last)
        changes += _between(repository, first, _Project(node, nodes or {}, at, commit))
    else:
        for commit in commits_between(repository, first, last, PATHS):
            changes += _between(repository, commit.parent, _Project(node, nodes or {}, commit.ts, commit))
    if not changes:
        notes.append(
            f"nothing that DVC records changed from {before} to {after}"
            + ("" if at else "; for a return to an older revision say with --at when it went live")
        )
    return Pulled("dvc", in_order(changes), notes=tuple(notes))


def _between(repository: Path, parent: str | None, project: _Project) -> list[Document]:
    told: set[tuple[str, str]] = set()
    changes: list[Document] = []
    # a lock says which stage a parameter belongs to, so locks come first
    files = changed_files(repository, parent, project.commit.hash, PATHS)
    for path in sorted(files, key=lambda path: (not path.endswith("dvc.lock"), path)):
        was, now = (file_at(repository, revision, path) for revision in (parent, project.commit.hash))
        if path.endswith("dvc.lock"):
            changes += _stages(project, read_lock(was, path), read_lock(now, path), told)
        elif path.endswith("params.yaml"):
            changes += _params(project, path, read_params(was, path), read_params(now, path), told)
        else:
            changes += _tracked(project, path, read_tracked(was, path), read_tracked(now, path))
    return changes


def _stages(
    project: _Project, was: Mapping[str, Stage], now: Mapping[str, Stage], told: set[tuple[str, str]]
) -> Iterator[Document]:
    made = {path for stage in (*was.values(), *now.values()) for path in stage.outs}
    read = {path for stage in (*was.values(), *now.values()) for path in stage.deps}
    for name in sorted({*was, *now}):
        old, new = was.get(name, Stage()), now.get(name, Stage())
        left, right = _moved(old.params, new.params)
        if left or right:
            told |= {(key, repr(right.get(key))) for key in {**left, **right}}
            yield project.event(name, "config", f"parameters of stage {name}: {_names(left, right)}", left, right)
        if old.cmd != new.cmd:
            command = ({"command": stage.cmd} if stage.cmd else None for stage in (old, new))
            yield project.event(name, "deploy", f"command of stage {name}", *command)
        for path in _differing(old.deps, new.deps, without=made):
            kind, what = ("deploy", "code") if path.lower().endswith(CODE) else ("data_feed", "data")
            where = path if path in project.nodes else name
            title = f"{what} {path} read by stage {name}"
            yield project.event(where, kind, title, *_hashes(path, old.deps, new.deps, kind))
        for path in _differing(old.outs, new.outs):
            if path not in read and path.lower().endswith(FIGURES):
                continue  # a report of figures changes with every run
            kind = "data_feed" if path in read else "deploy"
            where = path if path in project.nodes else name
            title = f"{path} made anew by stage {name}"
            yield project.event(where, kind, title, *_hashes(path, old.outs, new.outs, kind))


def _params(
    project: _Project, path: str, was: Mapping[str, Any], now: Mapping[str, Any], told: set[tuple[str, str]]
) -> Iterator[Document]:
    left, right = _moved(was, now)
    fresh = {key for key in {**left, **right} if (key, repr(right.get(key))) not in told}
    left, right = ({key: value for key, value in side.items() if key in fresh} for side in (left, right))
    if left or right:
        yield project.event(path, "config", f"{path}: {_names(left, right)}", left, right)


def _tracked(project: _Project, path: str, was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Document]:
    for name in _differing(was, now):
        where = next((key for key in (name, path) if key in project.nodes), name)
        yield project.event(where, "data_feed", f"data {name}", *_hashes(name, was, now, "data_feed"))


def _moved(was: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    keys = sorted(key for key in {**was, **now} if was.get(key) != now.get(key))
    return {key: was.get(key) for key in keys}, {key: now.get(key) for key in keys}


def _differing(was: Mapping[str, Any], now: Mapping[str, Any], without: set[str] | None = None) -> list[str]:
    return sorted(path for path in {**was, **now} if was.get(path) != now.get(path) and path not in (without or ()))


def _hashes(path: str, was: Mapping[str, Any], now: Mapping[str, Any], kind: str) -> tuple[Any, Any]:
    """Return (before, after): a version where it is deployed, else the path's hash and size."""
    sides = (version_of(side.get(path), sized=kind != "deploy") for side in (was, now))
    key = "version" if kind == "deploy" else path
    left, right = ({key: side} if side else None for side in sides)
    return left, right


def _names(left: Mapping[str, Any], right: Mapping[str, Any]) -> str:
    names = sorted({**left, **right})
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")  # noqa: PLR2004
