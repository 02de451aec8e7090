"""`rca demo`: a real incident, from its files to its answer; with --serve, many of them in the browser."""

from datetime import UTC, datetime
from importlib import import_module
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
    serve: Annotated[bool, Parameter(negative="")] = False,
    port: int = 8600,
    site: Annotated[Path, Parameter(name="--dir")] = Path("rca-demo-site"),
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
    serve
        Open the pages over a dozen incidents instead; the first time they are simulated and explained.
    port
        With --serve: port to listen on; 0 takes a free one.
    site
        With --serve: folder of its database; what is there is used again.
    """
    if serve:
        _serve(site, port)
        return
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


def _serve(folder: Path, port: int) -> None:
    """Make the database of the demo if it is not there, and serve it until it is interrupted."""
    from rca.demo.site import make_site

    # the service is a layer above the engine and its commands, which therefore do not import it
    service = import_module("api.serve")
    service.listening("127.0.0.1", port).close()  # a busy port is told before the work, not after it
    with shown_progress() as progress:
        db = make_site(folder, datetime.now(UTC), progress)
    try:
        service.serve(db=db, host="127.0.0.1", port=port, announce=_announce)
    except KeyboardInterrupt:
        out().print(f"\nStopped. The incidents and what you said of them are in {folder}.", soft_wrap=True)


def _announce(address: str) -> None:
    console = out()
    console.print(f"The demo is at {address}/incidents", soft_wrap=True)
    console.print("inc-115 waits for a verdict. Stop it with Ctrl-C.", soft_wrap=True)
    console.file.flush()


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
