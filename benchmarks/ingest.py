"""How long landing a prediction log takes, against merely reading it: `python benchmarks/ingest.py --help`.

In one run, on the same generated Parquet file: a bare `CREATE TABLE AS SELECT * FROM read_parquet(...)`,
the ingest of a bundle that holds the file, and one profile pass over what was landed.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb

from rca.ingest import ingest_bundle
from rca.profile import update_profile
from rca.warehouse import Warehouse

OWN_COLUMNS = 4
"""ts, prediction, label, model_version: part of the number of columns asked for."""


def write_bundle(folder: Path, rows: int, columns: int) -> Path:
    """Write a bundle with one log: one category for every three numbers; return the log."""
    log = folder / "predictions" / "m" / "log.parquet"
    log.parent.mkdir(parents=True)
    (folder / "system.yaml").write_text("nodes: [{id: m, kind: model, task: binary}]\n")
    features = [
        f"'c' || CAST(random() * 20 AS INTEGER) AS f{k}" if k % 4 == 0 else f"random() * {k} AS f{k}"
        for k in range(columns - OWN_COLUMNS)
    ]
    head = """TIMESTAMP '2026-01-01' + to_seconds(CAST(i AS INTEGER)) AS ts, random() AS prediction,
              CAST(random() > 0.5 AS INTEGER) AS label, 'v1' AS model_version"""
    with duckdb.connect() as connection:
        connection.execute("SELECT setseed(0.5)")
        connection.execute(
            f"COPY (SELECT {', '.join([head, *features])} FROM range({rows}) AS t(i)) TO '{log}' (FORMAT parquet)"
        )
    return log


def seconds(work: Callable[[], object]) -> float:
    """Return how long a piece of work takes, in seconds of wall time."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def measure(rows: int, columns: int, repeats: int) -> dict[str, float]:
    """Return the median seconds of each step over interleaved repeats, and their ratios."""
    times: dict[str, list[float]] = {"bare_read": [], "ingest": [], "profile": []}
    with tempfile.TemporaryDirectory() as place:
        log = write_bundle(Path(place), rows, columns)
        for _ in range(repeats):
            with duckdb.connect() as connection:
                bare = f"CREATE TABLE bare AS SELECT * FROM read_parquet('{log}')"
                times["bare_read"].append(seconds(lambda sql=bare, c=connection: c.execute(sql)))  # type: ignore[misc]
            with Warehouse() as warehouse:
                times["ingest"].append(seconds(lambda w=warehouse: ingest_bundle(w, Path(place))))  # type: ignore[misc]
                times["profile"].append(seconds(lambda w=warehouse: update_profile(w)))  # type: ignore[misc]
        megabytes = log.stat().st_size / 1e6
    median = {name: statistics.median(values) for name, values in times.items()}
    return {
        "rows": rows,
        "columns": columns,
        "file_megabytes": megabytes,
        **{f"{name}_seconds": value for name, value in median.items()},
        "ingest_to_bare_read": median["ingest"] / median["bare_read"],
        "ingest_to_bare_read_and_profile": median["ingest"] / (median["bare_read"] + median["profile"]),
        "ingest_and_profile_to_bare_read_and_profile": (median["ingest"] + median["profile"])
        / (median["bare_read"] + median["profile"]),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--columns", type=int, default=50, help="columns of the log, at least 5")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    found = measure(options.rows, options.columns, options.repeats)
    if options.json:
        print(json.dumps(found, indent=2))
        return
    for name, value in found.items():
        print(f"{name:>45} {value:,.2f}")


if __name__ == "__main__":
    main()
