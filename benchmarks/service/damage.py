"""Damage what a killed service left, and see that its next start mends it or tells of it."""

import json
import random
import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.progress import Progress

from benchmarks.service import made
from benchmarks.service.running import SMALL_CHECKPOINT, Client, Running, declare, send
from rca.errors import WarehouseError
from rca.live.store import Store

BODIES = 12
INCIDENTS = 4
DB = "rca.duckdb"


@dataclass
class Damages:
    """How many damages were made, by kind; how many were mended in full, told at the start, or neither."""

    damages: int = 0
    mended: dict[str, int] = field(default_factory=dict)
    told: dict[str, int] = field(default_factory=dict)
    silent: int = 0
    silent_kinds: list[str] = field(default_factory=list)


def damage(folder: Path, damages: int, seed: int, progress: Progress) -> Damages:
    """Damage a killed service's files so many times, one after the other, each time from the same state."""
    chance, mended, told, found = random.Random(seed), Counter[str](), Counter[str](), Damages(damages)  # noqa: S311
    acknowledged = _killed(folder)
    task = progress.add_task("damages", total=damages)
    kinds = list(KINDS)
    for place in range(damages):
        copy, kind = folder.with_name("damaged"), kinds[place % len(kinds)]
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(folder, copy)
        KINDS[kind](copy, chance)
        try:
            ids = _opened(copy / DB)
        except WarehouseError:
            told[kind] += 1
        else:
            if ids == acknowledged:
                mended[kind] += 1
            else:
                found.silent_kinds.append(kind)
        progress.advance(task)
    found.mended, found.told, found.silent = dict(mended), dict(told), len(found.silent_kinds)
    return found


def _killed(folder: Path) -> Counter[str]:
    """Let a service take rows and incidents, then kill it; return what it acknowledged, each once.

    A part of it lies in the database's own file by then, the rest in the log of changes and the spool.
    """
    ids: list[str] = []
    running = Running(folder / DB, checkpoint=SMALL_CHECKPOINT)
    for part, kind in enumerate(("early", "late")):
        running.start_and_wait()
        if not part:
            declare(running.port)
        ids.extend(_incident(running.port, f"{kind}-{number}") for number in range(INCIDENTS))
        for make in made.makers(kind):
            client = Client(running.port, lambda number, make=make, part=part: make(part * BODIES + number))
            client.send_some(BODIES)
            ids.extend(client.acknowledged)
        if part:
            running.kill()
        else:
            running.stop()
            running.checkpoint = None
    return Counter(ids)


def _incident(port: int, name: str) -> str:
    told = {"id": name, "node": "scorer", "metric": "auc", "detected_at": "2026-03-04T10:00:00Z"}
    status, said = send(port, "POST", "/v1/incidents", json.dumps(told).encode(), {"Content-Type": "application/json"})
    if status not in (200, 201):
        raise RuntimeError(f"the incident is refused: {status} {said!r}")
    return f"i{name}"


def _opened(db: Path) -> Counter[str]:
    store = Store(db)
    try:
        with store.reading() as warehouse:
            connection = warehouse.connection
            incidents = [f"i{name}" for (name,) in connection.execute("SELECT id FROM incidents").fetchall()]
            return Counter([*made.found(connection), *incidents])
    finally:
        store.close()


def _cut(path: Path, chance: random.Random) -> None:
    with path.open("r+b") as stream:
        stream.truncate(chance.randrange(path.stat().st_size))


def _flip(path: Path, chance: random.Random) -> None:
    content = bytearray(path.read_bytes())
    bit = chance.randrange(8 * len(content))
    content[bit // 8] ^= 1 << bit % 8
    path.write_bytes(content)


def _of(name: str, do: Callable[[Path, random.Random], None]) -> Callable[[Path, random.Random], None]:
    return lambda folder, chance: do(folder / name, chance)


def _spool(do: Callable[[Path, random.Random], None]) -> Callable[[Path, random.Random], None]:
    """Return a damage to a file of the spool when the log of changes is gone, so that the spool is needed."""

    def both(folder: Path, chance: random.Random) -> None:
        (folder / f"{DB}.wal").unlink()
        do(chance.choice(_spooled(folder)), chance)

    return both


def _spooled(folder: Path) -> Sequence[Path]:
    return sorted(path for path in (folder / "rca.spool").rglob("*") if path.is_file())


KINDS: dict[str, Callable[[Path, random.Random], None]] = {
    "log cut": _of(f"{DB}.wal", _cut),
    "log bit": _of(f"{DB}.wal", _flip),
    "log gone": lambda folder, _: (folder / f"{DB}.wal").unlink(),
    "receipts cut": _of("rca.receipts", _cut),
    "receipts bit": _of("rca.receipts", _flip),
    "log gone, spool cut": _spool(_cut),
    "log gone, spool bit": _spool(_flip),
}
