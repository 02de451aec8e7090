"""What an engine does for the profile. Every engine gets the same SQL, in DuckDB's dialect."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal, Protocol

import pyarrow as pa

from rca.profile.queries import Queries

SOURCE = "rca_source"
"""The relation of the logged rows as they lie in the lake."""

EngineName = Literal["duckdb", "spark"]


class Engine(Queries, Protocol):
    """Runs SQL over one source of rows."""

    rows_at_once: int | None
    """Rows that one pass takes, where that has to be bounded."""

    branches: int
    """Columns that one statement counts."""

    def columns(self) -> list[tuple[str, str]]:
        """Return the source's columns in order: (name, DuckDB type)."""

    def columns_at_once(self, rows: int) -> int:
        """Return how many columns one pass over so many rows takes."""

    def put(self, name: str, table: pa.Table) -> None:
        """Give the engine a small table."""

    def keep(self, name: str, sql: str) -> None:
        """Let a query be read by a name; rows that are asked for several times may be stored."""

    def collect(self, sql: str) -> pa.Table:
        """Return a query's rows."""


@contextmanager
def open_engine(name: EngineName, source: str, remote: str | None = None) -> Iterator[Engine]:
    """Open an engine over a source.

    Parameters
    ----------
    name
        `duckdb` or `spark`.
    source
        A Parquet file, a folder of them or a pattern; with `spark` also any path or table that the cluster knows.
    remote
        `spark`: address of a Spark Connect server, `sc://host:15002`. By default the session of `spark-submit`, or
        what the variable SPARK_REMOTE names.

    Raises
    ------
    InputError
        When the source or the cluster cannot be had, or the client is not installed.
    """
    if name == "spark":
        from rca.profile.engines.spark import open_spark  # noqa: PLC0415 - an optional extra

        with open_spark(source, remote) as engine:
            yield engine
        return
    from rca.profile.engines.local import open_local  # noqa: PLC0415 - the other one

    with open_local(source) as engine:
        yield engine
