"""What commands print: tables for people, JSON for programs."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from rich.console import Console


BOXES = str.maketrans({"├": "|", "└": "`", "─": "-", "│": "|", "…": "..."})


class Progress(Protocol):
    """Called with what is being done, how much of it is done, and the total; 0 when that is not known."""

    def __call__(self, stage: str, done: int = 0, total: int = 0, /) -> None:
        """Say how far things are."""


def out() -> "Console":
    """Return the console of stdout: no markup from data, no colours in a pipe."""
    from rich.console import Console

    return Console(markup=False, emoji=False, highlight=False)


def print_json(text: str, indent: int | None = None) -> None:
    """Print a JSON document, in one line unless `indent` is given; in ASCII where the output carries no more."""
    if indent or _ascii_only():
        text = json.dumps(json.loads(text), indent=indent, ensure_ascii=_ascii_only())
    sys.stdout.write(text + "\n")


def print_lines(text: str) -> None:
    """Print finished text, its box drawing in ASCII where the output carries no more."""
    sys.stdout.write(text.translate(BOXES) if _ascii_only() else text)


def _ascii_only() -> bool:
    return not (sys.stdout.encoding or "ascii").lower().startswith("utf")


def to_json(value: Any) -> str:
    """Return JSON for plain data; times and paths as text."""
    return json.dumps(value, default=str, ensure_ascii=False, allow_nan=False)


@contextmanager
def shown_progress() -> Iterator[Progress | None]:
    """Show progress on stderr while the block runs; None where stderr is no terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich import progress as bars  # only where a person is watching
    from rich.console import Console

    columns = (bars.TextColumn("{task.description}", markup=False), bars.BarColumn(), bars.TimeElapsedColumn())
    with bars.Progress(*columns, console=Console(stderr=True), transient=True) as live:
        task = live.add_task("starting", total=None)

        def update(stage: str, done: int = 0, total: int = 0, /) -> None:
            live.update(task, description=stage, completed=done, total=total or None)

        yield update
