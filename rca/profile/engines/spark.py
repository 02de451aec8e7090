"""A Spark cluster that is already there: through Spark Connect, or inside `spark-submit`.

The SQL is that of DuckDB, carried over by sqlglot. Sessions count in UTC, and with ANSI on, so that what does not
convert is an error rather than a null.
"""

import os
import re
import socket
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import pyarrow as pa

from rca.errors import InputError
from rca.profile.engines.engine import SOURCE

SETTINGS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
}
TYPES = {
    "tinyint": "TINYINT",
    "smallint": "SMALLINT",
    "int": "INTEGER",
    "bigint": "BIGINT",
    "float": "FLOAT",
    "double": "DOUBLE",
    "boolean": "BOOLEAN",
    "string": "VARCHAR",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
    "timestamp_ntz": "TIMESTAMP",
}
"""Spark's simple types -> DuckDB's."""

PATH = re.compile(r"[/\\]|\.parquet$|^[a-z0-9]+:")
CONNECT_PORT, PATIENCE_SECONDS = 15_002, 10
NO_SESSION = "no cluster is named"
INSTALL = "install the client: uv pip install 'rca-engine[spark]'"


class Rows:
    """The rows that a query gave."""

    def __init__(self, table: pa.Table) -> None:
        self.table = table

    def fetchone(self) -> tuple[Any, ...] | None:
        """Return the first row."""
        return next(iter(self.fetchall()), None)

    def fetchall(self) -> list[tuple[Any, ...]]:
        """Return all rows."""
        return list(zip(*(column.to_pylist() for column in self.table.columns), strict=True))

    def fetchnumpy(self) -> dict[str, Any]:
        """Return the columns by name, as arrays (N,), nulls of numbers as NaN."""
        return {
            name: column.to_numpy() for name, column in zip(self.table.column_names, self.table.columns, strict=True)
        }


class SparkEngine:
    """Spark SQL over a source of the cluster."""

    rows_at_once: int | None = None
    branches = 16

    def __init__(self, session: Any) -> None:
        self.session = session

    def execute(self, query: str, /) -> Rows:
        """Run a query."""
        return Rows(self.collect(query))

    def columns(self) -> list[tuple[str, str]]:
        """Return the source's columns in order: (name, DuckDB type)."""
        return [(name, duckdb_type(kind)) for name, kind in self.session.table(SOURCE).dtypes]

    def columns_at_once(self, rows: int) -> int:  # noqa: ARG002 - nothing is stored
        """Return how many columns one pass over so many rows takes."""
        return self.branches

    def put(self, name: str, table: pa.Table) -> None:
        """Give the cluster a small table."""
        from pyspark.sql.pandas.types import from_arrow_schema  # noqa: PLC0415 - an optional extra

        rows = table if table.num_rows else []  # of none it cannot tell the columns
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of pandas, which is not used here
            frame = self.session.createDataFrame(rows, None if table.num_rows else from_arrow_schema(table.schema))
        frame.createOrReplaceTempView(name)

    def keep(self, name: str, sql: str) -> None:
        """Name a query. Nothing is stored: each column reads what it needs of the source, and no executor runs full."""
        self.session.sql(spark_sql(sql)).createOrReplaceTempView(name)

    def collect(self, sql: str) -> pa.Table:
        """Return a query's rows."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of pandas, which is not used here
            return _naive(self.session.sql(spark_sql(sql)).toArrow())


def _naive(table: pa.Table) -> pa.Table:
    """Return a table whose times are UTC without saying so, as all of the engine's are."""
    fields = [
        field.with_type(pa.timestamp("us")) if pa.types.is_timestamp(field.type) else field for field in table.schema
    ]
    return table.cast(pa.schema(fields))


def spark_sql(sql: str) -> str:
    """Return a query of DuckDB's dialect in Spark's.

    Examples
    --------
    >>> spark_sql('SELECT a // 2 AS "half" FROM t')
    'SELECT a DIV 2 AS `half` FROM t'
    """
    import sqlglot  # noqa: PLC0415 - an optional extra, slow to import

    return sqlglot.transpile(sql, read="duckdb", write="spark", unsupported_level=sqlglot.ErrorLevel.RAISE)[0]


def duckdb_type(kind: str) -> str:
    """Return DuckDB's name of one of Spark's simple types; what it has no name for stays as it is.

    Examples
    --------
    >>> [duckdb_type(kind) for kind in ('int', 'array<float>', 'decimal(9,2)')]
    ['INTEGER', 'FLOAT[]', 'DECIMAL(9,2)']
    """
    if kind.startswith("array<") and kind.endswith(">"):
        return f"{duckdb_type(kind[6:-1])}[]"
    return TYPES.get(kind, "VARCHAR" if kind.startswith(("varchar", "char")) else kind.upper())


@contextmanager
def open_spark(source: str, remote: str | None) -> Iterator[SparkEngine]:
    """Open a session over a path or a table of the cluster; a session that was there stays."""
    session, own = _session(remote)
    before: dict[str, str] = {}
    try:
        before = {key: session.conf.get(key) for key in SETTINGS}
        for key, value in SETTINGS.items():
            session.conf.set(key, value)
        _view(session, source)
        yield SparkEngine(session)
    except InputError:
        raise
    except Exception as error:
        raise _explained(error, source, remote) from error
    finally:
        _leave(session, before, own=own)


def _session(remote: str | None) -> tuple[Any, bool]:
    submitted = "PYSPARK_GATEWAY_PORT" in os.environ
    if not (remote or submitted or "SPARK_REMOTE" in os.environ):
        mend = "give --remote sc://HOST:15002 (a Spark Connect server), or run it by spark-submit"
        raise InputError(NO_SESSION, mend=mend)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pyspark's, of a pandas newer than itself
        try:
            import sqlglot  # noqa: F401, PLC0415 - told now rather than after the cluster was asked
            from pyspark.sql import SparkSession  # noqa: PLC0415 - an optional extra
        except ImportError as error:
            raise InputError(f"--engine spark needs {error.name or 'pyspark'}", mend=INSTALL) from error
        builder: Any = SparkSession.builder.appName("rca profile")
        try:
            if remote:
                _answers(remote)
                return builder.remote(remote).create(), True
            return builder.getOrCreate(), not submitted
        except InputError:
            raise
        except Exception as error:
            raise _explained(error, "", remote) from error


def _answers(remote: str) -> None:
    """See whether anything listens at a Spark Connect address; the client itself would try for ten minutes."""
    address = urlsplit(remote)
    if address.scheme != "sc" or not address.hostname:
        raise InputError(f"{remote!r} is no Spark Connect server", mend="write it as sc://HOST:15002")
    try:
        socket.create_connection((address.hostname, address.port or CONNECT_PORT), timeout=PATIENCE_SECONDS).close()
    except OSError as error:
        mend = "check the address, sc://HOST:15002, and that it runs"
        raise InputError(
            f"no Spark Connect server answers: {error.strerror or error}", file=remote, mend=mend
        ) from error


def _view(session: Any, source: str) -> None:
    is_path = PATH.search(source) and "`" not in source
    frame = session.read.option("mergeSchema", "true").parquet(source) if is_path else session.table(source)
    frame.createOrReplaceTempView(SOURCE)
    _ = frame.dtypes  # asks the cluster now, so that a missing source is told as such


def _leave(session: Any, before: dict[str, str], *, own: bool) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if own:
            session.stop()
            return
        for key, value in before.items():
            session.conf.set(key, value)


CAUSES = (
    ("TABLE_OR_VIEW_NOT_FOUND", "the cluster has no such table", "name it as catalog.schema.table"),
    ("PATH_NOT_FOUND", "the cluster finds nothing there", "give a path that every worker can read"),
    ("UNABLE_TO_INFER_SCHEMA", "no Parquet file lies there", "give the folder that holds the files"),
    ("UNAVAILABLE", "no Spark Connect server answers", "check the address, sc://HOST:15002, and that it runs"),
    ("DEADLINE_EXCEEDED", "the Spark Connect server does not answer in time", "check the address and its load"),
)


def _explained(error: Exception, source: str, remote: str | None) -> Exception:
    """Return what an error of the cluster means for whoever asked; others as they are."""
    text = str(error)
    for sign, what, mend in CAUSES:
        if sign in text:
            return InputError(what, file=(remote or "") if "Connect" in what else source, mend=mend)
    return error
