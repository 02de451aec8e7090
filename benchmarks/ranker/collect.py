"""Make the pool: inject faults, let the engine propose, and keep what the ranker saw.

`python -m benchmarks.ranker.collect [--out cases]` writes the pool's two files anew, hours of work; `--cases` makes a
smaller one. With `--out` the incidents are kept, and those already there are not made again.
"""

import argparse
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.incidents.job import Job, plan
from benchmarks.incidents.run import few_processes, make_one, parallel
from benchmarks.incidents.score import family_of, judge_case, known_of
from benchmarks.incidents.tables import HELD_OUT, TUNE
from benchmarks.ranker.pool import FILES, write_pool
from rankers.pretrained.cases import Case

DRAWS = (
    ("tune", 41, 72),
    ("tune", 43, 18),
    ("held-out", 2039, 40),
    ("held-out", 2040, 40),
    ("held-out", 2041, 40),
)
"""Half, seed, and incidents per system."""

HALVES = {"tune": TUNE, "held-out": HELD_OUT}


def answered(job: Job, half: str) -> Case | None:
    """Return one incident as the ranker saw it, made unless it is there; None when it could not be made."""
    from rca.analyse import analyse_bundle  # noqa: PLC0415 - a worker process needs it
    from rca.review import kept_proposed  # noqa: PLC0415
    from rca.warehouse import Warehouse  # noqa: PLC0415

    job.folder.parent.mkdir(parents=True, exist_ok=True)
    truth = job.folder.with_name(f"{job.name}.truth.json")
    if not truth.exists():
        make_one(job)
    if not truth.exists():
        return None
    with TemporaryDirectory() as folder:
        db = Path(folder) / "case.duckdb"
        (analysis,) = analyse_bundle(job.folder, db=db)
        with Warehouse(db) as warehouse:
            proposed = kept_proposed(warehouse, str(analysis.id))
    known = known_of(job.folder)
    causes = [{"family": c.family, "node": c.node, "subject": c.subject} for c in proposed.candidates]
    hits = judge_case(job.folder, known, causes)["exact"]
    return Case(
        half=half,
        table=job.table,
        case=job.name,
        injected=family_of(known["causes"][:1] if known.get("any_of") else known["causes"]),
        seed=job.seed,
        number=job.number,
        roots=len(hits),
        proposed=proposed,
        right=tuple(any(right[place] for right in hits) for place in range(len(causes))),
    )


def jobs_of(out: Path, most: int | None, tables: Iterable[str] = (*TUNE, *HELD_OUT)) -> list[tuple[Job, str]]:
    """Return what to make, and of which half it is; `most`: incidents per system and draw."""
    return [
        (job, half)
        for half, seed, cases in DRAWS
        for table in HALVES[half]
        if table in set(tables)
        for job in plan(table, out / f"{half}-{seed}", cases if most is None else min(most, cases), seed)
    ]


def collect(jobs: Sequence[tuple[Job, str]], processes: int) -> list[Case]:
    """Return the incidents, as they come."""
    found = []
    for done, case in enumerate(parallel(answered, jobs, processes), 1):
        if case:
            found.append(case)
        print(f"\r{done} of {len(jobs)} incidents", end="", flush=True)
    print()
    return found


def main() -> None:
    """Read the arguments and write the pool."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, help="most incidents per system and draw; default: all")
    parser.add_argument("--tables", nargs="*", default=[*TUNE, *HELD_OUT])
    parser.add_argument("--out", type=Path, help="folder in which the incidents are kept")
    parser.add_argument(
        "--pool", type=Path, nargs=2, default=FILES, help="files of the tables for tuning, and held out"
    )
    parser.add_argument("--jobs", type=int, default=few_processes())
    given = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    with TemporaryDirectory() as folder:
        write_pool(
            collect(jobs_of(given.out or Path(folder), given.cases, given.tables), given.jobs), tuple(given.pool)
        )


if __name__ == "__main__":
    main()
