"""What the profile asks of whatever runs its SQL: a DuckDB connection, or an engine that looks like one."""

from typing import Any, Protocol


class Answer(Protocol):
    """The rows that a query gave."""

    def fetchone(self) -> tuple[Any, ...] | None:
        """Return the first row."""

    def fetchall(self) -> list[Any]:
        """Return all rows."""

    def fetchnumpy(self) -> dict[str, Any]:
        """Return the columns by name, as arrays (N,), masked where null."""


class Queries(Protocol):
    """Runs SQL in DuckDB's dialect."""

    def execute(self, query: str, /) -> Answer:
        """Run a query."""
