"""Which bins late data have put out of date: the profile depends on the rows, not on the order of their coming."""

from dataclasses import dataclass
from datetime import datetime

import duckdb

from rca.profile.edges import Key, first_file, first_values, kept_parts
from rca.profile.merge import forget_cells
from rca.profile.parts import Log
from rca.profile.reference import find_reference


@dataclass(frozen=True, slots=True)
class Stale:
    """Parts whose bins are to be made anew: all of the log, or some, which have no value before the hour `since`."""

    keys: frozenset[Key] = frozenset()
    whole: bool = False
    since: datetime | None = None


def find_stale(connection: duckdb.DuckDBPyConnection, log: Log) -> Stale:
    """Return the parts whose bins would be others if all rows had come at once.

    None of a log whose old rows were rolled up: there is nothing left to count anew, so its bins are kept for good.
    """
    record = connection.execute("SELECT condition, rows FROM profile_references WHERE node = ?", [log.node]).fetchone()
    if record is None or _rolled_up(connection, log.node):
        return Stale()
    if find_reference(connection, log) != record:
        kept = kept_parts(connection, log.node)
        return Stale(frozenset(part.key for part in log.parts if part.key in kept), whole=True)
    return _late(connection, log)


def _rolled_up(connection: duckdb.DuckDBPyConnection, node: str) -> bool:
    return connection.execute("SELECT 1 FROM rollups WHERE node = ? LIMIT 1", [node]).fetchone() is not None


def _late(connection: duckdb.DuckDBPyConnection, log: Log) -> Stale:
    """Return the parts for which a batch before the one that gave them their bins has come."""
    noted = {
        (column, part): (first, digest)
        for column, part, first, digest in connection.execute(
            "SELECT column_name, part, first_ts, digest FROM late_parts WHERE node = ?", [log.node]
        ).fetchall()
    }
    parts = {part.key: part for part in log.parts if part.key in noted}
    stale = {
        key: first
        for key, first in first_values(connection, log, list(parts.values())).items()
        if first <= noted[key][0] and (first, first_file(connection, log, parts[key], first)[1]) < noted[key]
    }
    columns = {column for column, _ in stale}  # a vector's parts share the length that they are made from
    since = min(stale.values(), default=None)
    return Stale(
        frozenset(key for key in parts if key[0] in columns),
        since=since.replace(minute=0, second=0, microsecond=0) if since else None,
    )


def forget(connection: duckdb.DuckDBPyConnection, node: str, stale: Stale) -> None:
    """Remove the bins and cells of stale parts, and what was noted of where they came from."""
    keys = sorted(stale.keys)
    if not keys:
        return
    forget_cells(connection, node, keys, stale.since)
    columns, parts = [column for column, _ in keys], [part for _, part in keys]
    for table in ("bins", "late_parts"):
        connection.execute(
            f"DELETE FROM {table} WHERE node = ? "
            "AND (column_name, part) IN (SELECT unnest(?::VARCHAR[]), unnest(?::VARCHAR[]))",
            [node, columns, parts],
        )
    for table in ("rare_categories", "vector_lengths"):
        connection.execute(
            f"DELETE FROM {table} WHERE node = ? AND column_name IN (SELECT unnest(?::VARCHAR[]))", [node, columns]
        )
    if stale.whole:
        connection.execute("DELETE FROM profile_references WHERE node = ?", [node])
