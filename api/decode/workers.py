"""Processes that decode bodies, so that requests for a page wait neither for the interpreter's lock nor for a core.

A process is started when a large body comes and all others are busy. It ends when the service does, however that ends:
its pipe is closed then.
"""

import os
import queue
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

from api.decode.otlp_traces import read_spans
from api.decode.rows import decode_rows
from api.problems import Problem
from api.strict_json import MalformedJson

SMALL_BYTES = 32_000
"""A smaller body costs less than the way to another process."""

MOST = max(1, min(4, os.cpu_count() or 1))
NICE = 5
"""Decoding gives way to answering."""

WORK: dict[str, Callable[..., Any]] = {"rows": decode_rows, "spans": read_spans}
"""What can be done to a body."""

_spawn = get_context("spawn")


class Workers:
    """A pool of processes.

    Parameters
    ----------
    most
        Processes at once.
    """

    def __init__(self, most: int = MOST) -> None:
        self._idle: queue.LifoQueue[Connection] = queue.LifoQueue()
        self._started: list[BaseProcess] = []
        self._left = most
        self._count = threading.Lock()

    def run(self, what: str, body: bytes, *more: Any) -> Any:
        """Return what one of `WORK` makes of a body; wait while all processes are busy.

        Raises
        ------
        Problem, MalformedJson
            Those of the function; 503 when the process was ended from outside.
        """
        if len(body) < SMALL_BYTES:
            return WORK[what](body, *more)
        worker = self._taken()
        try:
            worker.send((what, body, more))
            done, result = worker.recv()
        except (EOFError, OSError) as error:
            worker.close()
            self._idle.put(self._start())
            raise Problem(503, "busy", "decoding was ended; send it again", headers={"Retry-After": "1"}) from error
        self._idle.put(worker)
        if done:
            return result
        raise _raised(*result)

    def processes(self) -> tuple[BaseProcess, ...]:
        """Return the processes that live."""
        return tuple(process for process in self._started if process.is_alive())

    def close(self) -> None:
        """End the processes that are idle."""
        with suppress(queue.Empty):
            while True:
                self._idle.get_nowait().close()

    def _start(self) -> Connection:
        ours, theirs = _spawn.Pipe()
        process = _spawn.Process(target=_serve, args=(theirs,), name="rca-decode", daemon=True)
        process.start()
        theirs.close()
        self._started = [*self.processes(), process]
        return ours

    def _taken(self) -> Connection:
        with suppress(queue.Empty):
            return self._idle.get_nowait()
        with self._count:
            new = self._left > 0
            self._left -= new
        return self._start() if new else self._idle.get()


def _serve(pipe: Connection) -> None:
    """Decode what comes until the pipe is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(NICE)
    while True:
        try:
            what, body, more = pipe.recv()
        except (EOFError, OSError):
            return
        try:
            pipe.send((True, WORK[what](body, *more)))
        except Problem as error:
            pipe.send((False, ("problem", error.status, error.kind, error.detail, error.headers, error.more)))
        except MalformedJson as error:
            pipe.send((False, ("malformed", str(error))))
        except BaseException as error:  # noqa: BLE001 - told to whoever waits
            pipe.send((False, ("fault", f"{type(error).__name__}: {error}"[:500])))


def _raised(kind: str, *told: Any) -> Exception:
    """Return an error as it was in the other process."""
    if kind == "malformed":
        return MalformedJson(*told)
    if kind == "fault":
        return RuntimeError(*told)
    status, name, detail, headers, more = told
    return Problem(status, name, detail, headers=headers, **more)


WORKERS = Workers()
"""Those of this service, whichever projects it serves."""
