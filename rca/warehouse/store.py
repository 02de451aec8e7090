"""Open a warehouse: a DuckDB file that survives, or a temporary one."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import duckdb

from rca.errors import WarehouseError
from rca.warehouse.connect import connect
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
        self.within = False
        try:
            if path:
                refuse_newer(path)
            self.connection = connect(path)
        except duckdb.Error as error:
            raise WarehouseError(f"cannot open the database {path}: {str(error).splitlines()[0]}") from error
        self.connection.execute("SET TimeZone = 'UTC'")
        try:
            carry_forward(self.connection)
        except BaseException:
            self.connection.close()
            raise

    @classmethod
    def snapshot(cls, path: Path) -> "Warehouse":
        """Return a database file for reading alone, on one thread: many processes may have it open at once."""
        try:
            connection = connect(path, read_only=True, config={"threads": 1})
        except duckdb.Error as error:
            raise WarehouseError(f"cannot open the database {path}: {str(error).splitlines()[0]}") from error
        connection.execute("SET TimeZone = 'UTC'")
        other = cls.__new__(cls)
        other.connection, other.within = connection, False
        return other

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Do all that the block writes, or nothing of it when it fails; inside another one it is a part of that."""
        if self.within:
            yield
            return
        self.connection.execute("BEGIN")
        self.within = True
        try:
            yield
        except BaseException:
            self.within = False
            self._roll_back()
            raise
        self.within = False
        self.connection.execute("COMMIT")

    def _roll_back(self) -> None:
        """Roll back; where the transaction ended with the error itself there is nothing left to do."""
        with suppress(duckdb.TransactionException):
            self.connection.execute("ROLLBACK")

    def reader(self) -> "Warehouse":
        """Return the same database over a connection of its own, for another thread; it sees what is committed."""
        other = Warehouse.__new__(Warehouse)
        other.connection, other.within = self.connection.cursor(), False
        return other

    def release(self) -> None:
        """Let go of what was read last: a result that was not fetched to its end keeps its transaction open.

        No checkpoint is possible while such a transaction is older than the latest change.
        """
        with suppress(duckdb.Error):
            self.connection.rollback()

    def confine(self, folders: Sequence[Path]) -> None:
        """Let SQL reach no file but the database and these folders, from now on and for good; no extension either."""
        listed = ", ".join(literal(str(folder)) for folder in folders)
        self.connection.execute("SET GLOBAL TimeZone = 'UTC'")  # readers take it over: it can no more be set then
        self.connection.execute(f"SET allowed_directories = [{listed}]")
        self.connection.execute("SET enable_external_access = false")
        self.connection.execute("SET lock_configuration = true")

    def close(self) -> None:
        """Close the database; a temporary one is gone."""
        self.connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
