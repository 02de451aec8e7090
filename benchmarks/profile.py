"""Time the profile of a model's log by hour against DuckDB reading every column once.

Usage: python benchmarks/profile.py [--rows 1000000] [--columns 50] [--short] [--json]

Both run in one process on one database, one after the other; the figure to watch is the ratio of CPU
seconds, which other work on the machine disturbs less than wall time. The floor reads every column
(min, max and sum; min and max of text) without any grouping.
"""

import argparse
import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rca.evidence.columns import read_columns
from rca.evidence.rows import read_rows
from rca.profile import update_profile
from rca.warehouse import Warehouse
from schemas.evidence import Window
from schemas.system import Node

START = datetime(2026, 1, 1, tzinfo=UTC)
DAYS = 60
BATCHES = 60
SHORT_ROWS, SHORT_COLUMNS = 40_000, 30
MIX = ("DOUBLE",) * 6 + ("INTEGER",) * 2 + ("VARCHAR", "BOOLEAN")
KINDS = {"DOUBLE": "numeric", "INTEGER": "numeric", "VARCHAR": "category", "BOOLEAN": "boolean"}


def feature(k: int) -> tuple[str, str]:
    """Return the type and SQL of the k-th feature: six in ten real numbers, then integers, text, booleans."""
    made = {
        "DOUBLE": f"ln(1 + random()) * {k + 1}",
        "INTEGER": f"CAST(random() * random() * {10 ** (1 + k % 4)} AS INTEGER)",
        "VARCHAR": f"'c' || CAST(random() * random() * {(5, 30, 100, 800)[k // 10 % 4]} AS INTEGER)",
        "BOOLEAN": "random() < 0.3",
    }
    kind = MIX[k % len(MIX)]
    return kind, made[kind]


def fill(warehouse: Warehouse, rows: int, columns: int) -> None:
    """Land a made-up binary model's log: 60 days, one file a day, a fifth of it training rows."""
    con = warehouse.connection
    features = {f"f{k}": feature(k) for k in range(columns)}
    made = ", ".join(f"{sql} AS {name}" for name, (_, sql) in features.items())
    con.execute("SELECT setseed(0.42)")
    con.execute(f"""
        CREATE TABLE predictions_1 AS
        SELECT CAST(i * {BATCHES} // {rows} AS INTEGER) + 1 AS _file, i AS _row,
               TIMESTAMP '{START:%Y-%m-%d}' + to_microseconds(CAST(i * {DAYS * 86.4e9 / rows} AS BIGINT)) AS ts,
               NULL::VARCHAR AS request_id, NULL::VARCHAR AS trace_id, 'v' || (i * 3 // {rows}) AS model_version,
               NULL::VARCHAR AS query_id, CASE WHEN i < {rows} / 5 THEN 'train' ELSE 'production' END AS split,
               random() AS prediction, CAST(random() < 0.3 AS DOUBLE) AS label, NULL::TIMESTAMP AS label_ts, {made}
        FROM range({rows}) AS numbers(i)""")
    con.execute("INSERT INTO prediction_tables VALUES ('model', 'predictions_1', 'binary')")
    for name, (kept, _) in features.items():
        con.execute(
            "INSERT INTO prediction_columns VALUES ('model', ?, ?, 'feature', ?, ?)", [name, name, KINDS[kept], kept]
        )
    con.execute(
        "INSERT INTO files (file_id, source, node, path, digest, rows, quarantined) "
        f"SELECT i + 1, 'predictions', 'model', 'f', 'd', 0, 0 FROM range({BATCHES}) AS numbers(i)"
    )


def read_everything(warehouse: Warehouse) -> None:
    """Read every column once: the floor."""
    kept = warehouse.connection.execute("SELECT physical, type FROM prediction_columns").fetchall()
    reads = [
        f"min({name}), max({name})" + ("" if kind in ("VARCHAR", "BOOLEAN") else f", sum({name})")
        for name, kind in [*kept, ("prediction", "DOUBLE"), ("label", "DOUBLE"), ("ts", "VARCHAR")]
    ]
    warehouse.connection.execute(f"SELECT {', '.join(reads)} FROM predictions_1").fetchall()


def timed(work: Callable[[], object]) -> dict[str, float]:
    """Return the wall and CPU seconds that the work took."""
    cpu, wall = _cpu(), time.perf_counter()
    work()
    return {"wall_s": round(time.perf_counter() - wall, 3), "cpu_s": round(_cpu() - cpu, 3)}


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def measure(path: Path | None, rows: int, columns: int) -> dict[str, object]:
    """Return all figures of one run."""
    model = Node(id="model", kind="model")
    days = [START + timedelta(days=d) for d in (20, 50, 58)]
    baseline, window = Window(days[0], days[1]), Window(days[1], days[2])
    with Warehouse(path) as warehouse:
        fill(warehouse, rows, columns)
        read_everything(warehouse)  # both then start from a warm cache
        floor = timed(lambda: read_everything(warehouse))
        profile = timed(lambda: update_profile(warehouse))
        cells = warehouse.connection.execute("SELECT count(*) FROM profile").fetchone()
        return {
            "rows": rows,
            "columns": columns,
            "cells": cells[0] if cells else 0,
            "floor": floor,
            "profile": profile,
            "ratio_cpu": round(profile["cpu_s"] / max(floor["cpu_s"], 1e-3), 2),
            "read_columns": timed(lambda: read_columns(warehouse, model, baseline, window, 21_600.0)),
            "read_rows": timed(lambda: read_rows(warehouse, model, baseline, window, "abs(prediction - label)")),
            "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        }


def main() -> int:
    """Run the benchmark and print its figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--columns", type=int, default=50)
    parser.add_argument("--short", action="store_true", help=f"{SHORT_ROWS} rows x {SHORT_COLUMNS} columns")
    parser.add_argument("--file", action="store_true", help="in a database file instead of memory")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    given = parser.parse_args()
    rows, columns = (SHORT_ROWS, SHORT_COLUMNS) if given.short else (given.rows, given.columns)
    with tempfile.TemporaryDirectory() as folder:
        figures = measure(Path(folder) / "profile.duckdb" if given.file else None, rows, columns)
    if given.json:
        print(json.dumps(figures))
    else:
        for name, value in figures.items():
            print(f"{name:14} {value}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
