"""Whoever wants to hear of it is told: hooks of what happened to incidents, people of what they are to read.

What happened to incidents is read from their log, so that nothing escapes, whichever way it was done; how far it was
told is kept with the messages, so that nothing is told twice.
"""

import logging
import queue
import threading
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from api.hooks.outbox import Outbox
from api.notify import Notifier
from rca.errors import RcaError
from rca.incidents import handled
from rca.incidents.events import aware
from rca.live.hooks import queue_event
from rca.report.review import headline
from rca.review import known_incidents
from rca.warehouse import Warehouse
from rca.weekly import due_week, freeze

if TYPE_CHECKING:
    from api.service import Service

LOOK_EVERY = timedelta(minutes=1)
TOLD = "told"
"""The key in `meta` that says up to which event of incidents hooks were told."""

EVENTS = {"opened": "incident.opened", "closed": "incident.closed"}
log = logging.getLogger("rca.api")


class Herald:
    """Tells of what happens in one project, on a thread of its own."""

    def __init__(self, service: "Service", notifier: Notifier) -> None:
        self._service, self._notifier = service, notifier
        self.outbox = Outbox(service)
        self._said: queue.SimpleQueue[tuple[str, Mapping[str, Any]]] = queue.SimpleQueue()
        self._wake, self._ends, self._one = threading.Event(), False, threading.Lock()
        with service.store.reading() as warehouse:
            self._place = _place(warehouse)
        self._thread = threading.Thread(target=self._run, name="rca-herald", daemon=True)
        self._thread.start()

    def tell(self, event: str, data: Mapping[str, Any]) -> None:
        """Tell hooks and people of an event; hooks are told although the service ends meanwhile."""
        self.outbox.queue(event, data, self._service.now())
        self._said.put((event, data))
        self._wake.set()

    def look(self) -> None:
        """Look soon whether something happened to incidents."""
        self._wake.set()

    def round(self) -> None:
        """Do all that is due now; one thread at a time, so that nothing is sent twice."""
        with self._one:
            self._queue_incidents()
            if self._service.settings.weekly:
                self._review()
            while self.outbox.deliver_due():
                continue
            while not self._said.empty():
                event, data = self._said.get()
                if not self._notifier.tell(event, data):
                    log.warning("a notification of %s did not reach everybody", event)

    def close(self) -> None:
        """End; what was not delivered waits on disk."""
        self._ends = True
        self._wake.set()
        self._thread.join()
        self.outbox.close()

    def _run(self) -> None:
        while not self._ends:
            self._wake.clear()
            try:
                self.round()
                wait = self.outbox.wait(LOOK_EVERY)
            except Exception:  # another round may do better, and nobody waits
                log.exception("could not tell of what happened")
                wait = LOOK_EVERY.total_seconds()
            if not self._ends:
                self._wake.wait(wait)

    def _queue_incidents(self) -> None:
        """Queue what happened to incidents since the last look."""
        with self._service.store.reading() as warehouse:
            rows = warehouse.connection.execute(
                "SELECT place, incident, noted_at, what, who FROM incident_events "
                "WHERE place > ? AND what IN ('opened', 'closed') ORDER BY place LIMIT 500",
                [self._place],
            ).fetchall()
            if not rows:
                return
            hooked = warehouse.connection.execute("SELECT count(*) FROM hooks").fetchone() != (0,)
            told = [
                (EVENTS[what], _incident(warehouse, name, what, who, at), aware(at)) for _, name, at, what, who in rows
            ]
        last, now = int(rows[-1][0]), self._service.now()
        if hooked:
            self._service.store.write(lambda warehouse: _queue(warehouse, told, last, now)).result()
        self._place = last

    def _review(self) -> None:
        """Freeze the review of a week that is over, once there are incidents at all."""
        now = self._service.now()
        with self._service.store.reading() as warehouse:
            week = due_week(warehouse, now)
            if week is None or not known_incidents(warehouse):
                return
        made = self._service.store.write(lambda warehouse: freeze(warehouse, week, now, who="schedule")).result()
        self.tell("review.ready", {"week": week, "revision": made.revision, "headline": headline(made)})


def _place(warehouse: Warehouse) -> int:
    """Return up to which event of incidents was told; of a database that nobody told of, the last one."""
    row = warehouse.connection.execute(
        "SELECT coalesce((SELECT value::BIGINT FROM meta WHERE key = ?), (SELECT max(place) FROM incident_events), 0)",
        [TOLD],
    ).fetchone()
    return int(row[0]) if row else 0


def _incident(warehouse: Warehouse, name: str, what: str, who: str, at: datetime) -> dict[str, Any]:
    try:
        now = handled(warehouse, name)
    except RcaError:
        return {"incident": name, "who": who, "at": aware(at).isoformat()}
    parts = ("node", "metric", "title", "severity")
    told = {part: getattr(now.incident, part) for part in parts} | {"incident": name, "who": who}
    more = {"reason": now.reason} if what == "closed" else {}
    return told | more | {"at": aware(at).isoformat()}


def _queue(warehouse: Warehouse, told: list[tuple[str, dict[str, Any], datetime]], last: int, now: datetime) -> None:
    for event, data, at in told:
        queue_event(warehouse, event, data, at, now)
    warehouse.connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", [TOLD, str(last)])
