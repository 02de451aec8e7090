"""Time an analysis of a database against the rows that it holds: with the same windows it should cost the same.

Usage: python benchmarks/service/flat.py [--rows 100000 1000000 10000000] [--more history|density] [--days 40] [--json]

`history` adds rows before: the density stays, and so do the incident's window and the length of its baseline.
`density` adds rows everywhere: the time span stays. Making and profiling the rows is not timed; each analysis
runs twice and the second run counts.
"""

import argparse
import json
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rca.analyse import analyse_database
from rca.profile import update_profile
from rca.warehouse import Warehouse
from schemas.incident import Incident

END = datetime(2026, 3, 1, tzinfo=UTC)
FAULT_DAYS = 3
NODE = "model"
FEATURES = {
    **{f"f{k}": ("numeric", "DOUBLE", f"ln(1 + random()) * {k + 1}") for k in range(8)},
    **{
        f"c{k}": ("category", "VARCHAR", f"'c' || CAST(random() * random() * {5 + 20 * k} AS INTEGER)")
        for k in range(3)
    },
    "flag": ("boolean", "BOOLEAN", "random() < 0.3"),
}
SYSTEM = {
    "nodes": [{"id": NODE, "kind": "model", "task": "binary"}, {"id": "feed", "kind": "dataset"}],
    "edges": [{"from": "feed", "to": NODE, "columns": ["f0"]}],
}
LANDED_AT_ONCE = 2_000_000


def fill(warehouse: Warehouse, rows: int, days: float) -> None:
    """Land a made-up binary model whose f0 is 100 times too large in the last days, which costs it accuracy."""
    con = warehouse.connection
    con.execute("SELECT setseed(0.42)")
    columns = ", ".join(f"{name} {kept}" for name, (_, kept, _) in FEATURES.items())
    con.execute(f"""CREATE TABLE predictions_1 (_file INTEGER, _row BIGINT, ts TIMESTAMP, request_id VARCHAR,
        trace_id VARCHAR, model_version VARCHAR, query_id VARCHAR, split VARCHAR, prediction DOUBLE, label DOUBLE,
        label_ts TIMESTAMP, {columns})""")
    con.execute("INSERT INTO prediction_tables VALUES (?, 'predictions_1', 'binary')", [NODE])
    for name, (kind, kept, _) in FEATURES.items():
        con.execute("INSERT INTO prediction_columns VALUES (?, ?, ?, 'feature', ?, ?)", [NODE, name, name, kind, kept])
    con.execute("INSERT INTO systems VALUES ('d', 1, ?)", [json.dumps(SYSTEM)])
    start = END - timedelta(days=days)
    for first in range(0, rows, LANDED_AT_ONCE):
        count = min(LANDED_AT_ONCE, rows - first)
        (file_id,) = con.execute(
            "INSERT INTO files (source, node, path, digest, rows, quarantined) "
            "VALUES ('predictions', ?, 'p', ?, ?, 0) RETURNING file_id",
            [NODE, str(first), count],
        ).fetchone() or (0,)
        made = ", ".join(f"{sql} AS {name}" for name, (*_, sql) in FEATURES.items())
        broken = f"ts >= TIMESTAMP '{END - timedelta(days=FAULT_DAYS):%Y-%m-%d}'"
        con.execute(f"""INSERT INTO predictions_1
            WITH made AS (
                SELECT i, TIMESTAMP '{start:%Y-%m-%d %H:%M:%S}'
                       + to_microseconds(CAST(i * {days * 86.4e9 / rows} AS BIGINT)) AS ts, {made}
                FROM range({first}, {first + count}) AS numbers(i)
            ), scored AS (
                SELECT *, 1 / (1 + exp(3 - 6 * f0)) AS truth, {broken} AS broken FROM made
            )
            SELECT {file_id}, i, ts, 'r' || i, NULL, 'v1', NULL, 'production',
                   CASE WHEN broken THEN 0.99 ELSE truth END, CAST(random() < truth AS DOUBLE), NULL,
                   {", ".join("CASE WHEN broken THEN f0 * 100 ELSE f0 END" if n == "f0" else n for n in FEATURES)}
            FROM scored""")
        update_profile(warehouse)


def measure(folder: Path, rows: int, days: float) -> dict[str, float | str]:
    """Return the seconds of one analysis of a database of so many rows, and what it answered."""
    db = folder / f"{rows}-{days:g}.duckdb"
    with Warehouse(db) as warehouse:
        begin = time.perf_counter()
        fill(warehouse, rows, days)
        filled = time.perf_counter() - begin
    incident = Incident(id="i", node=NODE, metric="brier", detected_at=END - timedelta(days=FAULT_DAYS - 1))
    for _ in range(2):
        begin, used = time.perf_counter(), time.process_time()
        (answer,) = analyse_database(db, incident=incident)
        wall, cpu = time.perf_counter() - begin, time.process_time() - used
    first = answer.causes[0]
    return {
        "rows": rows,
        "days": days,
        "fill_s": round(filled, 1),
        "wall_s": round(wall, 2),
        "cpu_s": round(cpu, 2),
        "symptom_ms": answer.timings_ms["symptom"],
        "evidence_ms": answer.timings_ms["evidence"],
        "candidates_ms": answer.timings_ms["candidates"],
        "answer": f"{first.family} {first.node} {first.subject}",
        "confidence": round(first.confidence, 3),
        "mb": round(db.stat().st_size / 1e6),
    }


def main() -> None:
    """Print one line for each number of rows, and how much more the last costs than the first."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 1_000_000, 10_000_000])
    parser.add_argument("--more", choices=["history", "density"], default="history")
    parser.add_argument("--days", type=float, default=40, help="time span of the smallest")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for rows in asked.rows:
            longer = rows / asked.rows[0] if asked.more == "history" else 1
            found.append(measure(Path(folder), rows, asked.days * longer))
            if not asked.json:
                print("  ".join(f"{name} {value}" for name, value in found[-1].items()), flush=True)
    ratio = found[-1]["cpu_s"] / found[0]["cpu_s"]  # type: ignore[operator]
    if asked.json:
        json.dump({"more": asked.more, "ratio_cpu": ratio, "runs": found}, sys.stdout, indent=1)
    else:
        print(f"{asked.rows[-1] / asked.rows[0]:g} times the rows ({asked.more}): {ratio:.2f} times the CPU seconds")


if __name__ == "__main__":
    main()
