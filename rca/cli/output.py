"""What commands print: tables for people, JSON for programs."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from rich.console import Console


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
    ascii_only = not (sys.stdout.encoding or "ascii").lower().startswith("utf")
    if ascii_only or indent:
        text = json.dumps(json.loads(text), indent=indent, ensure_ascii=ascii_only)
    sys.stdout.write(text + "\n")


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
