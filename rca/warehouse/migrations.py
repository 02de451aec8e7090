"""Carry an older database forward to the layout of the code, all of it or nothing; refuse a newer one untouched.

New tables need no migration: `TABLES` makes what is missing. A migration is for what changes in a table that is
already there; it is run once, on the way from an older version to the one that it is named by.
"""

from dataclasses import dataclass
from pathlib import Path

import duckdb

from rca.errors import WarehouseError
from rca.warehouse.connect import connect
from rca.warehouse.tables import SCHEMA_VERSION, TABLES


@dataclass(frozen=True, slots=True)
class Migration:
    """What changes on the way to `version`: SQL that is run after missing tables were made."""

    version: int
    statements: str


MIGRATIONS: tuple[Migration, ...] = ()
"""In the order of their versions, none above `SCHEMA_VERSION`."""


def version_of(connection: duckdb.DuckDBPyConnection) -> int | None:
    """Return the layout's version that the database says, 0 when it says none; None when it has no tables of ours."""
    there = connection.execute(
        "SELECT count(*) FROM duckdb_tables() WHERE table_name = 'meta' AND database_name = current_database()"
    ).fetchone()
    if not there or not there[0]:
        return None
    row = connection.execute("SELECT value FROM meta WHERE key = 'schema_version'").fetchone()
    return int(row[0]) if row else 0


def refuse_newer(path: Path) -> None:
    """Look at a database without writing to it, and raise `WarehouseError` when newer code made it.

    A database that this process has open already was looked at then.
    """
    if not path.exists() or path.stat().st_size == 0:
        return
    try:
        connection = connect(path, read_only=True)
    except duckdb.ConnectionException:
        return
    with connection:
        found = version_of(connection)
    if found is not None and found > SCHEMA_VERSION:
        raise WarehouseError(
            f"the database {path} has layout {found}, newer than this program's {SCHEMA_VERSION}; upgrade rca"
        )


def carry_forward(connection: duckdb.DuckDBPyConnection, migrations: tuple[Migration, ...] = MIGRATIONS) -> None:
    """Make the tables that are missing, and run the migrations that the database has not seen, in one transaction."""
    found = version_of(connection)
    connection.execute("BEGIN")
    try:
        connection.execute(TABLES)
        for migration in migrations:
            if found is not None and found < migration.version:
                connection.execute(migration.statements)
        if found != SCHEMA_VERSION:
            connection.execute("INSERT OR REPLACE INTO meta VALUES ('schema_version', ?)", [str(SCHEMA_VERSION)])
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
