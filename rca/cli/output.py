"""What commands print: tables for people, JSON for programs."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

Progress = Callable[[str, int, int], None]
"""Called as `progress(stage, done, total)`; a total of 0 means that it is not known."""


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
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task("starting", total=None)
        yield lambda stage, done, total: bars.update(task, description=stage, completed=done, total=total or None)
