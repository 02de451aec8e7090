"""`rca erase`: delete the rows of one subject."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from rca.cli.output import print_json, shown_progress, to_json
from rca.errors import InputError


def erase(
    *,
    db: Path,
    node: str,
    column: str,
    value: str,
    dry_run: Annotated[bool, Parameter(negative="")] = False,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Erase a subject.

    Parameters
    ----------
    db
        DuckDB database to work on; no other process may have it open.
    node
        Model whose log holds the rows.
    column
        Column that names the subject.
    value
        The subject, as the column has it.
    dry_run
        Only say what would be removed.
    json
        Print it as JSON.
    """
    if not db.exists():
        raise InputError("no such database", file=db, mend="make it with `rca ingest BUNDLE --db FILE`")
    import getpass
    from dataclasses import asdict
    from datetime import UTC, datetime

    from rca.keep import erase as erase_subject
    from rca.report.words import clean
    from rca.warehouse import Warehouse
    from rca.warehouse.rewrite import rewrite

    with shown_progress() as progress:
        with Warehouse(db) as warehouse:
            done = erase_subject(
                warehouse, node, column, value, now=datetime.now(UTC), who=getpass.getuser(), dry_run=dry_run
            )
        if not dry_run:
            if progress:
                progress("writing the database anew", 0, 0)
            rewrite(db)
    if json:
        print_json(to_json(asdict(done)))
        return
    verb = "would leave" if dry_run else "left"
    print(f"{clean(node)}: {done.rows:,} rows {verb}, {done.spans:,} spans, {done.set_aside:,} texts set aside.")
    if done.answers:
        print(f"{done.answers:,} kept answers named the value; it is replaced in them.")
    if done.rolled_up:
        print("Older rows were rolled up: their counts tell no subject apart, and stay.")
    if not dry_run:
        print("The file was written anew. Backups and the files that were ingested still hold the rows.")
