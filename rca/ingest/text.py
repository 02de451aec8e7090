"""CSV and JSON Lines as staged text columns whose types are then told from all their values.

Text formats carry no types (CSV) or few (JSON). A column gets a type when at least 80 % of its values
have it; the others count as values that could not be cast, like a stray text in a numeric column.
"""

import csv
import gzip
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, NamedTuple, cast

import duckdb

from rca.ingest.session import Session, Unreadable, unreadable
from rca.ingest.types import as_time, as_truth
from rca.warehouse.store import literal

TYPE_SHARE = 0.8
LINE_BYTES = 64 * 1024 * 1024
WHOLE = r"\s*[+-]?\d+(\.0*)?\s*"
"""A whole number, also as it is written where it was kept as a fraction."""
DAY = r"'^\s*\d{4}-\d\d-\d\d'"
_tables = itertools.count()


class Reject(NamedTuple):
    """A row that the reader could not parse: its number (from 1, data rows), its text, and why."""

    row: int
    raw: str
    reason: str


@dataclass(frozen=True, slots=True)
class StagedText:
    """A text file in a temporary table; `columns` are (name, SQL, SQL's type, observed type, SQL of the text)."""

    sql: str
    columns: tuple[tuple[str, str, str, str, str | None], ...]
    rows: int
    rejects: tuple[Reject, ...]


def new_table() -> str:
    """Return an unused name for a staging table."""
    return f"stage_{next(_tables)}"


def open_text(path: Path) -> IO[bytes]:
    """Open a file for reading bytes, through gzip where its name says so."""
    return cast("IO[bytes]", gzip.open(path, "rb")) if path.name.lower().endswith(".gz") else path.open("rb")


def first_bytes(path: Path, n: int = 1 << 20) -> bytes:
    """Return the first bytes of a text file; refuse the encodings that are not UTF-8 by their mark."""
    try:
        with open_text(path) as stream:
            head = stream.read(n)
    except (OSError, EOFError) as error:
        raise Unreadable(f"cannot be unpacked ({error}); write it again") from error
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Unreadable("is UTF-16 text; save it as UTF-8")
    if not head.strip():
        raise Unreadable("is empty; write it again or remove it")
    return head


def stage_csv(session: Session, path: Path) -> StagedText:
    """Stage a CSV or TSV file: every field as text, malformed rows set aside."""
    names, delimiter = _header(path)
    table = new_table()
    columns = ", ".join(f"'c{position}': 'VARCHAR'" for position in range(len(names)))
    options = (
        f"auto_detect=false, header=true, delim={literal(delimiter)}, quote='\"', escape='\"', "
        f"columns={{{columns}}}, nullstr=['', 'NULL', 'null'], max_line_size={LINE_BYTES}"
    )
    rejects = read_rows(session, path, table, options)
    refs = [f"c{position}" for position in range(len(names))]
    rows = session.scalar(f"SELECT count(*) FROM {table}")
    typed = tell_types(session, table, refs, rows)
    told = [
        f"count({ref}) < count(*) AND bool_and(regexp_full_match({ref}, {literal(WHOLE)}))"
        if column[1] == "DOUBLE"
        else "FALSE"
        for ref, column in zip(refs, typed, strict=True)
    ]
    # where values lack, many tools write whole numbers as 3.0: then 3.0 and 3 are one name
    floating = session.run(f"SELECT {', '.join(told)} FROM {table}").fetchone() or ()
    texts = [None if is_floating else ref for ref, is_floating in zip(refs, floating, strict=True)]
    described = tuple((name, *column, text) for name, column, text in zip(names, typed, texts, strict=True))
    return StagedText(f"(SELECT *, 0 AS file_index FROM {table})", described, rows, rejects)


def _header(path: Path) -> tuple[list[str], str]:
    head = first_bytes(path).decode("utf-8-sig", errors="replace")
    lines = head.splitlines(keepends=True)
    bare = "".join(lines[0].split('"')[::2])
    delimiter = max("\t,;|" if path.name.lower().removesuffix(".gz").endswith(".tsv") else ",\t;|", key=bare.count)
    names = next(csv.reader(lines, delimiter=delimiter))
    twice = sorted({name for name in names if names.count(name) > 1}) if len(set(names)) < len(names) else []
    if twice:
        raise Unreadable(f"names the column {twice[0]!r} twice in its header; rename one")
    return names, delimiter


def read_rows(session: Session, path: Path, table: str, options: str) -> tuple[Reject, ...]:
    """Create `table` from a delimited file, with `row_index`; return the rows that could not be parsed.

    The reader leaves malformed rows out, so the numbers of those after it are put right here.
    """
    log, scans = f"{table}_rejects", f"{table}_scans"
    header = 1 if "header=true" in options else 0
    try:
        session.run(
            f"""CREATE TEMP TABLE {table} AS SELECT *, row_number() OVER () - 1 AS row_index
                FROM read_csv({literal(str(path))}, {options}, store_rejects=true,
                              rejects_table='{log}', rejects_scan='{scans}', rejects_limit=0)"""
        )
    except duckdb.Error as error:
        raise unreadable(error, "cannot be parsed") from error
    found = session.run(
        f"""SELECT line - {header}, any_value(csv_line), string_agg(DISTINCT error_message, ' ') FROM {log}
            GROUP BY line ORDER BY line"""
    ).fetchall()
    if found:
        _renumber(session, table, log, header)
    for name in (log, scans):
        session.run(f"DROP TABLE {name}")
    return tuple(Reject(row, raw or "", reason) for row, raw, reason in found)


def _renumber(session: Session, table: str, log: str, header: int) -> None:
    session.run(
        f"""UPDATE {table} SET row_index = shifted.moved FROM (
                -- a row is one rejected line with the number of good rows before it
                WITH gaps AS (
                    SELECT line - {header} - row_number() OVER (ORDER BY line) AS good_before,
                           row_number() OVER (ORDER BY line) AS rejected
                    FROM (SELECT DISTINCT line FROM {log})
                ), last_gap AS (SELECT good_before, max(rejected) AS rejected FROM gaps GROUP BY good_before)
                SELECT kept.row_index AS was, kept.row_index + last_gap.rejected AS moved
                FROM {table} AS kept ASOF JOIN last_gap ON kept.row_index >= last_gap.good_before
            ) AS shifted WHERE {table}.row_index = shifted.was"""
    )


def tell_types(
    session: Session, table: str, refs: Sequence[str], rows: int, possible: Sequence[frozenset[str]] | None = None
) -> list[tuple[str, str, str]]:
    """Return per text column (SQL, its type, the observed type), from the types of all its values.

    Parameters
    ----------
    possible
        Per column, which types are looked for; None: all of them.
    """
    if not rows or not refs:
        return [(ref, "VARCHAR", "VARCHAR") for ref in refs]
    wanted = possible or [ALL_TYPES] * len(refs)
    counts = ", ".join(_counts(ref, types) for ref, types in zip(refs, wanted, strict=True))
    counted = session.run(f"SELECT {counts} FROM {table}").fetchone() or ()
    return [_typed(ref, counts) for ref, counts in zip(refs, counted, strict=True)]


ALL_TYPES = frozenset({"BIGINT", "DOUBLE", "BOOLEAN", "TIMESTAMP", "DOUBLE[]"})


def _counts(ref: str, possible: frozenset[str]) -> str:
    number = f"TRY_CAST({ref} AS DOUBLE)"
    looks = {
        "BIGINT": f"CASE WHEN NOT contains({ref}, '.') AND abs({number}) < 9e18 THEN TRY_CAST({ref} AS BIGINT) END",
        "DOUBLE": number,
        "BOOLEAN": f"CASE WHEN lower({ref}) IN ('true', 'false') THEN TRUE END",
        "TIMESTAMP": f"CASE WHEN regexp_matches({ref}, {DAY}) THEN {as_time(ref, 'VARCHAR')} END",
        "DOUBLE[]": f"CASE WHEN starts_with({ref}, '[') THEN TRY_CAST({ref} AS DOUBLE[]) END",
    }
    told = [f"count({sql})" if type_ in possible else "0" for type_, sql in looks.items()]
    return f"[{', '.join([f'count({ref})', *told])}]"


def _typed(ref: str, counts: list[int]) -> tuple[str, str, str]:
    filled, integer, number, word, moment, vector = counts
    if not filled:
        return ref, "VARCHAR", '"NULL"'
    exact = {
        "BIGINT": (integer, f"CAST({ref} AS BIGINT)"),
        "DOUBLE": (number, f"TRY_CAST({ref} AS DOUBLE)"),
        "BOOLEAN": (word, as_truth(ref, "VARCHAR")),
        "TIMESTAMP": (moment, as_time(ref, "VARCHAR")),
        "DOUBLE[]": (vector, f"TRY_CAST({ref} AS DOUBLE[])"),
    }
    for type_, (n, sql) in exact.items():
        if n == filled:
            return sql, type_, type_
    best = max(list(exact)[1:], key=lambda type_: exact[type_][0])
    return ref, "VARCHAR", best if exact[best][0] >= TYPE_SHARE * filled else "VARCHAR"
