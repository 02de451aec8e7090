"""The audit log: who changed what, and who was refused."""

from dataclasses import dataclass
from datetime import UTC, datetime

from rca.warehouse import Warehouse

MOST_CHARACTERS = 500


@dataclass(frozen=True, slots=True)
class Entry:
    """One request: `detail` says in words what it changed, or why it was refused. `place` orders the log."""

    at: datetime
    account: str
    token: str | None
    method: str
    path: str
    status: int
    detail: str | None = None
    place: int = 0


def note_request(warehouse: Warehouse, entry: Entry) -> None:
    """Add a request to the log."""
    warehouse.connection.execute(
        "INSERT INTO audit (noted_at, account, token, method, path, status, detail) VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            entry.at.astimezone(UTC).replace(tzinfo=None),
            *(entry.account, entry.token, entry.method, entry.path[:MOST_CHARACTERS], entry.status),
            entry.detail[:MOST_CHARACTERS] if entry.detail else None,
        ],
    )


def audit_page(warehouse: Warehouse, *, before: int | None = None, limit: int = 100) -> tuple[Entry, ...]:
    """Return entries from the latest on, those before a place when one is given."""
    rows = warehouse.connection.execute(
        """SELECT noted_at, account, token, method, path, status, detail, place FROM audit
           WHERE $1 IS NULL OR place < $1 ORDER BY place DESC LIMIT $2""",
        [before, limit],
    ).fetchall()
    return tuple(Entry(at.replace(tzinfo=UTC), *rest) for at, *rest in rows)
