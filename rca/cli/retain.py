"""`rca retain`: roll old raw rows up into the profile."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from rca.cli.output import print_json, shown_progress, to_json
from rca.errors import InputError


def retain(
    *,
    db: Path,
    raw_days: int | None = None,
    spans_days: int | None = None,
    kpis_days: int | None = None,
    keep_open: bool = True,
    dry_run: Annotated[bool, Parameter(negative="")] = False,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Remove old rows.

    Parameters
    ----------
    db
        DuckDB database to work on.
    raw_days
        Production rows of models older than so many days are rolled up; training and validation rows stay.
    spans_days
        Spans older than so many days are removed.
    kpis_days
        Values of metrics older than so many days are removed.
    keep_open
        Keep what open incidents are about, however old.
    dry_run
        Only say what would be removed.
    json
        Print it as JSON.
    """
    if not db.exists():
        raise InputError("no such database", file=db, mend="make it with `rca ingest BUNDLE --db FILE`")
    from dataclasses import asdict
    from datetime import UTC, datetime

    from rca.keep import Horizon
    from rca.keep import retain as remove_old
    from rca.report.words import clean
    from rca.warehouse import Warehouse

    horizon = Horizon(raw_days, spans_days, kpis_days)
    with Warehouse(db) as warehouse, shown_progress() as progress:
        done = remove_old(
            warehouse, horizon, now=datetime.now(UTC), spare_open=keep_open, dry_run=dry_run, progress=progress
        )
    if json:
        print_json(to_json(asdict(done)))
        return
    verb = "would be removed" if dry_run else "removed"
    for node, rows in done.rows.items():
        print(f"{clean(node)}: {rows:,} raw rows before {done.before['raw']:%Y-%m-%d %H:%M} UTC {verb}; counted still")
    for kind, rows in (("spans", done.spans), ("kpis", done.kpis)):
        if kind in done.before:
            print(f"{kind}: {rows:,} before {done.before[kind]:%Y-%m-%d %H:%M} UTC {verb}")
    if done.spared:
        print(f"Kept because they are open: {', '.join(map(clean, done.spared))}. Also these: --no-keep-open")
