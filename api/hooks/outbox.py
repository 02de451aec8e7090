"""The messages that wait, tried and tried again: at once, then after ever longer waits."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from api.hooks.sending import Outcome, send
from rca.live.hooks import (
    WAITS,
    Hook,
    Message,
    all_hooks,
    due_messages,
    keep_message,
    message_of,
    next_due,
    queue_event,
)
from rca.warehouse import Warehouse

if TYPE_CHECKING:
    from api.service import Service

AT_ONCE = 4
"""So many receivers are spoken to at a time."""

GONE = 410
"""A receiver that answers this wants nothing any more."""


class Outbox:
    """What is to be sent for one project; on disk, so that the end of the service loses none of it."""

    def __init__(self, service: "Service") -> None:
        self._service = service
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="rca-hook")

    def queue(self, event: str, data: Mapping[str, Any], at: datetime) -> None:
        """Queue an event for the hooks that want it; when this returns it is on disk."""
        now = self._service.now()
        with self._service.store.reading() as warehouse:
            wanted = bool(all_hooks(warehouse, now))
        if wanted:
            self._service.store.write(lambda warehouse: queue_event(warehouse, event, data, at, now)).result()

    def deliver_due(self) -> int:
        """Try what is due, and return how many messages were."""
        now = self._service.now()
        with self._service.store.reading() as warehouse:
            hooks = {hook.id: hook for hook in all_hooks(warehouse, now)}
            due = due_messages(warehouse, now)
        tried = list(self._pool.map(lambda message: self._tried(hooks.get(message.hook), message, now), due))
        if tried:
            self._service.store.write(lambda warehouse: _keep(warehouse, tried)).result()
        return len(tried)

    def test(self, hook: Hook) -> Message:
        """Send a message that only shows that it arrives, once, and return what came of it."""
        now = self._service.now()
        return self._tried(hook, message_of(hook, "hook.test", {"hook": hook.id}, now), now, again=False)

    def wait(self, longest: timedelta) -> float:
        """Return in how many seconds something is due, at most so many."""
        with self._service.store.reading() as warehouse:
            due = next_due(warehouse)
        until = min(longest, due - self._service.now()) if due else longest
        return max(0.0, until.total_seconds())

    def close(self) -> None:
        """Let what is being sent be sent; the rest waits on disk."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _tried(self, hook: Hook | None, message: Message, now: datetime, *, again: bool = True) -> Message:
        if hook is None:
            return replace(message, state="given_up", next_at=None, error="the hook was deleted")
        private = self._service.settings.private_hooks
        return after(message, send(hook, message, now, private=private), now, again=again)


def after(message: Message, outcome: Outcome, now: datetime, *, again: bool = True) -> Message:
    """Return what a message is after a try."""
    tries = message.tries + 1
    tried = replace(message, tries=tries, status=outcome.status, error=outcome.error, tried_at=now, next_at=None)
    if outcome.taken:
        return replace(tried, state="delivered")
    if not again or tries >= len(WAITS) or outcome.status == GONE:
        return replace(tried, state="given_up")
    return replace(tried, next_at=now + WAITS[tries])


def _keep(warehouse: Warehouse, messages: list[Message]) -> None:
    known = {hook.id for hook in all_hooks(warehouse, messages[0].made_at)}
    for message in messages:
        if message.hook in known:  # else it was deleted meanwhile, with its messages
            keep_message(warehouse, message)
