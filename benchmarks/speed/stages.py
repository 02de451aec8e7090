# ruff: noqa: PLC0415 - a stage imports only what it runs
"""What each stage of an answer holds: `python -m benchmarks.speed.stages STAGE FOLDER`, a process of its own for each.

The folder is a bundle. Its stages are run in order: `land` makes the database, `profile` counts it, the later ones do
what comes before them again and measure only themselves.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.speed.measure import spent
from rca.warehouse import Warehouse

DATABASE = "stages.duckdb"


def land(folder: Path) -> dict[str, Any]:
    """Land the bundle's files."""
    from rca.ingest import ingest_bundle

    with Warehouse(folder / DATABASE) as warehouse:
        return spent(lambda: ingest_bundle(warehouse, folder).total("files"))


def profile(folder: Path) -> dict[str, Any]:
    """Make the bins and count all rows."""
    from rca.profile import update_profile

    with Warehouse(folder / DATABASE) as warehouse:
        return spent(lambda: update_profile(warehouse))


def answered(folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Answer the bundle's incident, a stage after the other; yield each with its figures."""
    from candidates import families
    from rankers import supervised
    from rankers.proposed import Proposed
    from rca.blame import assign_blame
    from rca.evidence.gather import gather
    from rca.ingest.documents import load_incidents, load_system
    from rca.review.choice import choose
    from rca.symptom import measure_symptom

    with Warehouse(folder / DATABASE) as warehouse:
        system, (incident,), asked = load_system(warehouse), load_incidents(warehouse), families()
        told = spent(lambda: measure_symptom(warehouse, system, incident))
        symptom = told.pop("result")
        yield "symptom", told
        told = spent(lambda: gather(warehouse, system, symptom))
        evidence = told.pop("result")
        yield "evidence", told
        told = spent(lambda: [generate(evidence) for _, generate in sorted(asked.items())])
        candidates = [one for findings in told.pop("result") for one in findings.candidates]
        yield "candidates", told

        def rank() -> int:
            blame = assign_blame(evidence, candidates)
            proposed = Proposed(candidates, [one.root for one in blame], symptom.p_value)
            return len(supervised.rank(choose(warehouse).model, proposed).ranked)

        yield "rank", spent(rank)


STAGES = ("land", "profile", "symptom", "evidence", "candidates", "rank")


def run(stage: str, folder: Path) -> dict[str, Any]:
    """Return the figures of one stage."""
    if stage in ("land", "profile"):
        return {"land": land, "profile": profile}[stage](folder)
    return next(figures for name, figures in answered(folder) if name == stage)


if __name__ == "__main__":
    print(json.dumps(run(sys.argv[1], Path(sys.argv[2]))))
