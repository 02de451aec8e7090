"""Tokens: who may do what. A token's secret is shown once and never kept, only its SHA-256."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from rca.errors import InputError, UnknownName
from rca.warehouse import Warehouse
from schemas.feedback import account as account_name

SCOPES = ("ingest", "read", "review", "train", "admin")
"""What a token may allow; `admin` includes all others, every other one stands for itself."""

LONGEST = timedelta(days=366)
_FORM = re.compile(r"rca_([0-9a-f]{12})_([0-9a-zA-Z_-]{43})")


@dataclass(frozen=True, slots=True)
class Token:
    """A token without its secret. Times are UTC."""

    id: str
    name: str
    account: str
    scopes: tuple[str, ...]
    made_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None = None

    def allows(self, scope: str) -> bool:
        """Return whether it lets its bearer do what the scope names."""
        return scope in self.scopes or "admin" in self.scopes

    def holds(self, at: datetime) -> bool:
        """Return whether it is neither expired nor revoked."""
        return self.revoked_at is None and (self.expires_at is None or at < self.expires_at)


def make_token(
    warehouse: Warehouse, name: str, account: str, scopes: Sequence[str], at: datetime, *, days: int | None = 90
) -> tuple[Token, str]:
    """Make a token.

    Parameters
    ----------
    account
        Who acts with it; feedback given with it is this account's.
    days
        How long it holds; None: for good.

    Returns
    -------
    tuple
        The token, and what its bearer sends: `Authorization: Bearer <that>`.

    Raises
    ------
    InputError
        When a scope is unknown, or a name is missing.
    """
    unknown = [scope for scope in scopes if scope not in SCOPES]
    if unknown or not scopes:
        what = f"unknown scope {unknown[0]!r}" if unknown else "a token without scope allows nothing"
        raise InputError(what, mend=f"give some of {', '.join(SCOPES)}")
    if not name.strip() or not account.strip():
        raise InputError("a token needs a name and an account")
    if days is not None and not 0 < days <= LONGEST.days:
        raise InputError(f"{days} days cannot be had", mend=f"give 1 to {LONGEST.days} days")
    key, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    expires = at + timedelta(days=days) if days else None
    token = Token(key, name.strip(), account_name(account), tuple(dict.fromkeys(scopes)), at, expires)
    warehouse.connection.execute(
        "INSERT INTO tokens VALUES (?, ?, ?, ?, ?, ?, ?, NULL)",
        [key, token.name, token.account, _hash(secret), list(token.scopes), _naive(at), _naive(expires)],
    )
    return token, f"rca_{key}_{secret}"


def find_token(warehouse: Warehouse, bearer: str, at: datetime) -> Token | None:
    """Return the token that a bearer sent; None when there is none, or it holds no longer."""
    form = _FORM.fullmatch(bearer)
    if form is None:
        return None
    row = warehouse.connection.execute(f"SELECT sha256, {_COLUMNS} FROM tokens WHERE id = ?", [form[1]]).fetchone()
    if row is None or not hmac.compare_digest(row[0], _hash(form[2])):
        return None
    token = _token(row[1:])
    return token if token.holds(at) else None


def token_of(warehouse: Warehouse, key: str, at: datetime) -> Token | None:
    """Return a token by its id; None when there is none, or it holds no longer."""
    row = warehouse.connection.execute(f"SELECT {_COLUMNS} FROM tokens WHERE id = ?", [key]).fetchone()
    token = _token(row) if row else None
    return token if token and token.holds(at) else None


def all_tokens(warehouse: Warehouse) -> tuple[Token, ...]:
    """Return all tokens, the latest first."""
    rows = warehouse.connection.execute(f"SELECT {_COLUMNS} FROM tokens ORDER BY made_at DESC, id").fetchall()
    return tuple(map(_token, rows))


def revoke_token(warehouse: Warehouse, key: str, at: datetime) -> Token:
    """Let a token hold no longer.

    Raises
    ------
    UnknownName
        When there is no such token.
    """
    known = {token.id: token for token in all_tokens(warehouse)}
    if key not in known:
        raise UnknownName("token", key, known)
    warehouse.connection.execute(
        "UPDATE tokens SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL", [_naive(at), key]
    )
    return next(token for token in all_tokens(warehouse) if token.id == key)


def secured(warehouse: Warehouse) -> bool:
    """Return whether any token was ever made: from then on nobody gets in without one."""
    row = warehouse.connection.execute("SELECT count(*) > 0 FROM tokens").fetchone()
    return bool(row and row[0])


_COLUMNS = "id, name, account, scopes, made_at, expires_at, revoked_at"


def _token(row: Sequence[object]) -> Token:
    key, name, account, scopes, *times = row
    made, expires, revoked = (moment.replace(tzinfo=UTC) if isinstance(moment, datetime) else None for moment in times)
    return Token(str(key), str(name), str(account), tuple(scopes), made, expires, revoked)  # type: ignore[arg-type]


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _naive(moment: datetime | None) -> datetime | None:
    return moment.astimezone(UTC).replace(tzinfo=None) if moment else None
