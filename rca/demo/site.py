"""The database of `rca demo --serve`: twelve weeks of real bookings with what broke, explained and partly reviewed."""

# ruff: noqa: PLC0415 - importing the demo is cheap: heavy libraries are loaded by the functions that need them

import shutil
from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from rca.errors import InputError

if TYPE_CHECKING:
    from rca.demo.season import Report
    from rca.warehouse import Warehouse
    from schemas.analysis import Analysis
    from schemas.incident import Incident

DATABASE = "rca.duckdb"
MARKER = ".rca-demo-site"
"""Marks a finished folder that this module made; it says which build of the demo."""

BUILD = "3"
SEED, ROWS = 8, 40_000
STEPS = 7
"""Steps besides one for each incident."""

SATURDAY = 5
EXPLAINED_AFTER = timedelta(minutes=4)

Progress = Callable[[str, int, int], None]


def make_site(
    folder: Path, now: datetime, progress: Progress | None = None, *, only: Collection[str] | None = None
) -> Path:
    """Return the demo's database in a folder; it is built unless it is there already.

    Parameters
    ----------
    folder
        Made if missing. A build that was interrupted is begun anew.
    now
        The log ends on the last Saturday noon before it, so that the incidents look recent.
    progress
        Called with what is being done, how many steps are done, and how many there are.
    only
        Ids of the incidents to explain; default: all.

    Raises
    ------
    InputError
        When the folder is a file, or holds something that this function did not make.
    """
    if _is_made(folder):
        return folder / DATABASE
    building = folder / "building"
    shutil.rmtree(building, ignore_errors=True)
    building.mkdir(parents=True)
    _build(building, now, progress or (lambda _stage, _done, _total: None), only)
    for part in sorted(building.iterdir()):
        part.replace(folder / part.name)
    building.rmdir()
    (folder / MARKER).write_text(BUILD + "\n", encoding="utf-8")
    return folder / DATABASE


def _is_made(folder: Path) -> bool:
    if folder.exists() and not folder.is_dir():
        raise InputError("is a file", file=folder, mend="give another folder with --dir")
    marker = folder / MARKER
    if marker.exists() and (folder / DATABASE).exists():
        if marker.read_text(encoding="utf-8").strip() != BUILD:
            raise InputError("was made by another version of the demo", file=folder, mend="remove it, or give --dir")
        return True
    names = {path.name for path in folder.iterdir()} if folder.exists() else set()
    if names - {"building", MARKER}:
        raise InputError("is not empty and was not made by `rca demo --serve`", file=folder, mend="give another --dir")
    return False


def end_of_log(now: datetime) -> datetime:
    """Return the last Saturday noon (UTC) before a moment."""
    day = now.astimezone(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
    day -= timedelta(days=(day.weekday() - SATURDAY) % 7)
    return day if day <= now else day - timedelta(days=7)


def _build(folder: Path, now: datetime, progress: Progress, only: Collection[str] | None) -> None:
    from rca.demo.bundle import write_world
    from rca.demo.cascade import train
    from rca.demo.hotel import HOTEL
    from rca.demo.reviewing import reviewed
    from rca.demo.season import DAYS, SEASON, season_of
    from rca.demo.simulate import simulate
    from rca.ingest import ingest_bundle
    from rca.profile import update_profile
    from rca.warehouse import Warehouse

    end = end_of_log(now)
    start = end - timedelta(days=DAYS)
    reports = [report for report in SEASON if only is None or report.name in only]
    stages = iter(range(STEPS + len(reports)))
    total = STEPS + len(reports)

    def tell(stage: str) -> None:
        progress(stage, next(stages), total)

    tell("training two models on hotel bookings")
    cascade = train(HOTEL)
    tell("serving twelve weeks of traffic")
    scenario = season_of(start.date().isoformat())
    world = simulate(cascade, scenario, SEED, ROWS)
    tell("writing the logs")
    write_world(folder / "logs", scenario, world)
    (folder / "logs" / "incident.json").unlink()
    with Warehouse(folder / DATABASE) as warehouse:
        tell("landing them")
        ingest_bundle(warehouse, folder / "logs")
        tell("counting")
        update_profile(warehouse)
        answers = {}
        for report in reports:
            tell(f"explaining {report.name}: {report.title}")
            answers[report.name] = _explained(warehouse, report, end)
        tell("reviewing")
        reviewed(warehouse, answers, end, now)
        tell("ready")


def _explained(warehouse: "Warehouse", report: "Report", end: datetime) -> "Analysis":
    """Open an incident as it was reported, and explain it; return the answer as it is kept."""
    from rca.analyse import examine
    from rca.demo.reviewing import noticed
    from rca.incidents import open_incident
    from rca.review import keep_analysis
    from rca.review.choice import choose

    at = noticed(report, end)
    incident = _incident(report, end)
    open_incident(warehouse, incident, "monitor", at)
    answer, proposed = examine(warehouse, incident, choose(warehouse))
    key = keep_analysis(warehouse, answer, proposed, at=at + EXPLAINED_AFTER)
    return answer.model_copy(update={"id": key})


def _incident(report: "Report", end: datetime) -> "Incident":
    from schemas.incident import Incident

    def before(days: float) -> datetime:
        return end - timedelta(days=days)

    healthy_from, healthy_to = report.healthy
    return Incident(
        id=report.name,
        node=report.node,
        metric=report.metric,
        title=report.title,
        severity=report.severity,
        detected_at=before(report.noticed),
        started_at=before(report.since),
        ended_at=before(report.until) if report.until else None,
        baseline=(before(healthy_from), before(healthy_to)),
    )
