"""A service of one's own while a block runs, and requests to it byte for byte as they are given."""

import http.client
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.service.running import Running


@dataclass(frozen=True, slots=True)
class Answer:
    """What the service answered. Header names are in small letters."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    def json(self) -> Any:
        """Return the content as JSON."""
        return json.loads(self.content)


@dataclass(frozen=True, slots=True)
class Server:
    """A running service."""

    port: int
    pid: int

    def send(
        self,
        method: str,
        target: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send one request over a connection of its own; nothing of it is quoted, added or checked but its length."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection._validate_path = lambda _: None  # type: ignore[attr-defined]  # noqa: SLF001 - meant to be malformed
        told = {name.lower(): value.encode() for name, value in (headers or {}).items()}
        if body is not None:
            told.setdefault("content-length", str(len(body)).encode())
        try:
            connection.putrequest(method, target, skip_accept_encoding=True, skip_host="host" in told)
            for name, value in told.items():
                connection.putheader(name, value)
            connection.endheaders(body)
            answer = connection.getresponse()
            return Answer(answer.status, {name.lower(): text for name, text in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def send_json(self, method: str, target: str, said: Any, headers: Mapping[str, str] | None = None) -> Answer:
        """Send JSON."""
        return self.send(
            method, target, json.dumps(said).encode(), {"Content-Type": "application/json"} | dict(headers or {})
        )

    def memory(self) -> int:
        """Return how many bytes of the process's memory are resident."""
        told = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return int(next(line for line in told if line.startswith("VmRSS")).split()[1]) * 1024


@contextmanager
def served(db: Path, *options: str) -> Iterator[Server]:
    """Serve a database on a free port of loopback until the block ends.

    Raises
    ------
    RuntimeError
        When the service does not start; the text is what it wrote.
    """
    running = Running(db)
    running.start(*options)
    try:
        if not running.wait():
            raise RuntimeError(running.told.read_text(errors="replace"))
        assert running.process is not None  # noqa: S101 - it was just started
        yield Server(running.port, running.process.pid)
    finally:
        running.stop()
