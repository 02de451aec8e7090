"""`rca ingest`: land a bundle in a database."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from rca.cli.output import out, print_json, shown_progress, to_json

if TYPE_CHECKING:
    from rca.ingest import IngestReport

COUNTS = ("files", "rows", "quarantined", "skipped")
HEADINGS = ("files", "rows", "set aside", "files already there")


def ingest(bundle: Path, /, *, db: Path, json: Annotated[bool, Parameter(negative="")] = False) -> None:
    """Land a bundle.

    Parameters
    ----------
    bundle
        Folder with the files to land.
    db
        DuckDB database to make or extend.
    json
        Print what was landed as JSON.
    """
    from rca.bundle import read_bundle
    from rca.ingest import ingest_bundle
    from rca.profile import update_profile
    from rca.warehouse import Warehouse

    read_bundle(bundle)  # an unusable bundle must not leave an empty database behind
    with Warehouse(db) as warehouse, shown_progress() as progress:
        report = ingest_bundle(warehouse, bundle, progress=progress)
        update_profile(warehouse, progress=progress)
    if json:
        print_json(to_json(asdict(report)))
    else:
        _show(report, db)


def _show(report: "IngestReport", db: Path) -> None:
    from rich.table import Table
    from rich.text import Text

    from rca.report.words import clean

    console = out()
    table = Table(box=None, pad_edge=False)
    table.add_column("source")
    for heading in HEADINGS:
        table.add_column(heading, justify="right")
    for source in report.sources:
        table.add_row(source.source, *(f"{getattr(source, count):,}" for count in COUNTS))
    console.print(table)
    for warning in report.warnings:
        console.print(Text.assemble(("Note: ", "yellow"), clean(warning)), soft_wrap=True)
    console.print(f"In {clean(db)}. Next: rca analyze --db {clean(db)}", soft_wrap=True)
