"""Read a git repository without running anything that it brings along: no hooks, filters or downloads."""

import os
import subprocess
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from rca.errors import InputError

MAX_BYTES = 16 * 2**20
TIMEOUT_S = 60


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit: its hash, its first parent's, when it was committed, by whom, and its subject."""

    hash: str
    parent: str | None
    ts: datetime
    author: str
    subject: str


def run_git(repository: Path, *arguments: str) -> str:
    """Return what a reading command of git prints.

    Raises
    ------
    InputError
        When git is not there or the command fails.
    """
    # a hook that runs rca would hand down its own repository
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment |= {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1", "LC_ALL": "C"}
    command = ["git", "--no-pager", "-c", "core.fsmonitor=false", "-C", str(repository), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, env=environment, timeout=TIMEOUT_S, check=False)  # noqa: S603
    except FileNotFoundError as error:
        raise InputError("git is not installed", mend="install git") from error
    except subprocess.TimeoutExpired as error:
        raise InputError(f"git takes longer than {TIMEOUT_S} s", file=repository) from error
    if done.returncode:
        what = done.stderr.decode(errors="replace").strip().splitlines()
        raise InputError(f"git cannot read it: {what[0] if what else 'no reason given'}", file=repository)
    return done.stdout.decode(errors="replace")


def resolve(repository: Path, revision: str) -> str:
    """Return the hash of the commit that a revision names.

    Raises
    ------
    InputError
        When there is no such repository or revision.
    """
    run_git(repository, "rev-parse", "--git-dir")
    try:
        return run_git(
            repository, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}"
        ).strip()
    except InputError as error:
        raise InputError(
            f"no such revision: {revision!r}", file=repository, mend="give a commit, tag or branch"
        ) from error


def commits_between(repository: Path, before: str, after: str, paths: list[str]) -> list[Commit]:
    """Return the commits from one revision to another that touch some files, the oldest first.

    A merge counts as one commit: what it brought to the branch, when it was merged.
    """
    form = "%H%x1f%P%x1f%cI%x1f%an%x1f%s"
    printed = run_git(
        repository, "log", "--first-parent", "--reverse", f"--format={form}", f"{before}..{after}", "--", *paths
    )
    fields = (line.split("\x1f", 4) for line in printed.splitlines())
    return [
        Commit(hash_, parents.split(" ")[0] or None, datetime.fromisoformat(ts), author, subject)
        for hash_, parents, ts, author, subject in fields
    ]


def one_commit(repository: Path, revision: str) -> Commit:
    """Return one commit."""
    printed = run_git(repository, "show", "--no-patch", "--format=%H%x1f%P%x1f%cI%x1f%an%x1f%s", revision)
    hash_, parents, ts, author, subject = printed.splitlines()[0].split("\x1f", 4)
    return Commit(hash_, parents.split(" ")[0] or None, datetime.fromisoformat(ts), author, subject)


def changed_files(repository: Path, before: str | None, after: str, paths: list[str]) -> list[str]:
    """Return the files that differ between two commits; all where there is no first one."""
    if before is None:
        names = run_git(repository, "ls-tree", "-r", "-z", "--name-only", "--full-tree", after)
        wanted = tuple(path.rpartition("/")[2].lstrip("*") for path in paths)
        return [name for name in names.split("\0") if name.endswith(wanted)]
    names = run_git(
        repository, "diff", "--no-ext-diff", "--no-renames", "--name-only", "-z", before, after, "--", *paths
    )
    return [name for name in names.split("\0") if name]


def file_at(repository: Path, revision: str | None, path: str) -> str | None:
    """Return a file's text at a revision; None where it is not there.

    Raises
    ------
    InputError
        When it is larger than 16 MiB.
    """
    if revision is None or not run_git(repository, "ls-tree", "--full-tree", revision, "--", path):
        return None
    name = f"{revision}:{path}"
    if int(run_git(repository, "cat-file", "-s", name)) > MAX_BYTES:
        raise InputError(f"is larger than {MAX_BYTES // 2**20} MiB", file=path, mend="it is no DVC file")
    return run_git(repository, "cat-file", "blob", name)
