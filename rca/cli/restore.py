"""`rca restore`: a database from a backup."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from rca.cli.output import print_json, shown_progress, to_json


def restore(
    backup: Path,
    /,
    *,
    db: Path,
    force: Annotated[bool, Parameter(negative="")] = False,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Restore a database.

    Parameters
    ----------
    backup
        What `rca backup` wrote.
    db
        DuckDB database to make.
    force
        Replace a database that is there.
    json
        Print the backup's manifest as JSON.
    """
    from dataclasses import asdict

    from rca.report.words import clean
    from rca.warehouse.backup import restore as restore_backup

    with shown_progress() as progress:
        made = restore_backup(backup, db, replace=force, progress=progress)
    if json:
        print_json(to_json(asdict(made)))
    else:
        print(f"{sum(made.tables.values()):,} rows of {len(made.tables)} tables, as of {made.taken_at}.")
        print(f"In {clean(db)}. Next: rca analyze --db {clean(db)}")
