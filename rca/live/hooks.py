"""Hooks: who is told over HTTP of what happens, and the messages to them, which survive the end of the service."""

import json
import secrets
import uuid
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from rca.errors import InputError, UnknownName
from rca.warehouse import Warehouse

EVENTS = ("incident.opened", "incident.closed", "analysis.ready", "review.ready")
"""What hooks can be told of."""

MOST_HOOKS = 50
WAITS = tuple(timedelta(seconds=s) for s in (0, 5, 300, 1800, 7200, 18_000, 36_000, 36_000))
"""How long before each try, from the one before it; after the last one a message is given up."""

BOTH_SIGN = timedelta(days=1)
"""So long after a rotation the former secret signs too."""

MESSAGES_KEPT = timedelta(days=30)
State = Literal["waiting", "delivered", "given_up"]


@dataclass(frozen=True, slots=True)
class Hook:
    """A receiver; without events it is told of all. `secrets` sign: the current one, then those that still do."""

    id: str
    url: str
    events: tuple[str, ...]
    made_at: datetime
    made_by: str
    secrets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Message:
    """A notification to one hook. `status` and `error` are of the last try."""

    id: str
    hook: str
    event: str
    body: str
    made_at: datetime
    state: State = "waiting"
    tries: int = 0
    next_at: datetime | None = None
    status: int | None = None
    error: str | None = None
    tried_at: datetime | None = None


def make_hook(warehouse: Warehouse, url: str, events: Sequence[str], who: str, at: datetime) -> tuple[Hook, str]:
    """Make a hook, and return it with its secret, which is shown this once.

    Raises
    ------
    InputError
        When there is no such event, or there are too many hooks.
    """
    unknown = [event for event in events if event not in EVENTS]
    if unknown:
        raise InputError(f"unknown event {unknown[0]!r}", mend=f"give some of {', '.join(EVENTS)}, or none for all")
    if len(all_hooks(warehouse, at)) >= MOST_HOOKS:
        raise InputError(f"there are {MOST_HOOKS} hooks already", mend="delete one that is not used")
    key, secret = secrets.token_hex(6), new_secret()
    warehouse.connection.execute(
        "INSERT INTO hooks VALUES (?, ?, ?, ?, ?, ?)", [key, url, secret, list(dict.fromkeys(events)), _naive(at), who]
    )
    return find_hook(warehouse, key, at), secret


def new_secret() -> str:
    """Return a secret as Standard Webhooks writes them."""
    return f"whsec_{b64encode(secrets.token_bytes(32)).decode()}"


def all_hooks(warehouse: Warehouse, at: datetime) -> tuple[Hook, ...]:
    """Return all hooks, the first made first, with the secrets that sign at a moment."""
    rows = warehouse.connection.execute(
        """SELECT id, url, events, made_at, made_by, [secret] || coalesce(
               (SELECT list(old.secret ORDER BY ends_at DESC) FROM hook_secrets AS old
                WHERE old.hook = hooks.id AND ends_at > ?), [])
           FROM hooks ORDER BY made_at, id""",
        [_naive(at)],
    ).fetchall()
    return tuple(
        Hook(key, url, tuple(e), _aware(made), who, tuple(signing)) for key, url, e, made, who, signing in rows
    )


def find_hook(warehouse: Warehouse, key: str, at: datetime) -> Hook:
    """Return a hook.

    Raises
    ------
    UnknownName
        When there is none of that id.
    """
    known = {hook.id: hook for hook in all_hooks(warehouse, at)}
    if key not in known:
        raise UnknownName("hook", key, known)
    return known[key]


def drop_hook(warehouse: Warehouse, key: str, at: datetime) -> Hook:
    """Remove a hook, its secrets and its messages."""
    hook = find_hook(warehouse, key, at)
    for table, column in (("hook_messages", "hook"), ("hook_secrets", "hook"), ("hooks", "id")):
        warehouse.connection.execute(f"DELETE FROM {table} WHERE {column} = ?", [key])
    return hook


def rotate_secret(warehouse: Warehouse, key: str, at: datetime) -> tuple[Hook, str]:
    """Give a hook another secret; the former one signs too for a day, so that no message is refused meanwhile."""
    former, secret = find_hook(warehouse, key, at).secrets[0], new_secret()
    warehouse.connection.execute("DELETE FROM hook_secrets WHERE hook = ? AND ends_at <= ?", [key, _naive(at)])
    warehouse.connection.execute("INSERT INTO hook_secrets VALUES (?, ?, ?)", [key, former, _naive(at + BOTH_SIGN)])
    warehouse.connection.execute("UPDATE hooks SET secret = ? WHERE id = ?", [secret, key])
    return find_hook(warehouse, key, at), secret


def message_of(hook: Hook, event: str, data: Mapping[str, Any], at: datetime) -> Message:
    """Return the message that tells a hook of an event."""
    body = {"type": event, "timestamp": at.astimezone(UTC).isoformat().replace("+00:00", "Z"), "data": data}
    text = json.dumps(body, allow_nan=False, default=str)
    return Message(f"msg_{uuid.uuid4().hex}", hook.id, event, text, at, next_at=at)


def queue_event(warehouse: Warehouse, event: str, data: Mapping[str, Any], at: datetime, now: datetime) -> int:
    """Queue an event for every hook that wants it and was there when it happened; return how many do."""
    told = [
        message_of(hook, event, data, now)
        for hook in all_hooks(warehouse, now)
        if (not hook.events or event in hook.events) and hook.made_at <= at
    ]
    for message in told:
        keep_message(warehouse, message)
    warehouse.connection.execute(
        "DELETE FROM hook_messages WHERE next_at IS NULL AND made_at < ?", [_naive(now - MESSAGES_KEPT)]
    )
    return len(told)


def keep_message(warehouse: Warehouse, message: Message) -> None:
    """Keep a message as it is now, in place of what was kept of it before."""
    warehouse.connection.execute("DELETE FROM hook_messages WHERE id = ?", [message.id])
    times = [_naive(at) if at else None for at in (message.next_at, message.tried_at)]
    warehouse.connection.execute(
        "INSERT INTO hook_messages VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            *(message.id, message.hook, message.event, message.body, _naive(message.made_at)),
            *(message.state, message.tries, times[0], message.status, message.error, times[1]),
        ],
    )


def due_messages(warehouse: Warehouse, now: datetime, limit: int = 64) -> tuple[Message, ...]:
    """Return the messages that are to be tried now, the longest due first."""
    return _messages(warehouse, "next_at <= ? ORDER BY next_at, id LIMIT ?", _naive(now), limit)


def next_due(warehouse: Warehouse) -> datetime | None:
    """Return when a message is to be tried next."""
    row = warehouse.connection.execute("SELECT min(next_at) FROM hook_messages").fetchone()
    return _aware(row[0]) if row and row[0] else None


def messages_of(warehouse: Warehouse, hook: str, limit: int = 100) -> tuple[Message, ...]:
    """Return the latest messages to a hook."""
    return _messages(warehouse, "hook = ? ORDER BY made_at DESC, id LIMIT ?", hook, limit)


def _messages(warehouse: Warehouse, where: str, *values: Any) -> tuple[Message, ...]:
    rows = warehouse.connection.execute(
        "SELECT id, hook, event, body, made_at, state, tries, next_at, status, error, tried_at "
        f"FROM hook_messages WHERE {where}",
        list(values),
    ).fetchall()
    return tuple(
        Message(*(_aware(value) if isinstance(value, datetime) else value for value in row))  # type: ignore[arg-type]
        for row in rows
    )


def _naive(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)


def _aware(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC)
