"""A real `rca serve` as a process, and clients that send until they are acknowledged."""

import http.client
import json
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SYSTEM = {
    "nodes": [
        {"id": "scorer", "kind": "model", "task": "binary"},
        {"id": "feed", "kind": "dataset"},
        {"id": "rate", "kind": "kpi"},
        {"id": "shop", "kind": "service"},
    ],
    "edges": [{"from": "feed", "to": "scorer", "columns": ["amount"]}, {"from": "scorer", "to": "rate"}],
}
START = "import rca.live.writer as writer; writer.CHECKPOINT_BYTES = {bytes}; from rca.cli import main; main()"
"""The same command with another size at which the log of changes is folded in: a real one is met too seldom."""


AGAIN = 10
"""Every so many bodies one is sent once more, as if the acknowledgement had not arrived."""

SMALL_CHECKPOINT = 200_000


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Running:
    """One service process at a time over one database.

    Parameters
    ----------
    checkpoint
        Bytes after which it folds its log of changes in; None: what it does by itself.
    """

    db: Path
    port: int = field(default_factory=free_port)
    checkpoint: int | None = None
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def told(self) -> Path:
        """Return the file of what it writes to its standard error."""
        return self.db.parent.with_name(f"{self.db.parent.name}.log")

    def start(self, *more: str) -> None:
        """Start it; do not wait for it."""
        how = ["-m", "rca"] if self.checkpoint is None else ["-c", START.format(bytes=self.checkpoint)]
        with self.told.open("wb") as told:
            self.process = subprocess.Popen(  # noqa: S603 - our own command
                [sys.executable, *how, "serve", "--db", str(self.db), "--port", str(self.port), *more],
                stdout=subprocess.DEVNULL,
                stderr=told,
            )

    def wait(self, seconds: float = 300) -> bool:
        """Wait until it answers; return False when it has ended instead."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if self.process is None or self.process.poll() is not None:
                return False
            try:
                if send(self.port, "GET", "/healthz")[0] == http.HTTPStatus.OK:
                    return True
            except OSError:
                time.sleep(0.02)
        raise TimeoutError("the service does not answer")

    def start_and_wait(self) -> None:
        """Start it and wait until it answers.

        Raises
        ------
        RuntimeError
            When it ends instead: says what it told.
        """
        self.start()
        if not self.wait():
            raise RuntimeError(f"the service ended: {self.told.read_text(errors='replace')[-1500:]}")

    def kill(self) -> None:
        """End it at once (SIGKILL)."""
        if self.process:
            self.process.kill()
            self.process.wait()

    def stop(self) -> None:
        """Let it end in order."""
        if self.process:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(300)
            except subprocess.TimeoutExpired:
                self.kill()
                raise


def send(
    port: int, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
) -> tuple[int, bytes]:
    """Send one request on a connection of its own; return status and body."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
    try:
        connection.request(method, path, body or None, dict(headers or {}))
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def declare(port: int, system: Mapping[str, Any] = SYSTEM) -> None:
    """Declare the system.

    Raises
    ------
    RuntimeError
        When it is refused.
    """
    told = send(port, "PUT", "/v1/system", json.dumps(system).encode(), {"Content-Type": "application/json"})
    if told[0] not in (200, 201):
        raise RuntimeError(f"the system is refused: {told}")


@dataclass
class Client:
    """Sends one body after the other, each again and again until it is acknowledged.

    Parameters
    ----------
    make
        Number of the request -> (path, headers, body, ids of its rows).
    """

    port: int
    make: Callable[[int], tuple[str, dict[str, str], bytes, Sequence[str]]]
    acknowledged: list[str] = field(default_factory=list)
    refused: list[tuple[int, bytes]] = field(default_factory=list)
    retries: int = 0
    full: int = 0
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Send in a thread."""
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def send_some(self, bodies: int) -> None:
        """Send so many bodies, one after the other.

        Raises
        ------
        RuntimeError
            When one is refused.
        """
        for number in range(bodies):
            self._send(number)
        if self.refused:
            raise RuntimeError(f"refused: {self.refused[0]}")

    def finish(self) -> None:
        """End once what is under way is acknowledged."""
        self._stop.set()
        if self._thread:
            self._thread.join(300)
            if self._thread.is_alive():
                raise TimeoutError("a client was not acknowledged in five minutes")

    def _run(self) -> None:
        number = 0
        while not self._stop.is_set():
            self._send(number)
            number += 1

    def _send(self, number: int) -> None:
        path, headers, body, ids = self.make(number)
        if self._until_acknowledged(path, headers, body):
            self.acknowledged.extend(ids)
        if number % AGAIN == 0:
            self._until_acknowledged(path, headers, body)

    def _until_acknowledged(self, path: str, headers: dict[str, str], body: bytes) -> bool:
        while True:
            try:
                status, told = send(self.port, "POST", path, body, headers)
            except (OSError, http.client.HTTPException):
                self.retries += 1
                time.sleep(0.01)
                continue
            if status == http.HTTPStatus.OK:
                return True
            if status == http.HTTPStatus.INSUFFICIENT_STORAGE:
                self.full += 1
                time.sleep(0.05)
            elif status in (408, 429, 503):
                self.retries += 1
                time.sleep(0.05)
            else:
                self.refused.append((status, told[:300]))
                return False
