"""Open a warehouse: a DuckDB file that survives, or a temporary one."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

import duckdb

from rca.errors import WarehouseError
from rca.warehouse.migrations import carry_forward, refuse_newer


def quote(identifier: str) -> str:
    """Quote an untrusted name as an SQL identifier."""
    return '"' + identifier.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Quote an untrusted text as an SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


class Warehouse:
    """One open DuckDB database with the project's tables.

    Parameters
    ----------
    path
        The database file; None for a temporary in-memory one.

    Raises
    ------
    WarehouseError
        When the file is not a database, is locked by another process, or was written by newer code.
    """

    def __init__(self, path: Path | None = None) -> None:
        try:
            if path:
                refuse_newer(path)
            self.connection = duckdb.connect(str(path) if path else ":memory:")
        except duckdb.Error as error:
            raise WarehouseError(f"cannot open the database {path}: {str(error).splitlines()[0]}") from error
        self.connection.execute("SET TimeZone = 'UTC'")
        try:
            carry_forward(self.connection)
        except BaseException:
            self.connection.close()
            raise

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Do all that the block writes, or nothing of it when it fails."""
        self.connection.execute("BEGIN")
        try:
            yield
        except BaseException:
            self.connection.execute("ROLLBACK")
            raise
        self.connection.execute("COMMIT")

    def close(self) -> None:
        """Close the database; a temporary one is gone."""
        self.connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
