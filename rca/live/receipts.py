"""The receipts: which commits were acknowledged, kept and fsynced apart from the database.

DuckDB opens a log of changes (WAL) that was cut off without a word, whole commits missing. So every commit of the
service has a number, which is in the database with what was committed, and, before anybody is told of it, in this file.
A database whose last number is behind has lost something.
"""

import json
import os
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rca.errors import LostWrites

KEPT_BYTES = 4_000_000
"""From this size on a file is cut down to its last line, when what came before is safe."""


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """One line: the number of a commit, and the deliveries that came with it."""

    batch: int
    deliveries: tuple[str, ...]


class Receipts:
    """The file of receipts; one writer at a time.

    Raises
    ------
    LostWrites
        When a line other than the last is damaged. A last line that breaks off belongs to a commit that nobody was
        told of.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.entries, whole = _read(path)
        self._unwritten: list[Acknowledged] = []
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        if whole < os.fstat(self._file).st_size:
            os.ftruncate(self._file, whole)
        _sync_folder(path)

    @property
    def last(self) -> int:
        """Return the number of the last acknowledged commit; 0 when there is none."""
        return self.entries[-1].batch if self.entries else 0

    def append(self, batch: int, deliveries: Sequence[str]) -> None:
        """Note a commit; when this returns, the note is on disk, with those that could not be written before."""
        self._unwritten.append(Acknowledged(batch, tuple(deliveries)))
        self.write()

    def write(self) -> None:
        """Write the notes that could not be written before: what they are of is committed, but nobody may be told.

        Raises
        ------
        OSError
            When they cannot be written now either, as on a full disk.
        """
        if not self._unwritten:
            return
        before = os.fstat(self._file).st_size
        try:
            _write_all(self._file, b"".join(map(_line, self._unwritten)))
            os.fsync(self._file)
        except OSError:
            os.ftruncate(self._file, before)
            raise
        self.entries.extend(self._unwritten)
        self._unwritten.clear()

    def forget(self, through: int) -> None:
        """Keep only the last line when all up to it is safe in the database's own file, and the file has grown."""
        if self.last > through or os.fstat(self._file).st_size < KEPT_BYTES:
            return
        fresh = self.path.with_suffix(".new")
        with fresh.open("wb") as stream:
            stream.write(_line(self.entries[-1]))
            stream.flush()
            os.fsync(stream.fileno())
        fresh.replace(self.path)
        _sync_folder(self.path)
        os.close(self._file)
        self._file = os.open(self.path, os.O_WRONLY | os.O_APPEND)
        self.entries = self.entries[-1:]

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)


def _line(entry: Acknowledged) -> bytes:
    said = json.dumps([entry.batch, *entry.deliveries], separators=(",", ":"))
    return f"{said} {zlib.crc32(said.encode()):08x}\n".encode()


def _read(path: Path) -> tuple[list[Acknowledged], int]:
    """Return the lines, and how many bytes of whole lines there are."""
    if not path.exists():
        return [], 0
    content = path.read_bytes()
    entries: list[Acknowledged] = []
    place = 0
    for number, line in enumerate(content.splitlines(keepends=True), 1):
        entry = _parsed(line)
        if entry is None and place + len(line) < len(content):
            raise LostWrites(
                f"{path}: line {number} of the receipts is damaged, so it cannot be told whether the database holds "
                "all that was acknowledged; restore a backup (rca restore), or accept what is there with --accept-loss"
            )
        if entry is None:
            break
        entries.append(entry)
        place += len(line)
    return entries, place


def _parsed(line: bytes) -> Acknowledged | None:
    try:
        said, check = line.decode().rsplit(" ", 1)
        if not check.endswith("\n") or int(check, 16) != zlib.crc32(said.encode()):
            return None
        batch, *deliveries = json.loads(said)
        return Acknowledged(int(batch), tuple(map(str, deliveries)))
    except ValueError:
        return None


def _write_all(file: int, content: bytes) -> None:
    while content:
        content = content[os.write(file, content) :]


def _sync_folder(path: Path) -> None:
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
