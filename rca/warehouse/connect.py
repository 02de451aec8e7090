"""Opening DuckDB as every part of the engine wants it."""

from pathlib import Path
from typing import Any

import duckdb


def connect(path: Path | None, **options: Any) -> duckdb.DuckDBPyConnection:
    """Return a connection to a database file, or to a temporary one in memory, that never writes to the terminal.

    In a process without a script, such as a worker's, DuckDB takes itself for a shell and draws a bar of progress into
    standard output, where answers go.

    Parameters
    ----------
    options
        Of `duckdb.connect`.
    """
    connection = duckdb.connect(str(path) if path else ":memory:", **options)
    connection.execute("SET enable_progress_bar = false")
    return connection
