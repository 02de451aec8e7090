"""A file, or several of one schema, as a relation that SQL can read: known columns, a row number, a file index."""

from dataclasses import dataclass
from pathlib import Path

import duckdb

from rca.ingest.files import format_of
from rca.ingest.jsonlines import stage_json
from rca.ingest.session import Session, Unreadable, unreadable
from rca.ingest.text import Reject, stage_csv
from rca.ingest.types import as_text
from rca.warehouse.store import literal


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a relation.

    Parameters
    ----------
    name
        As the file writes it.
    ref
        SQL for its value within the relation; safe whatever the name.
    type
        The DuckDB type of `ref`.
    observed
        The type that the batch shows: that of most values where text holds a few others.
    text
        SQL for the text that the file holds; None where it holds no text.
    """

    name: str
    ref: str
    type: str
    observed: str
    text: str | None = None

    @property
    def as_written(self) -> str:
        """Return SQL for the value as text, in a name as it was written: 2026-02-04 is no moment, 1.10 not 1.1."""
        return self.text or as_text(self.ref, self.type)


@dataclass(frozen=True, slots=True)
class Relation:
    """Rows to land. `sql` goes after FROM and offers every `ref`, `file_index` (from 0) and `row_index` (from 0).

    `rows` are those it holds; `rejects` were set aside by the reader, per file.
    """

    sql: str
    columns: tuple[Column, ...]
    rows: tuple[int, ...]
    rejects: tuple[tuple[Reject, ...], ...]

    def find(self, name: str) -> Column | None:
        """Return the column of this name, if any."""
        return next((column for column in self.columns if column.name == name), None)

    def need(self, *names: str) -> tuple[Column, ...]:
        """Return the columns of these names.

        Raises
        ------
        Unreadable
            When one is missing; the text names it and those that are there.
        """
        missing = [name for name in names if self.find(name) is None]
        if missing:
            there = ", ".join(repr(column.name) for column in self.columns[:20]) or "none at all"
            raise Unreadable(f"has no column {', '.join(map(repr, missing))}; add or rename it (its columns: {there})")
        return tuple(column for name in names if (column := self.find(name)))


@dataclass(frozen=True, slots=True)
class ParquetSchema:
    """The top-level columns of a Parquet file with their DuckDB types, and its number of rows."""

    columns: tuple[tuple[str, str], ...]
    rows: int


def parquet_schemas(session: Session, paths: list[Path]) -> dict[Path, ParquetSchema | Unreadable]:
    """Read the footers of many Parquet files in one statement; file by file when one of them is broken."""
    if not paths:
        return {}
    try:
        return dict(_footers(session, paths))
    except duckdb.Error as error:
        if len(paths) == 1:
            return {paths[0]: unreadable(error, "cannot be read as Parquet")}
    single: dict[Path, ParquetSchema | Unreadable] = {}
    for path in paths:
        single |= parquet_schemas(session, [path])
    return single


def _footers(session: Session, paths: list[Path]) -> dict[Path, ParquetSchema]:
    files = [str(path) for path in paths]
    rows = session.run("SELECT file_name, num_rows FROM parquet_file_metadata(?)", [files]).fetchall()
    nodes = session.run(
        """SELECT file_name, list((name, duckdb_type, coalesce(num_children, 0)) ORDER BY column_id)
           FROM parquet_schema(?) GROUP BY file_name""",
        [files],
    ).fetchall()
    counts = dict(rows)
    return {Path(name): ParquetSchema(_top_level(tree), counts[name]) for name, tree in nodes}


def _top_level(tree: list[tuple[str, str, int]]) -> tuple[tuple[str, str], ...]:
    """Return the children of the root of a schema listed depth first."""
    columns, at = [], 1
    while at < len(tree):
        name, type_, children = tree[at]
        columns.append((name, type_))
        at += 1
        while children:
            children += tree[at][2] - 1
            at += 1
    return tuple(columns)


def read_parquet(paths: list[Path], schema: ParquetSchema, rows: list[int]) -> Relation:
    """Return Parquet files of one schema as one relation; columns are named by position, so any name is safe."""
    names = [f"c{position}" for position in range(len(schema.columns))]
    files = ", ".join(literal(str(path)) for path in paths)
    sql = f"""(SELECT {", ".join([*names, "file_index", "file_row_number AS row_index"])}
        FROM read_parquet([{files}], hive_partitioning = false) AS files({", ".join(names)}))"""
    columns = tuple(Column(name, ref, type_, type_) for ref, (name, type_) in zip(names, schema.columns, strict=True))
    return Relation(sql, columns, tuple(rows), tuple(() for _ in paths))


def open_file(session: Session, path: Path) -> Relation:
    """Return one file, whatever its format, as a relation.

    Raises
    ------
    Unreadable
        When nothing in it can be used.
    """
    if path.stat().st_size == 0:
        raise Unreadable("is empty (zero bytes); write it again or remove it")
    if format_of(path) == "parquet":
        schema = parquet_schemas(session, [path])[path]
        if isinstance(schema, Unreadable):
            raise schema
        return read_parquet([path], schema, [schema.rows])
    text = stage_csv(session, path) if format_of(path) == "csv" else stage_json(session, path)
    columns = tuple(Column(*parts) for parts in text.columns)
    return Relation(text.sql, columns, (text.rows,), (text.rejects,))
