"""Does another worker shorten the job? `python -m benchmarks.speed.spark [--rows 2000000] [--repeats 3] [--pinned]`.

The same log is counted by DuckDB, and by clusters of one and of two workers of one core each, on loopback. Where the
machine has two cores the second worker shares them with the driver: the gain is less than with machines of their own.
"""

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.speed.cluster import cluster, missing
from benchmarks.speed.data import write
from benchmarks.speed.profile import MODEL, SYSTEM
from rca.profile.engines import open_engine
from rca.profile.lake import profile_lake

FEW_ROWS = 20_000


def count(engine: Any, source: Path, place: Path, remote: str | None = None) -> float:
    """Return the seconds that one profile takes, over bins that are kept."""
    begun = time.perf_counter()
    with open_engine(engine, str(source), remote) as opened:
        profile_lake(opened, MODEL, SYSTEM, place / f"{engine}.parquet", bins=place / "bins.json")
    return time.perf_counter() - begun


def measure(rows: int, repeats: int, *, pinned: bool = False) -> dict[str, Any]:
    """Return median seconds by number of workers; the profile of a few rows warms each cluster up.

    What that takes, after the first one, is `workers_N_few_s`: what is there however few the rows are.
    """
    with tempfile.TemporaryDirectory(prefix="rca-spark-") as folder:
        place = Path(folder)
        source, few = place / "data", place / "few"
        write(source, rows)
        write(few, min(rows, FEW_ROWS))
        count("duckdb", source, place)
        figures: dict[str, Any] = {"rows": 2 * rows, "duckdb_s": _median("duckdb", source, place, repeats)}
        for workers in (1, 2):
            (place / str(workers)).mkdir()
            with cluster(place / str(workers), workers, memory_mb=2048, pinned=pinned) as remote:
                count("spark", few, place, remote)
                figures[f"workers_{workers}_few_s"] = round(count("spark", few, place, remote), 2)
                figures[f"workers_{workers}_s"] = _median("spark", source, place, repeats, remote)
    figures["speed_up"] = round(figures["workers_1_s"] / figures["workers_2_s"], 2)
    return figures


def _median(engine: str, source: Path, place: Path, repeats: int, remote: str | None = None) -> float:
    return round(statistics.median(count(engine, source, place, remote) for _ in range(repeats)), 2)


def main() -> None:
    """Measure and print the figures as JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument(
        "--pinned", action="store_true", help="hold each worker to one core, as if its machine had no more"
    )
    given = parser.parse_args()
    reason = missing()
    if reason:
        raise SystemExit(reason)
    print(json.dumps(measure(given.rows, given.repeats, pinned=given.pinned)))


if __name__ == "__main__":
    main()
