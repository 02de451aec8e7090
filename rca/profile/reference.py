"""Which rows of a log are its reference: what the model was trained on, else its first weeks."""

from dataclasses import dataclass

import duckdb

from rca.profile.parts import Log

EARLY_SHARE = 0.2
LEAST_ROWS = 500
SAMPLE_ROWS = 19_000
"""Aimed for; the hash keeps a few hundred more or fewer, never above 20,000."""


@dataclass(frozen=True, slots=True)
class Reference:
    """The reference rows of a log: SQL conditions over its prediction table, and their number.

    `sampled` keeps at most about 20,000 of them, always the same ones.
    """

    where: str
    rows: int

    @property
    def sampled(self) -> str:
        """Return the condition of a bounded, deterministic sample of the reference rows."""
        if self.rows <= SAMPLE_ROWS:
            return self.where
        return f"{self.where} AND hash(_file, _row) % {-(-self.rows // SAMPLE_ROWS)} = 0"


def find_reference(connection: duckdb.DuckDBPyConnection, log: Log) -> Reference:
    """Return the training and validation rows when there are any, else the earliest production rows.

    The latter are the first fifth of the time span, at least 500 rows or all.
    """
    trained = "split IN ('train', 'validation')"
    count = _count(connection, log, trained)
    if count:
        return Reference(trained, count)
    row = connection.execute(f"SELECT min(ts), max(ts) FROM {log.table}").fetchone()
    if row is None or row[0] is None:
        return Reference("FALSE", 0)
    cutoff = row[0] + (row[1] - row[0]) * EARLY_SHARE
    early = f"ts <= TIMESTAMP '{cutoff}'"
    count = _count(connection, log, early)
    if count < LEAST_ROWS:
        last = connection.execute(
            f"SELECT max(ts) FROM (SELECT ts FROM {log.table} WHERE ts IS NOT NULL ORDER BY ts LIMIT {LEAST_ROWS})"
        ).fetchone()
        early = f"ts <= TIMESTAMP '{last[0] if last else cutoff}'"
        count = _count(connection, log, early)
    return Reference(early, count)


def file_reference(connection: duckdb.DuckDBPyConnection, log: Log, file_id: int) -> Reference:
    """Return all rows of one file: the reference of a column that appears with it."""
    where = f"_file = {file_id}"
    return Reference(where, _count(connection, log, where))


def _count(connection: duckdb.DuckDBPyConnection, log: Log, where: str) -> int:
    row = connection.execute(f"SELECT count(*) FROM {log.table} WHERE {where}").fetchone()
    return int(row[0]) if row else 0
