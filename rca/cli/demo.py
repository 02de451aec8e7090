"""`rca demo`: a real incident, from its files to its answer."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

from cyclopts import Parameter

from rca.cli.analyze import answers, show
from rca.cli.output import out, shown_progress
from rca.errors import InputError

MARKER = ".rca-demo"
"""Marks a folder that this command made and may write again."""


def demo(
    *,
    out_folder: Annotated[Path, Parameter(name="--out")] = Path("rca-demo"),
    json: Annotated[bool, Parameter(negative="")] = False,
    keep: bool = True,
) -> None:
    """Write and explain the demo.

    Parameters
    ----------
    out_folder
        Folder to write the bundle into.
    json
        Print the answer as JSON.
    keep
        Keep the bundle, to try things on it.
    """
    if keep:
        _claim(out_folder)
        _run(out_folder, as_json=json)
        if not json:
            _next(out_folder)
        return
    with TemporaryDirectory(prefix="rca-demo-") as folder:
        _run(Path(folder) / "rca-demo", as_json=json)


def _claim(folder: Path) -> None:
    """Refuse to write over files that are not this command's own."""
    if folder.exists() and not folder.is_dir():
        raise InputError("is a file", file=folder, mend="give another folder with --out")
    if folder.exists() and any(folder.iterdir()) and not (folder / MARKER).exists():
        raise InputError("is not empty and was not made by `rca demo`", file=folder, mend="give another --out")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARKER).touch()


def _run(folder: Path, *, as_json: bool) -> None:
    from rca.demo import write_demo_bundle

    with shown_progress() as progress:
        bundle = write_demo_bundle(folder, progress)
    show(answers(bundle, None, None, None), None, as_json=as_json)


def _next(folder: Path) -> None:
    console = out()
    console.print(f"\nThe incident's files are in {folder}. Next, try:", soft_wrap=True)
    for command, what in (
        (f"rca validate {folder}", "what its files hold, and what they leave unexamined"),
        (f"rca graph {folder}", "what depends on what"),
        (f"rca analyze {folder} --json", "the answer for programs"),
        (f"rca ingest {folder} --db demo.duckdb", "land it for good, then:"),
        ("rca analyze --db demo.duckdb", "the same answer from the database"),
        ("rca init FOLDER", "start a system.yaml for your own files"),
    ):
        console.print(f"  uv run {command:<38} # {what}", soft_wrap=True)
