"""Deliveries as files: those of one commit lie in one folder until the database's own file holds them.

Files are what every source is read from, so live data and files go one way. Bodies that may share a file do: a file
costs tens of milliseconds to land, whatever it holds.
"""

import json
import os
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from rca.live.delivery import Delivery, Lines

APART = ("predictions", "histograms")
"""Arrow tables of these are files of their own: their schema is evidence, and files of one schema are read together."""


MANIFEST = "deliveries.json"


@dataclass(frozen=True, slots=True)
class Part:
    """What is known of a delivery besides its content."""

    id: str
    key: str
    digest: str
    source: str
    node: str | None
    received_at: datetime
    rows: int


@dataclass(frozen=True, slots=True)
class Spooled:
    """One file of a batch, and the deliveries whose rows it holds, in that order."""

    path: Path
    parts: tuple[Part, ...]

    @property
    def source(self) -> str:
        """Return the source that its rows belong to."""
        return self.parts[0].source

    @property
    def node(self) -> str | None:
        """Return the model that the rows are of, if they are predictions."""
        return self.parts[0].node


class Spool:
    """A folder with a folder a batch."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(mode=0o700, exist_ok=True)

    def write(self, batch: int, deliveries: Sequence[Delivery]) -> tuple[Spooled, ...]:
        """Write the deliveries of a batch; when this returns, they are on disk.

        Raises
        ------
        OSError
            When the disk is full; nothing of the batch is left then.
        """
        folder = self.folder / str(batch)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700)
        try:
            files = tuple(_write(folder, number, parts) for number, parts in enumerate(_shared(deliveries)))
            _note(folder, files)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        return files

    def read(self, batch: int) -> tuple[Spooled, ...] | None:
        """Return the files of a batch, None when it is not here (any more)."""
        manifest = self.folder / str(batch) / MANIFEST
        if not manifest.exists():
            return None
        noted = json.loads(manifest.read_bytes())
        return tuple(
            Spooled(
                manifest.parent / name,
                tuple(Part(**part | {"received_at": datetime.fromisoformat(part["received_at"])}) for part in parts),
            )
            for name, parts in noted
        )

    def batches(self) -> tuple[int, ...]:
        """Return the numbers of the batches that are still here."""
        return tuple(sorted(int(entry.name) for entry in self.folder.iterdir() if entry.name.isdigit()))

    def forget(self, batches: Iterable[int]) -> None:
        """Remove batches."""
        for batch in batches:
            shutil.rmtree(self.folder / str(batch), ignore_errors=True)


def _shared(deliveries: Sequence[Delivery]) -> list[tuple[Delivery, ...]]:
    """Return the deliveries by file."""
    files: dict[object, list[Delivery]] = {}
    for delivery in deliveries:
        content = delivery.content
        if isinstance(content, Lines):
            key: object = (delivery.source, delivery.node, content.shape)
        else:
            alone = delivery.source in APART
            key = delivery.id if alone else (delivery.source, str(content.schema))
        files.setdefault(key, []).append(delivery)
    return [tuple(parts) for parts in files.values()]


def _write(folder: Path, number: int, parts: tuple[Delivery, ...]) -> Spooled:
    place = folder / parts[0].source
    place.mkdir(exist_ok=True)
    first = parts[0].content
    path = place / f"{number:05d}.{'jsonl' if isinstance(first, Lines) else 'parquet'}"
    with path.open("wb") as stream:
        if isinstance(first, Lines):
            for part in parts:
                stream.writelines(line + b"\n" for line in part.content.rows)
        else:
            tables = [part.content for part in parts]
            pq.write_table(pa.concat_tables(tables) if len(tables) > 1 else first, stream)
        stream.flush()
        os.fsync(stream.fileno())
    return Spooled(path, tuple(_part(part) for part in parts))


def _part(one: Delivery) -> Part:
    return Part(one.id, one.key, one.digest, one.source, one.node, one.received_at, one.rows)


def _note(folder: Path, files: Sequence[Spooled]) -> None:
    noted = [(file.path.relative_to(folder).as_posix(), [_noted(part) for part in file.parts]) for file in files]
    with (folder / MANIFEST).open("w") as stream:
        json.dump(noted, stream)
        stream.flush()
        os.fsync(stream.fileno())


def _noted(part: Part) -> dict[str, object]:
    return asdict(part) | {"received_at": part.received_at.isoformat()}
