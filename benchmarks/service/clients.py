"""Processes that put load on a service, and what they saw and cost."""

import http.client
import json
import multiprocessing
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

from benchmarks.service import bodies

PAUSE_S = 0.01
"""Between two looks at an incident."""

_spawn = multiprocessing.get_context("spawn")


@dataclass(frozen=True, slots=True)
class Seen:
    """What one process did: rows that were acknowledged, the seconds of each request, its seconds in all and on CPU."""

    rows: int
    seconds: tuple[float, ...]
    wall: float
    cpu: float


class Crowd:
    """Processes that begin together.

    Parameters
    ----------
    jobs
        Function and arguments of each; it is given an event to wait for and one to end at, too.
    """

    def __init__(self, jobs: Sequence[tuple[Any, ...]]) -> None:
        self._begin, self._end, self._told = _spawn.Event(), _spawn.Event(), _spawn.Queue()
        self._ready = _spawn.Semaphore(0)
        self._processes = [
            _spawn.Process(target=_apart, args=(place, (self._ready, self._begin, self._end, self._told), *job))
            for place, job in enumerate(jobs)
        ]
        for process in self._processes:
            process.start()
        for _ in self._processes:
            self._ready.acquire(timeout=120)

    def begin(self) -> None:
        """Let them begin."""
        self._begin.set()

    def end(self) -> None:
        """Let those end that go on until they are told."""
        self._end.set()

    def seen(self, count: int | None = None) -> dict[int, Seen]:
        """Return what so many of them saw, by place; wait for those that have not ended."""
        found = dict(self._told.get(timeout=600) for _ in range(len(self._processes) if count is None else count))
        return {place: seen for place, seen in found.items() if seen is not None}


def _apart(place: int, shared: tuple[Any, ...], what: Any, *arguments: Any) -> None:
    ready, begin, end, told = shared
    work = what(*arguments)
    ready.release()
    begin.wait()
    begun, used = time.perf_counter(), time.process_time()
    rows, seconds = work(end)
    told.put((place, Seen(rows, tuple(seconds), time.perf_counter() - begun, time.process_time() - used)))


def sender(port: int, kind: str, client: int, count: int) -> Any:
    """Return what sends so many bodies, one after the other, each until it is acknowledged."""
    prepared = bodies.make(kind, client, count)

    def work(_end: Event) -> tuple[int, list[float]]:
        connection, rows, seconds = _connected(port), 0, []
        for path, headers, content, held in prepared:
            begun = time.perf_counter()
            while (status := _asked(connection, "POST", path, content, headers)[0]) in (429, 503):
                time.sleep(0.02)
            if status != http.HTTPStatus.OK:
                raise RuntimeError(f"{path}: {status}")
            seconds.append(time.perf_counter() - begun)
            rows += held
        return rows, seconds

    return work


def looker(port: int, path: str) -> Any:
    """Return what looks at a page again and again until it is told to end."""

    def work(end: Event) -> tuple[int, list[float]]:
        connection, seconds = _connected(port), []
        while not end.is_set():
            begun = time.perf_counter()
            status = _asked(connection, "GET", path)[0]
            if status != http.HTTPStatus.OK:
                raise RuntimeError(f"{path}: {status}")
            seconds.append(time.perf_counter() - begun)
            time.sleep(PAUSE_S)
        return len(seconds), seconds

    return work


def explainer(port: int, incident: str, pause: float) -> Any:
    """Return what has an incident explained again and again until it is told to end."""

    def work(end: Event) -> tuple[int, list[float]]:
        seconds: list[float] = []
        while not end.is_set():
            seconds.append(explain(port, incident))
            end.wait(pause)
        return len(seconds), seconds

    return work


def explain(port: int, incident: str) -> float:
    """Have an incident explained; return the seconds until the answer is kept."""
    begun = time.perf_counter()
    headers = {"Prefer": "wait=60", "Content-Type": "application/json"}
    status, told = _asked(_connected(port), "POST", f"/v1/incidents/{incident}:analyze", b"{}", headers)
    if status != http.HTTPStatus.OK or json.loads(told)["state"] != "done":
        raise RuntimeError(f"{incident} is not explained: {status} {told[:300]!r}")
    return time.perf_counter() - begun


def _connected(port: int) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", port, timeout=120)


def _asked(
    connection: http.client.HTTPConnection,
    method: str,
    path: str,
    content: bytes | None = None,
    headers: dict[str, str] | None = None,
) -> tuple[int, bytes]:
    connection.request(method, path, content, headers or {})
    answer = connection.getresponse()
    return answer.status, answer.read()


def cpu_of(process: int) -> tuple[float, float]:
    """Return the CPU seconds that a process has used, and its children."""
    children = [
        int(path.parent.name)
        for path in Path("/proc").glob("[0-9]*/stat")
        if (fields := _fields(path)) and int(fields[1]) == process
    ]
    return _used(process), sum(map(_used, children))


def _fields(path: Path) -> list[str]:
    try:
        return path.read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _used(process: int) -> float:
    fields = _fields(Path(f"/proc/{process}/stat"))
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") if fields else 0.0
