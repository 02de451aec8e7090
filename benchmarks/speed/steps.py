# ruff: noqa: PLC0415 - a step imports only what it measures
"""Single steps, each measured in a process of its own: `python -m benchmarks.speed.steps STEP [ARGUMENT …]`."""

import json
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.speed.measure import spent


def land(folder: str, rows: str) -> dict[str, Any]:
    """Land a bundle of two weeks and bring its profile up to date; the folder then holds `rca.duckdb`."""
    from benchmarks.speed.data import write
    from rca.ingest import ingest_bundle
    from rca.profile import update_profile
    from rca.warehouse import Warehouse

    place = Path(folder)
    write(place / "predictions" / "scorer", int(rows))
    (place / "system.yaml").write_text("nodes: [{id: scorer, kind: model, task: binary}]\n")
    incident = {"id": "i", "node": "scorer", "metric": "brier", "detected_at": "2026-03-15T00:00:00Z"}
    (place / "incident.json").write_text(json.dumps({**incident, "started_at": "2026-03-09T00:00:00Z"}))

    def work() -> int:
        with Warehouse(place / "rca.duckdb") as warehouse:
            ingest_bundle(warehouse, place)
            update_profile(warehouse)
        return int(rows)

    return spent(work)


def answer(folder: str) -> dict[str, Any]:
    """Explain an incident of a landed database: imports are done, the database is not open yet."""
    from rca.analyse import analyse_database

    def work() -> dict[str, float]:
        (found,) = analyse_database(Path(folder) / "rca.duckdb")
        return dict(found.timings_ms)

    work()
    return spent(work)


def spans(count: str, memory: str = "") -> dict[str, Any]:
    """Reduce spans to one profile an operation and hour, in so much memory (`2GB`; by default what DuckDB takes)."""
    from benchmarks.spans import FILL, SPANS_A_TRACE, START, TRACE_EVERY_MS
    from rca.spans.reduce import nanoseconds, self_times
    from rca.warehouse import Warehouse
    from schemas.evidence import Window

    n = int(count)
    length = timedelta(milliseconds=n / SPANS_A_TRACE * TRACE_EVERY_MS)
    with Warehouse() as warehouse:
        if memory:
            warehouse.connection.execute("SET memory_limit = $memory", {"memory": memory})
        warehouse.connection.execute(FILL, {"n": n, "start": START.replace(tzinfo=None)})
        low, high = nanoseconds(Window(START, START + length))

        def own_times() -> int:
            with self_times(warehouse, low, high) as connection:
                reduced = connection.execute(
                    """SELECT service, operation, start_ns // 3600000000000, count(*), avg(self_ms),
                              quantile_cont(self_ms, 0.95) FROM reduced_self GROUP BY ALL"""
                ).fetchall()
                return len(reduced)

        figures = spent(own_times)
        return {**figures, "spans_per_second": round(n / figures["wall_s"])}


def slices(rows: str, columns: str) -> dict[str, Any]:
    """Search a log for slices of up to three conditions in which errors grew."""
    from benchmarks.slices import Served, evidence
    from candidates.measures.slices import as_errors, find_slices

    n, rng = int(rows), np.random.default_rng(3)
    features: dict[str, Any] = {f"n{k}": rng.normal(size=n) for k in range(int(columns) * 4 // 5)}
    names = np.array([f"v{k}" for k in range(12)], dtype=object)
    features |= {f"c{k}": names[rng.integers(12, size=n)] for k in range(int(columns) // 5)}
    after = np.arange(n) >= n // 2
    label = rng.integers(2, size=n).astype(float)
    prediction = np.clip(label * 0.4 + 0.3 + rng.normal(0, 0.1, n), 0, 1)
    bad = after & (features["n1"] > 0) & (features["c0"] == "v3")
    prediction[bad] = rng.random(int(bad.sum()))
    score = (prediction - label) ** 2
    model = evidence(Served(features, prediction, label, after, "binary"), prediction, label, score)

    def work() -> str:
        found = find_slices(model, model.rows, as_errors(np.arange(n), score))
        return str(found[0].where) if found else ""

    return spent(work)


def graph(nodes: str, edges: str) -> dict[str, Any]:
    """Build a dependency graph and assign blame among thirty candidates spread over it."""
    from benchmarks.speed.graph import blame_in

    return blame_in(int(nodes), int(edges))


def catalogue(models: str, columns: str) -> dict[str, Any]:
    """Explain an incident of one model where the database knows very many."""
    from benchmarks.speed.many import one_of

    return one_of(int(models), int(columns))


def incidents(count: str, jobs: str) -> dict[str, Any]:
    """Explain all open incidents of one database in parallel processes."""
    from benchmarks.speed.many import all_of

    return all_of(int(count), int(jobs))


def start(_: str = "") -> dict[str, Any]:
    """Start Python, `import rca`, and `rca --help`: wall seconds of whole processes, medians of seven."""
    commands = {
        "python": [sys.executable, "-c", "pass"],
        "import rca": [sys.executable, "-c", "import rca"],
        "rca --help": [sys.executable, "-m", "rca", "--help"],
    }
    figures: dict[str, Any] = {}
    for name, command in commands.items():
        took = []
        for _again in range(7):
            begun = time.perf_counter()
            subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - ours
            took.append(time.perf_counter() - begun)
        figures[name] = round(float(np.median(took)), 3)
    return figures


STEPS = {
    "land": land,
    "answer": answer,
    "spans": spans,
    "slices": slices,
    "graph": graph,
    "catalogue": catalogue,
    "incidents": incidents,
    "start": start,
}

if __name__ == "__main__":
    print(json.dumps(STEPS[sys.argv[1]](*sys.argv[2:])))
