"""What waits for the writer: work goes first, for somebody waits for each piece; deliveries are taken many at once."""

import math
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from rca.errors import StorageError
from rca.live.delivery import Delivery, Receipt
from rca.warehouse import Warehouse

BATCH_BYTES = 64_000_000
BATCH_DELIVERIES = 2_000
"""So much is committed at once at most."""

WORK_IN_A_ROW = 20
"""So many pieces of work are done while deliveries wait; then it is the deliveries' turn."""

LONGEST_REST_S = 0.5
"""While something urgent goes on, deliveries rest after a batch as long as it took, and no longer than this."""


@dataclass(slots=True)
class Work:
    """Something to be written besides deliveries: a function of the database, all or nothing."""

    do: Callable[[Warehouse], Any]
    done: "Future[Any]" = field(default_factory=Future)


@dataclass(slots=True)
class Landing:
    """A delivery that waits."""

    delivery: Delivery
    done: "Future[Receipt]" = field(default_factory=Future)


class Waiting:
    """The line before the writer; any thread adds to it, one takes from it."""

    def __init__(self) -> None:
        self.bytes = 0
        self._ended = False
        self._moved = threading.Condition()
        self._work: deque[Work] = deque()
        self._landings: deque[Landing] = deque()
        self._in_a_row = 0
        self._urgent = 0
        self._rested = 0.0

    def put(self, item: Landing | Work) -> None:
        """Add something.

        Raises
        ------
        StorageError
            When the line has ended: nobody would ever take it.
        """
        with self._moved:
            if self._ended:
                raise StorageError("the database is closed")
            if isinstance(item, Work):
                self._work.append(item)
            else:
                self.bytes += item.delivery.size
                self._landings.append(item)
            self._moved.notify()

    def end(self) -> None:
        """Take nothing more; what waits is still given out."""
        with self._moved:
            self._ended = True
            self._moved.notify()

    @property
    def over(self) -> bool:
        """Return whether nothing waits and nothing will."""
        with self._moved:
            return self._ended and not self._work and not self._landings

    @property
    def urgent(self) -> bool:
        """Return whether something goes on that deliveries make room for."""
        return self._urgent > 0

    @contextmanager
    def making_room(self) -> Iterator[None]:
        """Let deliveries rest between two batches while the block runs, so that it gets its share of the cores."""
        with self._moved:
            self._urgent += 1
        try:
            yield
        finally:
            with self._moved:
                self._urgent -= 1
                self._moved.notify()

    def rest(self, seconds: float) -> None:
        """Note that a batch took so long."""
        self._rested = time.monotonic() + min(seconds, LONGEST_REST_S)

    def take(self, timeout: float | None) -> Work | list[Landing] | None:
        """Return a piece of work, or the deliveries to commit together; None when none came in time.

        Deliveries keep their order among themselves, and so does work. Those that nobody waits for any more are left
        out; what is given out can no longer be cancelled.
        """
        until = math.inf if timeout is None else time.monotonic() + timeout
        with self._moved:
            while True:
                now = time.monotonic()
                rest = self._rested - now if self._urgent and not self._ended else 0.0
                if self._work and not (self._in_a_row >= WORK_IN_A_ROW and self._landings and rest <= 0):
                    self._in_a_row += 1
                    return self._work.popleft()
                if self._landings and rest <= 0:
                    self._in_a_row = 0
                    return self._batch()
                if now >= until or (self._ended and not self._landings):
                    return None
                left = min(until - now, rest if self._landings else math.inf)
                self._moved.wait(None if left == math.inf else left)

    def _batch(self) -> list[Landing]:
        batch: list[Landing] = []
        size = 0
        while self._landings and size < BATCH_BYTES and len(batch) < BATCH_DELIVERIES:
            item = self._landings.popleft()
            size += item.delivery.size
            if item.done.set_running_or_notify_cancel():
                batch.append(item)
        self.bytes -= size
        return batch
