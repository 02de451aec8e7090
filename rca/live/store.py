"""The store of a running service: everything written goes through one writer, everything read through readers."""

import threading
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar, cast

from rca.errors import LostWrites, StorageError, WarehouseError
from rca.live.anew import written_anew
from rca.live.delivery import Delivery, Receipt
from rca.live.gate import Gate
from rca.live.landing import land_batch
from rca.live.receipts import Receipts
from rca.live.spool import Spool
from rca.live.waiting import Landing, Work
from rca.live.writer import Writer, last_commit
from rca.profile import update_profile
from rca.warehouse import Warehouse

Result = TypeVar("Result")

MOST_REMEMBERED = 500
"""Answers kept in memory."""

MOST_WAITING_BYTES = 256_000_000
"""So many bytes of deliveries wait at most; from then on senders are asked to come back later."""


class Store:
    """The database of a running service, which owns its file until `close`.

    Beside `rca.duckdb` lie `rca.receipts` (which commits were acknowledged), `rca.spool/` (deliveries that only the
    log of changes holds so far) and `rca.backups/`; SQL can reach no other file.

    Parameters
    ----------
    path
        The database file; it is made when it is not there.
    accept_loss
        Go on with a database that holds less than was acknowledged.

    Raises
    ------
    WarehouseError
        When the file cannot be opened, another process holds it, or newer code wrote it.
    LostWrites
        When it holds less than was acknowledged, and the spool cannot make up for it: says what is lost.
    """

    def __init__(self, path: Path, *, accept_loss: bool = False) -> None:
        self.path = path.resolve()
        self.backups = self.path.with_suffix(".backups")
        warehouse = written_anew(self.path, _opened(self.path, accept_loss=accept_loss))
        self._generation, self._closed, self._gate = 0, False, Gate()
        self._given_back = False
        self._local = threading.local()
        self._memory: dict[Hashable, tuple[int, object]] = {}
        self._remembering = threading.Lock()
        self._spool = Spool(self.path.with_suffix(".spool"))
        try:
            receipts = _receipts(self.path.with_suffix(".receipts"), accept_loss=accept_loss)
            self.recovered = _recover(warehouse, self._spool, receipts, accept_loss=accept_loss)
            _note_unnoted(warehouse, receipts)
        except BaseException:
            warehouse.close()
            raise
        self._confine(warehouse)
        self._warehouse = warehouse
        self._writer = Writer(warehouse, self._spool, receipts, self._reopen)
        self._receipts = receipts

    def land(self, delivery: Delivery) -> "Future[Receipt]":
        """Queue a delivery; its future gives the receipt once it is on disk.

        Raises
        ------
        StorageError
            When too much waits already.
        """
        if self._writer.waiting.bytes > MOST_WAITING_BYTES:
            raise StorageError("too much waits to be written")
        item = Landing(delivery)
        self._writer.waiting.put(item)
        return item.done

    def write(self, do: Callable[[Warehouse], Result]) -> "Future[Result]":
        """Queue a function that writes to the database; its future gives what it returned, once that is on disk."""
        item = Work(do)
        self._writer.waiting.put(item)
        return item.done

    @contextmanager
    def making_room(self) -> Iterator[None]:
        """Let rows that are landed give way while the block runs: half the time at most, and their counts wait."""
        with self._writer.waiting.making_room():
            yield

    @contextmanager
    def reading(self) -> Iterator[Warehouse]:
        """Give the database to read from, over a connection of the calling thread's own.

        Raises
        ------
        StorageError
            When the database cannot be opened anew after a fault.
        """
        with self._gate.entered():
            if getattr(self._local, "generation", None) != self._generation:
                if self._closed:
                    raise StorageError(f"cannot be read: {self.fault}")
                self._local.generation, self._local.reader = self._generation, self._warehouse.reader()
            reader: Warehouse = self._local.reader
            try:
                yield reader
            finally:
                reader.release()

    def remembered(self, key: Hashable, read: Callable[[Warehouse], Result]) -> Result:
        """Return what a function reads, or read before under the same key if only rows have been landed since.

        Parameters
        ----------
        read
            Reads neither rows that are landed nor the clock.
        """
        changes = self._writer.changes
        with self._remembering:
            known = self._memory.get(key)
            if known is not None and known[0] == changes:
                return cast("Result", known[1])
        with self.reading() as warehouse:
            found = read(warehouse)
        with self._remembering:
            if len(self._memory) >= MOST_REMEMBERED:
                self._memory.clear()
            self._memory[key] = changes, found
        return found

    @property
    def waiting_bytes(self) -> int:
        """Return how many bytes of deliveries wait to be written."""
        return self._writer.waiting.bytes

    @property
    def fault(self) -> str | None:
        """Return why nothing can be written at the moment, if so."""
        return self._writer.fault

    def close(self) -> None:
        """Write what waits, and give the file back; once more does nothing."""
        if self._given_back:
            return
        self._given_back = True
        self._writer.stop()
        self._writer.warehouse.close()
        self._receipts.close()

    def _confine(self, warehouse: Warehouse) -> None:
        self.backups.mkdir(mode=0o700, exist_ok=True)
        warehouse.confine([self._spool.folder, self.backups])

    def _reopen(self) -> Warehouse:
        """Open the database anew after a fault, while nobody reads; readers follow with their next look."""
        with self._gate.closed():
            self._warehouse.close()
            self._closed = True
            self._generation += 1
            self._warehouse = Warehouse(self.path)
            self._confine(self._warehouse)
            self._closed = False
        return self._warehouse


def _opened(path: Path, *, accept_loss: bool) -> Warehouse:
    """Open the database; a log of changes that cannot be replayed is put aside when a loss is accepted."""
    try:
        return Warehouse(path)
    except WarehouseError as error:
        log = path.with_name(f"{path.name}.wal")
        if "WAL" not in str(error) or not log.exists():
            raise
        if not accept_loss:
            raise LostWrites(
                f"{error}: its log of changes is damaged; restore a backup (rca restore), or start once with "
                "--accept-loss: that puts the log aside and lands again what the spool holds"
            ) from error
        log.replace(log.with_name(f"{log.name}.damaged"))
        return Warehouse(path)


def _receipts(path: Path, *, accept_loss: bool) -> Receipts:
    try:
        return Receipts(path)
    except LostWrites:
        if not accept_loss:
            raise
        path.replace(path.with_suffix(".receipts.damaged"))
        return Receipts(path)


def _recover(warehouse: Warehouse, spool: Spool, receipts: Receipts, *, accept_loss: bool) -> tuple[int, ...]:
    """Land again what the spool still holds of commits that the database has lost; return their numbers."""
    held, last = last_commit(warehouse), receipts.last
    missing = {entry.batch: entry.deliveries for entry in receipts.entries if entry.batch > held}
    if not missing:
        return ()
    spooled = {batch: spool.read(batch) for batch, deliveries in missing.items() if deliveries}
    found = {batch: files for batch, files in spooled.items() if files is not None}
    lost = sorted(set(missing) - set(found))
    if lost and not accept_loss:
        rows = [f"{batch} ({len(missing[batch]) or 'no'} deliveries)" for batch in lost[:5]]
        raise LostWrites(
            f"{warehouse_name(spool)}: {len(lost)} acknowledged commits are not in the database any more, the first of "
            f"them {', '.join(rows)}: its log of changes was cut off or it is an old copy; restore a backup (rca "
            "restore), or go on with what is there by --accept-loss"
        )
    with warehouse.transaction():
        for batch, files in found.items():
            land_batch(warehouse, spool.folder, batch, files)
        warehouse.connection.execute("INSERT OR REPLACE INTO meta VALUES ('last_commit', ?)", [str(last)])
    update_profile(warehouse)
    return tuple(found)


def _note_unnoted(warehouse: Warehouse, receipts: Receipts) -> None:
    """Note commits that the service ended before it could note: who sends them again is told that they are there."""
    unnoted = warehouse.connection.execute(
        """SELECT batch, list(id) FROM (
               SELECT batch, id FROM deliveries WHERE batch > $1 UNION ALL
               SELECT CAST(value AS BIGINT), NULL FROM meta WHERE key = 'last_commit' AND CAST(value AS BIGINT) > $1)
           GROUP BY batch ORDER BY batch""",
        [receipts.last],
    ).fetchall()
    for batch, ids in unnoted:
        receipts.append(batch, [id_ for id_ in ids if id_ is not None])


def warehouse_name(spool: Spool) -> str:
    """Return the name of the database that a spool belongs to."""
    return spool.folder.with_suffix(".duckdb").name
