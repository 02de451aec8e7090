"""Long work: queued, done one at a time beside the requests, and done again when the service ended meanwhile."""

import json
import threading
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal

from rca.errors import InputError, RcaError, UnknownName
from rca.live.store import Store
from rca.warehouse import Warehouse

State = Literal["queued", "running", "done", "failed"]
Progress = Callable[[str, int, int], None]
Run = Callable[[Mapping[str, Any], str, Progress], Any]
"""Do the work of a kind of job with (parameters, account, progress); return its result as JSON data."""
Keep = Callable[[Warehouse, "Job"], None]


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of work. `progress` is (what is being done, done, of how many)."""

    id: str
    kind: str
    account: str
    parameters: Mapping[str, Any]
    state: State
    made_at: datetime
    ended_at: datetime | None = None
    result: Any = None
    error: str | None = None
    progress: tuple[str, int, int] | None = None


class Jobs:
    """The jobs of one store.

    Parameters
    ----------
    kinds
        Kind of job -> what does it.
    now
        The clock.
    """

    def __init__(self, store: Store, kinds: Mapping[str, Run], now: Callable[[], datetime]) -> None:
        self._store, self._kinds, self._now = store, kinds, now
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="rca-job")
        self._live: dict[str, Job] = {}
        self._ends: dict[str, Future[Job]] = {}
        self._lock = threading.Lock()
        with store.reading() as warehouse:
            left = _read(warehouse, "state IN ('queued', 'running')")
        for job in left:
            self._queue(job)

    def start(self, kind: str, parameters: Mapping[str, Any], account: str, keep: Keep | None = None) -> Job:
        """Queue a job; when this returns it is on disk. The same work that is queued already is not queued twice.

        Parameters
        ----------
        keep
            Writes down what is told of the job: it is on disk with the job, both or neither.

        Raises
        ------
        InputError
            When there is no such kind of job.
        """
        if kind not in self._kinds:
            raise InputError(f"unknown kind of job {kind!r}", mend=f"give one of {', '.join(self._kinds)}")
        new = Job(uuid.uuid4().hex, kind, account, dict(parameters), "queued", self._now())

        def note(warehouse: Warehouse) -> Job:
            job = self._waiting_like(new)
            if job is None:
                job = new
                _insert(warehouse, job)
            if keep:
                keep(warehouse, job)
            return job

        job = self._store.write(note).result()
        if job is new:
            self._queue(job)
        return job

    def wait(self, key: str, seconds: float) -> Job:
        """Return a job when it has ended, or as it is after so many seconds."""
        end = self._ends.get(key)
        if end is not None:
            try:
                return end.result(timeout=seconds)
            except TimeoutError:
                pass
        return self.find(key)

    def find(self, key: str) -> Job:
        """Return a job.

        Raises
        ------
        UnknownName
            When there is none.
        """
        live = self._live.get(key)
        if live is not None:
            return live
        with self._store.reading() as warehouse:
            found = _read(warehouse, "id = ?", key)
        if not found:
            raise UnknownName("job", key, self._live)
        return found[0]

    def again(self, key: str) -> Job:
        """Return a job that is asked for once more; one that is on disk, but could not be confirmed, is queued now.

        Raises
        ------
        UnknownName
            When there is none.
        """
        job = self.find(key)
        if job.state == "queued" and key not in self._live:
            self._queue(job)
        return job

    def latest(self, limit: int = 50) -> tuple[Job, ...]:
        """Return the latest jobs, the newest first."""
        with self._store.reading() as warehouse:
            found = _read(warehouse, f"true ORDER BY made_at DESC LIMIT {int(limit)}")
        return tuple(self._live.get(job.id, job) for job in found)

    def close(self) -> None:
        """End after the job that runs; what is queued is done at the next start."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _waiting_like(self, job: Job) -> Job | None:
        """Return the job that waits with the same work to do, if one does."""
        with self._lock:
            same = (one for one in self._live.values() if (one.kind, one.parameters) == (job.kind, job.parameters))
            return next((one for one in same if one.state == "queued"), None)

    def _queue(self, job: Job) -> None:
        with self._lock:
            self._live[job.id] = replace(job, state="queued")
            self._ends[job.id] = self._pool.submit(self._do, job)

    def _do(self, job: Job) -> Job:
        self._live[job.id] = replace(job, state="running")

        def progress(what: str, done: int, of: int) -> None:
            self._live[job.id] = replace(self._live[job.id], progress=(what, done, of))

        try:
            ended = replace(job, state="done", result=self._run_of(job)(job.parameters, job.account, progress))
        except RcaError as error:
            ended = replace(job, state="failed", error=str(error))
        except Exception as error:  # noqa: BLE001 - a job's fault is told by the job
            ended = replace(job, state="failed", error=f"a fault of rca itself: {type(error).__name__}: {error}"[:500])
        ended = replace(ended, ended_at=self._now())
        self._live[job.id] = ended
        self._store.write(lambda warehouse: _end(warehouse, ended)).result()
        with self._lock:
            self._live.pop(job.id, None)
            self._ends.pop(job.id, None)
        return ended

    def _run_of(self, job: Job) -> Run:
        if job.kind not in self._kinds:
            raise InputError(f"this version knows no job of kind {job.kind!r}")
        return self._kinds[job.kind]


def _insert(warehouse: Warehouse, job: Job) -> None:
    warehouse.connection.execute(
        "INSERT INTO jobs VALUES (?, ?, ?, ?, 'queued', ?, NULL, NULL, NULL)",
        [job.id, job.kind, job.account, json.dumps(job.parameters), _naive(job.made_at)],
    )


def _end(warehouse: Warehouse, job: Job) -> None:
    warehouse.connection.execute(
        "UPDATE jobs SET state = ?, ended_at = ?, result = ?, error = ? WHERE id = ?",
        [job.state, _naive(job.ended_at), json.dumps(job.result), job.error, job.id],
    )


def _read(warehouse: Warehouse, where: str, *values: str) -> tuple[Job, ...]:
    rows = warehouse.connection.execute(
        f"SELECT id, kind, account, parameters, state, made_at, ended_at, result, error FROM jobs WHERE {where}",
        list(values),
    ).fetchall()
    return tuple(
        Job(key, kind, who, json.loads(told), state, _aware(made), _aware(ended), json.loads(result or "null"), error)
        for key, kind, who, told, state, made, ended, result, error in rows
    )


def _naive(moment: datetime | None) -> datetime | None:
    return moment.astimezone(UTC).replace(tzinfo=None) if moment else None


def _aware(moment: datetime | None) -> Any:
    return moment.replace(tzinfo=UTC) if moment else None
