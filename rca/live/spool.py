"""Deliveries as files: those of one commit lie in one folder until the database's own file holds them.

Files are what every source is read from, so live data and files go one way. Bodies that may share a file do: a file
costs tens of milliseconds to land, whatever it holds.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

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
    """One file of a batch, its content's digest, and the deliveries whose rows it holds, in that order."""

    path: Path
    digest: str
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
        """Return the files of a batch, None when it is not here (any more), or not as it was written."""
        folder = self.folder / str(batch)
        try:
            check, _, noted = (folder / MANIFEST).read_text().partition("\n")
            if check != _digest(noted.encode()):
                return None
            files = tuple(_spooled(folder, file) for file in json.loads(noted))
            return files if all(file.digest == _digest(file.path.read_bytes()) for file in files) else None
        except (OSError, UnicodeDecodeError):
            return None

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
    content = _joined(parts)
    _write_synced(path, content)
    return Spooled(path, _digest(content), tuple(_part(part) for part in parts))


def _joined(parts: Sequence[Delivery]) -> bytes | memoryview:
    """Return what the file of deliveries of one kind holds."""
    contents = [part.content for part in parts]
    if isinstance(contents[0], Lines):
        return b"".join(line + b"\n" for content in contents for line in content.rows)
    sink = pa.BufferOutputStream()
    whole = pa.concat_tables(contents) if len(contents) > 1 else contents[0]
    pq.write_table(whole, sink, compression="lz4", use_dictionary=False, write_statistics=False)
    return memoryview(sink.getvalue())


def _write_synced(path: Path, content: bytes | memoryview) -> None:
    with path.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


def _digest(content: bytes | memoryview) -> str:
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def _part(one: Delivery) -> Part:
    return Part(one.id, one.key, one.digest, one.source, one.node, one.received_at, one.rows)


def _note(folder: Path, files: Sequence[Spooled]) -> None:
    """Write which files a folder holds, below a digest of that."""
    noted = json.dumps(
        [
            [file.path.relative_to(folder).as_posix(), file.digest, [_noted(part) for part in file.parts]]
            for file in files
        ]
    )
    _write_synced(folder / MANIFEST, f"{_digest(noted.encode())}\n{noted}".encode())


def _noted(part: Part) -> dict[str, object]:
    return asdict(part) | {"received_at": part.received_at.isoformat()}


def _spooled(folder: Path, noted: tuple[str, str, Sequence[dict[str, Any]]]) -> Spooled:
    name, digest, parts = noted
    return Spooled(
        folder / name,
        digest,
        tuple(Part(**part | {"received_at": datetime.fromisoformat(part["received_at"])}) for part in parts),
    )
