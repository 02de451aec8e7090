"""Explain all incidents of one database in several processes, each over the same snapshot of it."""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from rankers.proposed import Proposed
from rca.analyse import Progress, examine, keep_answer
from rca.errors import InputError
from rca.ingest.documents import load_incidents, load_system
from rca.profile import update_profile
from rca.review.choice import Asked, Choice, choose
from rca.warehouse import Warehouse
from schemas.analysis import Analysis
from schemas.incident import Incident

AT_A_TIME = 8
"""Incidents that a process takes at once: it opens the snapshot once for all of them."""


def analyse_many(db: Path, jobs: int, *, ranker: Asked = "auto", progress: Progress | None = None) -> list[Analysis]:
    """Explain all incidents of a database; every answer is kept in it under its `id`.

    The profile is brought up to date first. Then the file is read by the processes alone, and written again when all
    answers are there.

    Parameters
    ----------
    jobs
        Processes; each takes one core.

    Raises
    ------
    InputError
        When the database is not there, holds no incident, or one of them cannot be explained.
    """
    if not db.exists():
        raise InputError("no such database", file=db, mend="make it with rca ingest BUNDLE --db FILE")
    with Warehouse(db) as warehouse:
        update_profile(warehouse, progress)
        incidents, chosen = load_incidents(warehouse), choose(warehouse, ranker)
    if not incidents:
        raise InputError("no incident to explain", file=db, mend="give --node, --metric, --detected-at")
    chunks = [incidents[start : start + AT_A_TIME] for start in range(0, len(incidents), AT_A_TIME)]
    found: list[tuple[Analysis, Proposed]] = []
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        for answers in pool.map(partial(_examine, db, chosen), chunks):
            found += answers
            if progress:
                progress("explaining incidents", len(found), len(incidents))
    with Warehouse(db) as warehouse, warehouse.transaction():
        return [keep_answer(warehouse, answer, proposed, chosen) for answer, proposed in found]


def _examine(db: Path, ranker: Choice, incidents: tuple[Incident, ...]) -> list[tuple[Analysis, Proposed]]:
    return list(_examined(db, ranker, incidents))


def _examined(db: Path, ranker: Choice, incidents: tuple[Incident, ...]) -> Iterator[tuple[Analysis, Proposed]]:
    with Warehouse.snapshot(db) as warehouse:
        system = load_system(warehouse)
        for incident in incidents:
            yield examine(warehouse, incident, ranker, system=system, timings_ms={"ingest": 0.0, "profile": 0.0})
