"""A gate that many may be within at once, and that one can close once all have left."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

PATIENCE_S = 30.0
"""Whoever closes the gate waits so long for the others to leave, and goes on then."""


class Gate:
    """Readers enter; whoever replaces what they read closes the gate. A thread that is within may enter again."""

    def __init__(self) -> None:
        self._moved = threading.Condition()
        self._within = 0
        self._shut = False
        self._own = threading.local()

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Be within; wait while the gate is closed."""
        depth = getattr(self._own, "depth", 0)
        if not depth:
            with self._moved:
                self._moved.wait_for(lambda: not self._shut)
                self._within += 1
        self._own.depth = depth + 1
        try:
            yield
        finally:
            self._own.depth = depth
            if not depth:
                with self._moved:
                    self._within -= 1
                    self._moved.notify_all()

    @contextmanager
    def closed(self) -> Iterator[None]:
        """Keep others out."""
        with self._moved:
            self._shut = True
            self._moved.wait_for(lambda: not self._within, timeout=PATIENCE_S)
        try:
            yield
        finally:
            with self._moved:
                self._shut = False
                self._moved.notify_all()
