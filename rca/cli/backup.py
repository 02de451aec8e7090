"""`rca backup`: a copy of a database that can be trusted."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from rca.cli.output import print_json, shown_progress, to_json
from rca.errors import InputError


def backup(*, db: Path, to: Path, json: Annotated[bool, Parameter(negative="")] = False) -> None:
    """Back a database up.

    Parameters
    ----------
    db
        DuckDB database to copy.
    to
        Folder to make, or a file that ends in .duckdb.
    json
        Print the manifest as JSON.
    """
    if not db.exists():
        raise InputError("no such database", file=db, mend="make it with `rca ingest BUNDLE --db FILE`")
    from dataclasses import asdict

    from rca.report.words import clean
    from rca.warehouse import Warehouse
    from rca.warehouse.backup import back_up

    with Warehouse(db) as warehouse, shown_progress() as progress:
        made = back_up(warehouse, to, progress=progress)
    if json:
        print_json(to_json(asdict(made)))
    else:
        print(f"{sum(made.tables.values()):,} rows of {len(made.tables)} tables, {made.bytes:,} bytes, checked.")
        print(f"In {clean(to)}. Back again: rca restore {clean(to)} --db NEW.duckdb")
