"""The one thread that writes: what waits is taken together, committed, noted in the receipts, only then confirmed."""

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

import duckdb

from rca.errors import InputError, StorageError
from rca.ingest.session import OWN_FAULTS, Undone
from rca.live.delivery import Receipt
from rca.live.landing import land_batch, received
from rca.live.receipts import Receipts
from rca.live.spool import Spool, Spooled
from rca.live.waiting import Landing, Waiting, Work
from rca.profile import update_profile
from rca.warehouse import Warehouse

PROBE_EVERY_S = 1.0
"""After a fault it is tried so often whether something can be written again."""

PROFILE_EVERY_S = 2.0
"""So long after rows were landed they are in the profile at the latest, if the writer keeps up."""

PUT_OFF_S = 20.0
"""Instead of that, while something urgent goes on; an analysis brings the profile up to date itself."""

LOOK_AGAIN_S = 0.25
"""How often it is looked whether something urgent still goes on."""

CHECKPOINT_BYTES = 256_000_000
"""After so many bytes the database's own file takes over what its log of changes (WAL) and the spool hold."""


class Writer:
    """Owns the connection that writes.

    Parameters
    ----------
    changes
        How often something other than rows was written.
    reopen
        Opens the database anew when a fault (a full disk) has made the connection unusable.
    """

    def __init__(self, warehouse: Warehouse, spool: Spool, receipts: Receipts, reopen: Callable[[], Warehouse]) -> None:
        self.warehouse, self.spool, self.receipts, self._reopen = warehouse, spool, receipts, reopen
        self.waiting = Waiting()
        self.changes = 0
        self.fault: str | None = None
        self._unprofiled_since: float | None = None
        self._since_checkpoint = 0
        self._thread = threading.Thread(target=self._run, name="rca-writer", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Write what waits, and end."""
        self.waiting.end()
        self._thread.join()

    def _run(self) -> None:
        while True:
            item = self.waiting.take(self._patience())
            if isinstance(item, Work):
                self._work(item)
            elif item:
                begun = time.monotonic()
                self._land(item)
                self.waiting.rest(time.monotonic() - begun)
            elif self.waiting.over:
                self._end()
                return
            elif self.fault is not None:
                self._work(Work(lambda _warehouse: None))
            if self._profile_due():
                self._profile()
            if self._since_checkpoint >= CHECKPOINT_BYTES:
                self._checkpoint()

    def _end(self) -> None:
        """Do what was put off."""
        if self._unprofiled_since is not None:
            self._profile()
        self._checkpoint()

    def _patience(self) -> float | None:
        if self.fault is not None:
            return PROBE_EVERY_S
        if self._unprofiled_since is None:
            return None
        left = max(0.0, self._profiles_at(self._unprofiled_since) - time.monotonic())
        return min(left, LOOK_AGAIN_S) if self.waiting.urgent else left

    def _profile_due(self) -> bool:
        since = self._unprofiled_since
        return since is not None and time.monotonic() >= self._profiles_at(since)

    def _profiles_at(self, since: float) -> float:
        return since + (PUT_OFF_S if self.waiting.urgent else PROFILE_EVERY_S)

    def _work(self, item: Work) -> None:
        try:
            with self.warehouse.transaction():
                result = item.do(self.warehouse)
                number = _numbered(self.warehouse)
            self.receipts.append(number, ())
        except Exception as error:  # noqa: BLE001 - whoever waits is told, the writer goes on
            item.done.set_exception(self._told(error))
        else:
            self.fault = None
            self.changes += 1
            item.done.set_result(result)

    def _land(self, batch: Sequence[Landing]) -> None:
        try:
            fresh = self._fresh(batch)
            if fresh:
                self._land_together([items[0] for items in fresh.values()], fresh)
        except Exception as error:  # noqa: BLE001 - as above
            told = self._told(error)
            for item in batch:
                if not item.done.done():
                    item.done.set_exception(told)

    def _fresh(self, batch: Sequence[Landing]) -> dict[str, list[Landing]]:
        """Return key -> those that wait with it, where it is new; answer those that were received before."""
        waiting: dict[str, list[Landing]] = {}
        for item in batch:
            waiting.setdefault(item.delivery.key, []).append(item)
        self.receipts.write()
        known = received(self.warehouse, list(waiting))
        for key, items in list(waiting.items()):
            digest, receipt = known.get(key, (items[0].delivery.digest, None))
            for other in [item for item in items if item.delivery.digest != digest]:
                other.done.set_exception(reused())
                items.remove(other)
            if receipt:
                for item in waiting.pop(key):
                    item.done.set_result(receipt)
        return waiting

    def _land_together(self, firsts: Sequence[Landing], waiting: dict[str, list[Landing]]) -> None:
        number = 0
        try:
            with self.warehouse.transaction():
                number = _numbered(self.warehouse)
                files = self.spool.write(number, [first.delivery for first in firsts])
                told = self._landed(number, files)
        except Undone as error:
            self.spool.forget((number,))
            alone = len(firsts) == 1 and isinstance(error.cause, OWN_FAULTS)
            if alone or isinstance(error.cause, (duckdb.IOException, OSError)):
                raise error.cause from error
            self._land_apart(firsts, waiting, error)
            return
        except BaseException:
            self.spool.forget((number,))
            raise
        self.receipts.append(number, list(told))
        self.fault = None
        self._since_checkpoint += sum(first.delivery.size for first in firsts)
        if self._unprofiled_since is None:
            self._unprofiled_since = time.monotonic()
        for first in firsts:
            for item in waiting[first.delivery.key]:
                item.done.set_result(told[first.delivery.id])

    def _landed(self, number: int, files: Sequence[Spooled]) -> dict[str, Receipt]:
        return land_batch(self.warehouse, self.spool.folder, number, files)

    def _land_apart(self, firsts: Sequence[Landing], waiting: dict[str, list[Landing]], error: Undone) -> None:
        """Land deliveries one by one when they cannot be landed together, so that only the bad ones are refused."""
        if len(firsts) == 1:
            for item in waiting[firsts[0].delivery.key]:
                item.done.set_exception(InputError(f"the body {error.cause}"))
            return
        for first in firsts:
            self._land_together([first], waiting)

    def _profile(self) -> None:
        self._unprofiled_since = None
        try:
            update_profile(self.warehouse)
        except Exception as error:  # noqa: BLE001 - nobody waits; the rows are safe and profiled with the next ones
            self._told(error)

    def _checkpoint(self) -> None:
        """Let the database's own file hold everything; a reader at work only puts it off."""
        kept = self.spool.batches()
        last = self.receipts.last
        try:
            self.warehouse.connection.execute("CHECKPOINT")
        except duckdb.Error:
            self._since_checkpoint //= 2  # not again with the very next commit
            return
        self._since_checkpoint = 0
        self.spool.forget(batch for batch in kept if batch <= last)
        self.receipts.forget(last)

    def _told(self, error: Exception) -> Exception:
        """Return what whoever waits is told; where the connection has become unusable, the database is opened anew."""
        if not isinstance(error, (duckdb.Error, OSError)):
            return error
        self.fault = str(error).splitlines()[0][:300]
        fault = StorageError(f"could not be stored: {self.fault}", full=_is_full(error))
        fault.__cause__ = error
        if isinstance(error, duckdb.Error) and not _usable(self.warehouse):
            try:
                self.warehouse = self._reopen()
            except Exception as again:  # noqa: BLE001 - tried again with the next request
                self.fault = str(again)
        return fault


def _usable(warehouse: Warehouse) -> bool:
    """Return whether a connection still works after an error."""
    try:
        with suppress(duckdb.TransactionException):
            warehouse.connection.execute("ROLLBACK")
        last_commit(warehouse)
    except duckdb.Error:
        return False
    return True


def _numbered(warehouse: Warehouse) -> int:
    """Return the number of the commit under way, and write it down with it."""
    number = last_commit(warehouse) + 1
    warehouse.connection.execute("INSERT OR REPLACE INTO meta VALUES ('last_commit', ?)", [str(number)])
    return number


def last_commit(warehouse: Warehouse) -> int:
    """Return the number of the last commit that the database holds; 0 when no service has written to it."""
    row = warehouse.connection.execute("SELECT value FROM meta WHERE key = 'last_commit'").fetchone()
    return int(row[0]) if row else 0


def reused() -> InputError:
    """Return the refusal of other content under a key that was used before."""
    return InputError(
        "this idempotency key was used for other content",
        mend="use a new key for new content, and the same key only to send the same again",
    )


def _is_full(error: BaseException) -> bool:
    text = str(error).lower()
    return "no space left" in text or "disk is full" in text or "not enough space" in text
