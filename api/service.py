"""What the routes of one project share: its store, its jobs, its settings."""

import hashlib
import json
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from api.caller import Caller
from api.decode.otlp_metrics import Growth
from api.herald import Herald
from api.keeping import Keeping
from api.notify import Notifier
from api.oidc import OidcLogin
from api.one_by_one import OneByOne
from api.problems import Problem
from api.settings import Settings
from rca.analyse import examine, keep_answer
from rca.incidents import handled
from rca.ingest.documents import load_system
from rca.live.audit import Entry, note_request
from rca.live.jobs import Job, Jobs, Progress
from rca.live.store import Store
from rca.live.tokens import secured
from rca.profile import update_profile
from rca.review.choice import choose
from rca.review.training import train
from rca.warehouse import Warehouse
from schemas.analysis import Analysis

Result = TypeVar("Result")
Answer = tuple[int, Any, dict[str, str]]
"""Status, JSON data, headers."""

REPLAYED = {"Idempotency-Replayed": "true"}
ANSWERS_KEPT = timedelta(days=2)


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Service:
    """One project while it is served.

    Parameters
    ----------
    now
        The clock.
    """

    store: Store
    settings: Settings
    now: Callable[[], datetime] = _now
    growth: Growth = field(default_factory=Growth)
    jobs: Jobs = field(init=False)
    keys: OneByOne = field(default_factory=OneByOne)
    keeping: Keeping = field(init=False)
    herald: Herald = field(init=False)
    login: OidcLogin | None = field(init=False)

    def __post_init__(self) -> None:
        self.herald = Herald(self, Notifier(self.settings.notify, self.settings.public_url))
        self.login = OidcLogin(self.settings.oidc) if self.settings.oidc else None
        self.keeping = Keeping(self)
        kinds = {"analyze": self._analyze, "train": self._train, **self.keeping.kinds}
        self.jobs = Jobs(self.store, kinds, self.now)

    @property
    def secured(self) -> bool:
        """Return whether nobody gets in without saying who they are: a token was made, or people can log in."""
        return self.login is not None or self.store.remembered("secured", secured)

    def change(
        self,
        caller: Caller,
        do: Callable[[Warehouse], Result],
        *,
        detail: str | None = None,
        status: int = 200,
    ) -> Result:
        """Change something and note who did, both or neither; when this returns, it is on disk."""
        entry = caller.entry(self.now(), status, detail)

        def do_and_note(warehouse: Warehouse) -> Result:
            result = do(warehouse)
            note_request(warehouse, entry)
            return result

        result = self.store.write(do_and_note).result()
        self.herald.look()
        return result

    def change_once(
        self,
        caller: Caller,
        key: str | None,
        said: Any,
        do: Callable[[Warehouse], Result],
        answer: Callable[[Result], Answer],
        *,
        detail: str,
        status: int = 201,
    ) -> Answer:
        """Change something, note who did, and keep the answer under an idempotency key: all of it or nothing.

        Parameters
        ----------
        said
            What the request says, as JSON data: other content under the same key is refused.
        answer
            Result of the change -> (status, JSON data, headers).
        """
        known = _Key.of(caller, key, said) if key is not None else None

        def do_and_keep(warehouse: Warehouse) -> Answer:
            before = known and known.answer(warehouse)
            if before:
                return before
            result = do(warehouse)
            note_request(warehouse, caller.entry(self.now(), status, detail))
            told = answer(result)
            if known:
                known.keep(warehouse, told, self.now())
            return told

        told = self.store.write(do_and_keep).result()
        self.herald.look()
        return told

    def told(self, event: str, data: Mapping[str, Any]) -> None:
        """Tell whoever wants to hear of it that something happened."""
        self.herald.tell(event, data)

    def refused(self, caller: Caller, status: int, why: str) -> "Future[None]":
        """Note a refusal."""
        entry: Entry = caller.entry(self.now(), status, why)
        return self.store.write(lambda warehouse: note_request(warehouse, entry))

    def start_once(self, caller: Caller, key: str | None, kind: str, parameters: Mapping[str, Any]) -> tuple[Job, bool]:
        """Start a job, or find the one that was started under the same idempotency key.

        The key is on disk with the job, both or neither: a retry after a kill finds it.

        Returns
        -------
        The job, and whether it was there before.
        """
        if key is None:
            return self.jobs.start(kind, parameters, caller.account), False
        known = _Key.of(caller, key, [kind, parameters])
        with self.keys.alone(known.name):
            with self.store.reading() as warehouse:
                before = known.answer(warehouse)
            if before:
                return self.jobs.again(before[1]["id"]), True

            def keep(warehouse: Warehouse, job: Job) -> None:
                known.keep(warehouse, (202, {"id": job.id}, {}), self.now())

            return self.jobs.start(kind, parameters, caller.account, keep), False

    def close(self) -> None:
        """End what runs, write what waits."""
        self.jobs.close()
        self.herald.close()
        self.store.close()

    def _analyze(self, parameters: Mapping[str, Any], _account: str, progress: Progress) -> Any:
        name = str(parameters["incident"])
        with self.store.making_room():
            kept = self._explained(name, parameters.get("ranker", "auto"), progress)
        first = kept.causes[0] if kept.causes else None
        told = {
            "incident": name,
            "analysis": kept.id,
            "first": first.model_dump(mode="json", include={"family", "node", "subject", "confidence", "summary"})
            if first
            else None,
            "none_of_these": kept.none_of_these,
        }
        self.told("analysis.ready", told)
        return told

    def _explained(self, name: str, ranker_kind: Any, progress: Progress) -> Analysis:
        progress("bringing the profile up to date", 0, 3)
        self.store.write(update_profile).result()
        progress(f"explaining {name}", 1, 3)
        with self.store.reading() as warehouse:
            incident = handled(warehouse, name).incident
            ranker = choose(warehouse, ranker_kind)
            answer, proposed = examine(warehouse, incident, ranker, system=load_system(warehouse))
        progress("keeping the answer", 2, 3)
        return self.store.write(lambda warehouse: keep_answer(warehouse, answer, proposed, ranker)).result()

    def _train(self, parameters: Mapping[str, Any], account: str, progress: Progress) -> Any:
        progress("learning", 0, 1)
        with self.store.reading() as warehouse:  # learning takes seconds, in which others write
            report = train(
                warehouse,
                who=account,
                dry_run=bool(parameters.get("dry_run")),
                write=lambda do: self.store.write(do).result(),
            )
        return report.as_json()


@dataclass(frozen=True, slots=True)
class _Key:
    """An idempotency key of one account, and the digest of the request that came with it."""

    name: str
    digest: str

    @classmethod
    def of(cls, caller: Caller, key: str, said: Any) -> "_Key":
        whole = json.dumps([caller.method, caller.path, said], sort_keys=True, default=str)
        return cls(json.dumps([caller.account, key]), hashlib.sha256(whole.encode()).hexdigest())

    def answer(self, warehouse: Warehouse) -> Answer | None:
        """Return the answer that was given before, if one was."""
        row = warehouse.connection.execute(
            "SELECT digest, status, body, headers FROM answered WHERE key = ?", [self.name]
        ).fetchone()
        if row is None:
            return None
        if row[0] != self.digest:
            raise Problem(422, "idempotency-key", "this Idempotency-Key was used for another request; use a new one")
        return row[1], json.loads(row[2]), json.loads(row[3]) | REPLAYED

    def keep(self, warehouse: Warehouse, told: Answer, now: datetime) -> None:
        """Keep an answer, and those of the last days alone."""
        (status, body, headers), at = told, now.replace(tzinfo=None)
        warehouse.connection.execute(
            "INSERT OR IGNORE INTO answered VALUES (?, ?, ?, ?, ?, ?)",
            [self.name, self.digest, status, json.dumps(headers), json.dumps(body), at],
        )
        warehouse.connection.execute("DELETE FROM answered WHERE noted_at < ?", [at - ANSWERS_KEPT])
