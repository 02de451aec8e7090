"""Sessions: who is logged in with a browser. The cookie's value is never kept, only its SHA-256."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from rca.live.tokens import Token, token_of
from rca.warehouse import Warehouse

LASTS = timedelta(hours=12)
"""So long a session holds, whether it is used or not."""


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who is logged in. `token` is the one that they logged in with; None where another service knew them."""

    account: str
    scopes: tuple[str, ...]
    token: str | None


def start_session(warehouse: Warehouse, who: Token | Session, at: datetime) -> str:
    """Log somebody in, and return what the cookie is to hold.

    Parameters
    ----------
    who
        The token that was shown: the session ends with it; or what another service said of them.
    """
    cookie = secrets.token_urlsafe(32)
    token = who.id if isinstance(who, Token) else who.token
    warehouse.connection.execute("DELETE FROM sessions WHERE expires_at <= ?", [_naive(at)])
    warehouse.connection.execute(
        "INSERT INTO sessions VALUES (?, ?, ?, ?, ?, ?)",
        [_hash(cookie), token, who.account, list(who.scopes), _naive(at), _naive(at + LASTS)],
    )
    return cookie


def find_session(warehouse: Warehouse, cookie: str, at: datetime) -> Session | None:
    """Return the session that a cookie names; None when there is none, it has ended, or its token holds no longer."""
    row = warehouse.connection.execute(
        "SELECT account, scopes, token FROM sessions WHERE sha256 = ? AND expires_at > ?", [_hash(cookie), _naive(at)]
    ).fetchone()
    if row is None:
        return None
    account, scopes, key = row
    if key is None:
        return Session(account, tuple(scopes), None)
    token = token_of(warehouse, key, at)
    return Session(token.account, token.scopes, token.id) if token else None


def end_session(warehouse: Warehouse, cookie: str) -> None:
    """Log somebody out."""
    warehouse.connection.execute("DELETE FROM sessions WHERE sha256 = ?", [_hash(cookie)])


def _hash(cookie: str) -> str:
    return hashlib.sha256(cookie.encode("utf-8", "surrogatepass")).hexdigest()


def _naive(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)
