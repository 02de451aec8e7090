"""Nothing that was acknowledged is lost, and nothing is there twice: kills, damaged files, a full disk.

Usage: python -m benchmarks.service.crash [--kills 200] [--damages 100] [--full 3] [--seed 0] [--json]

A kill is SIGKILL of a real `rca serve` at a random moment, start included, while five clients send predictions (JSON
Lines and Arrow), metrics, changes and spans, each body again until it is acknowledged, and some again although they
were. After each kill the files are copied and opened as the next start opens them, and every row is counted.
"""

import argparse
import json
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from rich.progress import Progress

from benchmarks.service import made
from benchmarks.service.damage import Damages, damage
from benchmarks.service.full import Full, fill_up
from benchmarks.service.running import SMALL_CHECKPOINT, Client, Running, declare
from rca.live.store import Store

MOST_BODIES = 12
"""A kill comes after at most so many bodies were acknowledged since the start ..."""

LONGEST_S = 0.1
"""... and at most so long after that."""

PATIENCE_S = 5.0

DURING_START = 0.15
"""Share of the kills that come while it starts."""


@dataclass
class Kills:
    """What came of the kills: rows acknowledged in all, lost or twice after any kill, and after the last retries."""

    kills: int = 0
    during_start: int = 0
    acknowledged: int = 0
    lost: int = 0
    twice: int = 0
    halves: int = 0
    retries: int = 0
    refused: list[str] = field(default_factory=list)
    seconds: float = 0.0


def kill_often(folder: Path, kills: int, seed: int, progress: Progress) -> Kills:
    """Kill the service so many times, and count after each."""
    chance, told = random.Random(seed), Kills()  # noqa: S311 - where to kill, not a secret
    running = Running(folder / "rca.duckdb")
    running.start_and_wait()
    declare(running.port)
    clients = [Client(running.port, make) for make in made.makers("k")]
    for client in clients:
        client.start()
    begun = time.monotonic()
    task = progress.add_task("kills", total=kills)
    for place in range(kills):
        copied = _killed(running, clients, chance, told)
        acknowledged = [id_ for client in clients for id_ in list(client.acknowledged)]
        running.checkpoint = SMALL_CHECKPOINT if place % 2 else None
        running.start()
        _count(copied, acknowledged, told)
        shutil.rmtree(copied)
        progress.advance(task)
    running.wait()
    for client in clients:
        client.finish()
    running.stop()
    _count(folder, [id_ for client in clients for id_ in client.acknowledged], told)
    told.kills, told.acknowledged = kills, sum(len(client.acknowledged) for client in clients)
    told.retries = sum(client.retries for client in clients)
    told.refused = [str(one) for client in clients for one in client.refused][:5]
    told.seconds = round(time.monotonic() - begun, 1)
    return told


def _killed(running: Running, clients: Sequence[Client], chance: random.Random, told: Kills) -> Path:
    """Kill the service at a random moment; return a copy of what it left."""
    if chance.random() < DURING_START:
        told.during_start += 1
        time.sleep(chance.random())
    else:
        running.wait()
        wanted = sum(len(client.acknowledged) for client in clients) + chance.randint(0, MOST_BODIES) * made.ROWS
        until = time.monotonic() + PATIENCE_S
        while sum(len(client.acknowledged) for client in clients) < wanted and time.monotonic() < until:
            time.sleep(0.002)
        time.sleep(chance.random() * LONGEST_S)
    running.kill()
    copy = running.db.parent.with_name("killed")
    shutil.copytree(running.db.parent, copy)
    return copy


def _count(folder: Path, acknowledged: Sequence[str], told: Kills) -> None:
    store = Store(folder / "rca.duckdb")
    try:
        with store.reading() as warehouse:
            counts = Counter(made.found(warehouse.connection))
    finally:
        store.close()
    told.lost += sum(id_ not in counts for id_ in acknowledged)
    told.twice += sum(count > 1 for count in counts.values())
    bodies = Counter(body_of(id_) for id_ in counts)
    told.halves += sum(count not in (3, made.ROWS) for count in bodies.values())


def body_of(id_: str) -> tuple[str, int]:
    """Return which body a row came with."""
    number = int(id_[1:], 16 if id_[0] == "s" else 10)
    return id_[0], number // made.ROWS


def run(kills: int, damages: int, full: int, seed: int = 0) -> tuple[Kills, Damages, Full]:
    """Do all three in temporary folders, with a progress bar."""
    with tempfile.TemporaryDirectory() as place, Progress(transient=True) as progress:
        folder = Path(place)
        for name in ("kills", "damage", "full"):
            (folder / name).mkdir()
        return (
            kill_often(folder / "kills", kills, seed, progress) if kills else Kills(),
            damage(folder / "damage", damages, seed, progress) if damages else Damages(),
            fill_up(folder / "full", full, progress) if full else Full(),
        )


def main() -> int:
    """Print what came of it; 1 when anything was lost."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--damages", type=int, default=100)
    parser.add_argument("--full", type=int, default=3, help="how many times the disk runs full")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    kills, damages, full = run(options.kills, options.damages, options.full, options.seed)
    told = {"kills": asdict(kills), "damages": asdict(damages), "full": asdict(full)}
    if options.json:
        json.dump(told, sys.stdout, indent=1)
    else:
        for what, figures in told.items():
            print(what, "  ".join(f"{name} {value}" for name, value in figures.items()))
    return int(bool(kills.lost or kills.twice or kills.halves or damages.silent or full.lost or full.twice))


if __name__ == "__main__":
    sys.exit(main())
