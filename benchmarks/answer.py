"""How long an answer takes: a scorer fed by an embedder and three data sets, from files and from a database.

    python benchmarks/answer.py [--rows 40000] [--columns 30] [--spans 20000] [--repeats 3] [--json]

Each figure is the wall time and the peak memory of a whole `rca analyze` process, start-up included,
beside the time that Python takes to start and import the engine's libraries (the floor of any answer).
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

DAYS, FAULT_DAY, SEED = 40, 33, 3
FLOOR = "import numpy, duckdb, networkx, pydantic, cyclopts, rich.table"


def write_bundle(folder: Path, rows: int, columns: int, spans: int) -> None:
    """Write the bundle: one unit change in a column that matters, `columns` columns, daily files."""
    import pandas as pd  # noqa: PLC0415

    rng = np.random.default_rng(SEED)
    start = pd.Timestamp("2026-03-01", tz="UTC")
    day = np.sort(rng.integers(0, DAYS, rows))
    ts = start + pd.to_timedelta(day * 86_400 + rng.integers(0, 86_400, rows), unit="s")
    frame = pd.DataFrame({"ts": ts, "request_id": [f"r{i}" for i in range(rows)], "model_version": "1.0"})
    numbers = [f"x{i}" for i in range(columns - 8)]
    for name in numbers:
        frame[name] = rng.gamma(2.0, 10.0, rows)
    for i in range(4):
        frame[f"c{i}"] = rng.choice([f"v{k}" for k in range(12)], rows)
    vectors = rng.normal(size=(rows, 8)).astype(np.float32)
    z = 0.08 * (frame["x0"] - 20) + 0.05 * (frame["x1"] - 20) + vectors[:, 0]
    frame["label"] = (rng.random(rows) < 1 / (1 + np.exp(-z))).astype(float)
    late = day >= FAULT_DAY
    frame.loc[late, "x0"] *= 100
    seen = np.minimum(0.08 * (frame["x0"] - 20), 5) + 0.05 * (frame["x1"] - 20) + vectors[:, 0]
    frame["prediction"] = 1 / (1 + np.exp(-seen))
    frame["embedding"] = list(vectors)
    embedder = frame[["ts", "request_id", "model_version", "x2", "x3"]].assign(prediction=vectors[:, 0])
    for node, table in (("scorer", frame), ("embedder", embedder)):
        out = folder / "predictions" / node
        out.mkdir(parents=True)
        for d in range(DAYS):
            table[day == d].to_parquet(out / f"day-{d:02d}.parquet", index=False)
    _write_spans(folder, spans, start, rng)
    _write_documents(folder, numbers, start)


def _write_spans(folder: Path, spans: int, start: object, rng: np.random.Generator) -> None:
    import pandas as pd  # noqa: PLC0415

    traces = spans // 4
    at = start + pd.to_timedelta(np.sort(rng.integers(0, DAYS * 86_400, traces)), unit="s")  # type: ignore[operator]
    parts = []
    for i, (service, operation) in enumerate(
        (("api", "POST /score"), ("features", "GET"), ("store", "SELECT"), ("scorer", "predict"))
    ):
        own = rng.gamma(4.0, 2.0, traces)
        parts.append(
            pd.DataFrame(
                {
                    "trace_id": [f"t{k}" for k in range(traces)],
                    "span_id": [f"t{k}-{i}" for k in range(traces)],
                    "parent_span_id": None if i == 0 else [f"t{k}-{0 if i == 3 else i - 1}" for k in range(traces)],  # noqa: PLR2004
                    "service": service,
                    "operation": operation,
                    "start": at + pd.to_timedelta(i, unit="ms"),
                    "duration_ms": own + 40 - 10 * i,
                    "status": "ok",
                }
            )
        )
    (folder / "traces").mkdir()
    pd.concat(parts).to_parquet(folder / "traces" / "spans.parquet", index=False)


def _write_documents(folder: Path, numbers: list[str], start: object) -> None:
    third = len(numbers) // 3
    feeds = {"payments": numbers[:third], "profiles": numbers[third : 2 * third], "catalogue": numbers[2 * third :]}
    nodes = [{"id": "scorer", "kind": "model", "task": "binary"}, {"id": "embedder", "kind": "model"}]
    nodes += [{"id": feed, "kind": "dataset"} for feed in feeds]
    nodes += [{"id": service, "kind": "service"} for service in ("api", "features", "store")]
    edges: list[dict[str, object]] = [{"from": f, "to": "scorer", "columns": c} for f, c in feeds.items()]
    edges += [
        {"from": "embedder", "to": "scorer", "columns": ["embedding"]},
        {"from": "features", "to": "scorer"},
        {"from": "store", "to": "features"},
    ]
    (folder / "system.yaml").write_text(json.dumps({"nodes": nodes, "edges": edges}), encoding="utf-8")
    detected = start + np.timedelta64(FAULT_DAY + 1, "D")  # type: ignore[operator]
    incident = {"id": "slow-or-not", "node": "scorer", "metric": "auc", "detected_at": detected.isoformat()}
    (folder / "incident.json").write_text(json.dumps(incident), encoding="utf-8")


def timed(command: list[str]) -> tuple[float, float, str]:
    """Return wall seconds, peak memory in MB, and standard output of one process."""
    before = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
    seconds = time.perf_counter() - before
    return seconds, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024, done.stdout


def measure(rows: int, columns: int, spans: int, repeats: int) -> dict[str, float | str]:
    """Return medians of `repeats` processes each, in one run."""
    rca = [sys.executable, "-m", "rca"]
    with tempfile.TemporaryDirectory() as scratch:
        folder, db = Path(scratch) / "bundle", Path(scratch) / "kept.duckdb"
        folder.mkdir()
        write_bundle(folder, rows, columns, spans)
        timed([*rca, "ingest", str(folder), "--db", str(db)])
        asked = {
            "start": [sys.executable, "-c", FLOOR],
            "database": [*rca, "analyze", "--db", str(db), "--json"],
            "files": [*rca, "analyze", str(folder), "--json"],
        }
        out: dict[str, float | str] = {}
        for name, command in asked.items():
            runs = [timed(command) for _ in range(repeats)]
            out[f"{name}_seconds"] = round(float(np.median([seconds for seconds, _, _ in runs])), 3)
            out[f"{name}_peak_mb"] = round(max(memory for _, memory, _ in runs), 1)
            if name != "start":
                answer = json.loads(runs[-1][2])
                cause = answer["causes"][0] if answer["causes"] else {"family": "none", "node": "", "subject": ""}
                out[f"{name}_cause"] = f"{cause['family']} {cause['node']} {cause['subject']}"
                out[f"{name}_timings_ms"] = json.dumps(answer["timings_ms"])
    return out


def main() -> None:
    """Run the benchmark and print its table."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, value in (("rows", 40_000), ("columns", 30), ("spans", 20_000), ("repeats", 3)):
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    found = measure(given.rows, given.columns, given.spans, given.repeats)
    print(json.dumps(found, indent=1) if given.json else "\n".join(f"{k:24} {v}" for k, v in found.items()))


if __name__ == "__main__":
    main()
