"""DuckDB over Parquet files on this machine."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa

from rca.errors import InputError
from rca.profile.engines.engine import SOURCE
from rca.profile.queries import Answer
from rca.warehouse import Warehouse
from rca.warehouse.store import literal

KEPT_CELLS = 9_000_000
"""Rows x columns of the narrow table at a time (8 bytes each)."""

MOST_COLUMNS, LEAST_COLUMNS = 64, 4


class LocalEngine:
    """DuckDB's own SQL, as it is."""

    branches = 8
    rows_at_once: int | None = 1_000_000

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection

    def columns_at_once(self, rows: int) -> int:
        """Return how many columns one pass over so many rows takes."""
        return min(MOST_COLUMNS, max(LEAST_COLUMNS, KEPT_CELLS // max(1, rows)))

    def execute(self, query: str, /) -> Answer:
        """Run a query."""
        return self.connection.execute(query)

    def columns(self) -> list[tuple[str, str]]:
        """Return the source's columns in order: (name, DuckDB type)."""
        return [(name, kind) for name, kind, *_ in self.execute(f"DESCRIBE {SOURCE}").fetchall()]

    def put(self, name: str, table: pa.Table) -> None:
        """Give the engine a small table."""
        self.connection.register("given", table)
        self.connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS FROM given")
        self.connection.unregister("given")

    def keep(self, name: str, sql: str) -> None:
        """Store a query's rows in a temporary table, which spills to disk where memory is short."""
        self.connection.execute(f"DROP TABLE IF EXISTS {name}")  # before the next one takes as much memory again
        self.connection.execute(f"CREATE TEMP TABLE {name} AS {sql}")

    def collect(self, sql: str) -> pa.Table:
        """Return a query's rows."""
        return self.connection.sql(sql).to_arrow_table()


@contextmanager
def open_local(source: str) -> Iterator[LocalEngine]:
    """Open DuckDB over a Parquet file, a folder of them, or a pattern."""
    path = Path(source)
    pattern = str(path / "**" / "*.parquet") if path.is_dir() else source
    with Warehouse() as warehouse:
        try:
            # batches may differ in their columns
            warehouse.connection.execute(
                f"CREATE TEMP VIEW {SOURCE} AS FROM read_parquet({literal(pattern)}, union_by_name = true)"
            )
            yield LocalEngine(warehouse.connection)
        except duckdb.IOException as error:
            if "No files found" not in str(error) and path.exists():
                raise
            mend = "give a Parquet file, a folder of them or a pattern; a table needs --engine spark"
            raise InputError("there is no such file", file=source, mend=mend) from error
        except duckdb.InvalidInputException as error:
            raise InputError(f"cannot be read as Parquet: {str(error).splitlines()[0]}", file=source) from error
