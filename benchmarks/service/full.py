"""Let the disk run full under a service, make room again, and see that nothing acknowledged is lost.

A small file system of memory (tmpfs) is mounted for it, which needs root. Where that is refused, there are no figures.
"""

import os
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.progress import Progress

from benchmarks.service import made
from benchmarks.service.running import Client, Running, declare, send
from rca.live.store import Store

SIZE = 64_000_000
PATIENCE_S = 60


@dataclass
class Full:
    """How often the disk was full; whether that was told as 507; rows acknowledged in all, lost, there twice."""

    rounds: int = 0
    told: int = 0
    read_while_full: int = 0
    recovered: int = 0
    acknowledged: int = 0
    lost: int = 0
    twice: int = 0
    why_not: str = ""


def fill_up(folder: Path, rounds: int, progress: Progress) -> Full:
    """Fill the disk so many times while clients send."""
    full = Full()
    task = progress.add_task("full disks", total=rounds)
    try:
        with _small(folder):
            running = Running(folder / "rca.duckdb")
            running.start_and_wait()
            try:
                clients = _filled(running, rounds, full, lambda: progress.advance(task))
            finally:
                running.stop()
            _count(folder, [id_ for client in clients for id_ in client.acknowledged], full)
    except PermissionError as error:
        full.why_not = str(error)
    return full


def _filled(running: Running, rounds: int, full: Full, done: Callable[[], None]) -> list[Client]:
    declare(running.port)
    clients = [Client(running.port, make) for make in made.makers("f")]
    for client in clients:
        client.start()
    ballast = running.db.with_name("ballast")
    for _ in range(rounds):
        full.rounds += 1
        time.sleep(0.5)
        told = sum(client.full for client in clients)
        _fill(ballast)
        full.told += _until(lambda told=told: sum(client.full for client in clients) > told)
        full.read_while_full += send(running.port, "GET", "/v1/system")[0] == 200  # noqa: PLR2004 - OK
        ballast.unlink()
        before = [len(client.acknowledged) for client in clients]
        full.recovered += _until(
            lambda before=before: all(len(client.acknowledged) > n for client, n in zip(clients, before, strict=True))
        )
        done()
    for client in clients:
        client.finish()
    return clients


def _fill(path: Path) -> None:
    with path.open("wb") as stream:
        try:
            while True:
                os.write(stream.fileno(), bytes(65_536))
        except OSError:
            return


def _until(true: Callable[[], bool]) -> bool:
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        if true():
            return True
        time.sleep(0.02)
    return False


def _count(folder: Path, acknowledged: list[str], full: Full) -> None:
    store = Store(folder / "rca.duckdb")
    with store.reading() as warehouse:
        counts = Counter(made.found(warehouse.connection))
    store.close()
    full.acknowledged = len(acknowledged)
    full.lost = sum(id_ not in counts for id_ in acknowledged)
    full.twice = sum(count > 1 for count in counts.values())


@contextmanager
def _small(folder: Path) -> Iterator[None]:
    """Mount a small file system on a folder.

    Raises
    ------
    PermissionError
        When that is refused.
    """
    done = subprocess.run(  # noqa: S603 - what it mounts is fixed
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder)],  # noqa: S607 - the system's own
        capture_output=True,
        check=False,
    )
    if done.returncode:
        raise PermissionError(f"no small file system: {done.stderr.decode().strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=False)  # noqa: S603, S607 - as above
