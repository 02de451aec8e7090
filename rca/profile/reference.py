"""Which rows of a log are its reference: what the model was trained on, else its first weeks.

The reference depends on which rows there are, never on the order in which they came.
"""

from dataclasses import dataclass
from datetime import timedelta

import duckdb

from rca.profile.parts import Log
from rca.profile.queries import Queries
from rca.warehouse.store import quote

EARLY_SHARE = 0.2
LEAST_ROWS = 500
SAMPLE_ROWS = 19_000
"""Aimed for where a reference has more rows; at most twice as many are sampled."""

EXACT_ROWS, EXACT_VALUES = 100_000, 2_000_000
"""In a log of more rows, or values, the time span counts rounded down to 1, 2, 4, ... hours: the reference changes only
when it doubles, ..."""

LONGEST_HOURS = 1024
"""... and no more once it is this long: then new rows cost the same however many there are."""

PRIME, SCATTER = 2_147_483_647, 1_103_515_245
"""Their product stays below 2^63."""

SAMPLE = "reference_sample"


@dataclass(frozen=True, slots=True)
class Reference:
    """The reference rows of a log: an SQL condition over its prediction table, and their number.

    `sampled` is the condition of a bounded sample of them: always the same rows, whatever their order in the table.
    """

    where: str
    rows: int
    sampled: str


def find_reference(connection: Queries, log: Log) -> tuple[str, int]:
    """Return the condition of the reference rows, and their number.

    They are the training and validation rows when there are any, else the earliest production rows: the first fifth
    of the time span, at least 500 rows or all.
    """
    trained = "split IN ('train', 'validation')"
    count = _count(connection, log, trained)
    if count:
        return trained, count
    row = connection.execute(f"SELECT min(ts), max(ts), count(*) FROM {log.table}").fetchone()
    if row is None or row[0] is None:
        return "FALSE", 0
    exact = row[2] <= EXACT_ROWS and row[2] * len(log.parts) <= EXACT_VALUES
    cutoff = row[0] + (row[1] - row[0] if exact else _rounded(row[1] - row[0])) * EARLY_SHARE
    early = f"ts <= TIMESTAMP '{cutoff}'"
    count = _count(connection, log, early)
    if count < LEAST_ROWS:
        last = connection.execute(
            f"SELECT max(ts) FROM (SELECT ts FROM {log.table} WHERE ts IS NOT NULL ORDER BY ts LIMIT {LEAST_ROWS})"
        ).fetchone()
        early = f"ts <= TIMESTAMP '{last[0] if last else cutoff}'"
        count = _count(connection, log, early)
    return early, count


def _rounded(span: timedelta) -> timedelta:
    hours = int(span / timedelta(hours=1))
    return timedelta(hours=min(1 << (hours.bit_length() - 1), LONGEST_HOURS)) if hours else span


def reference_of(connection: duckdb.DuckDBPyConnection, log: Log, where: str, rows: int) -> Reference:
    """Return a reference with its sample, which lives in a temporary table until the next one is made."""
    if rows <= SAMPLE_ROWS:
        return Reference(where, rows, where)
    columns = connection.execute(
        "SELECT DISTINCT physical FROM prediction_columns WHERE node = ? ORDER BY physical", [log.node]
    ).fetchall()
    content = ", ".join(quote(name) for (name,) in columns) or "ts"
    # rows that are alike in everything may stand for each other; every other order is the rows' own
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE {SAMPLE} AS
            WITH placed AS (
                SELECT rowid AS id, row_number() OVER (ORDER BY ts, hash({content})) - 1 AS place
                FROM {log.table} WHERE {where}
            )
            SELECT id FROM placed WHERE place % {rows // SAMPLE_ROWS} = 0"""
    )
    return Reference(where, rows, f"rowid IN (SELECT id FROM {SAMPLE})")


def sampled_by_time(queries: Queries, log: Log, where: str, rows: int) -> str:
    """Return the condition of a sample of the reference that every engine draws alike: by the rows' own moments.

    Moments are scattered by a multiplication modulo a prime; rows of one moment are told apart by what was predicted,
    where that is a number. The share is doubled until 500 rows are in.
    """
    micros = "date_diff('microsecond', TIMESTAMP '1970-01-01', ts)"
    if log.task != "multiclass":
        micros += " + CASE WHEN abs(prediction) < 1e9 THEN CAST(floor(prediction * 1e6) AS BIGINT) ELSE 0 END"
    share = SAMPLE_ROWS / max(rows, 1)
    while share < 1:
        sampled = f"{where} AND (({micros}) % {PRIME}) * {SCATTER} % {PRIME} < {int(share * PRIME)}"
        if _count(queries, log, sampled) >= LEAST_ROWS:
            return sampled
        share *= 2
    return where


def file_reference(connection: duckdb.DuckDBPyConnection, log: Log, file_id: int) -> Reference:
    """Return all rows of one file: the reference of a column that appears with it."""
    where = f"_file = {file_id}"
    return reference_of(connection, log, where, _count(connection, log, where))


def _count(connection: Queries, log: Log, where: str) -> int:
    row = connection.execute(f"SELECT count(*) FROM {log.table} WHERE {where}").fetchone()
    return int(row[0]) if row else 0
