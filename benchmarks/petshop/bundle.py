"""An issue in the bundle format: conventional names and units, edges from callee to caller, times in order.

The normal rows were recorded months after the issues. A baseline lies before its incident, so they are moved by whole
days to the last ones before it; the hours between the two stay a gap.
"""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import numpy as np
import yaml

from benchmarks.petshop.cases import Issue, Key, Table
from schemas.evidence import FloatArray

DAY = 86_400
STATISTICS = {"Average": "latency_avg", "p50": "latency_p50", "p90": "latency_p90", "p95": "latency_p95",
              "p99": "latency_p99"}  # fmt: skip
MS, PERCENT = 1000.0, 0.01


def metric_of(key: Key) -> str:
    """Return the conventional name of a metric and statistic."""
    return STATISTICS[key[2]] if key[1] == "latency" else key[1]


def in_units(key: Key, value: FloatArray) -> FloatArray:
    """Return values in the units of the contract: milliseconds, fractions."""
    return value * {"latency": MS, "availability": PERCENT}.get(key[1], 1.0)


def step_of(issue: Issue) -> int:
    """Return the seconds between two rows."""
    return int(np.median(np.diff(issue.normal.ts)))


def moved(issue: Issue) -> Table:
    """Return the normal rows, moved by whole days to the last ones that end before the issue."""
    late = int(issue.normal.ts[-1]) + step_of(issue) - int(issue.abnormal.ts[0])
    return Table(issue.normal.ts - DAY * -(-late // DAY), issue.normal.value)


def write_bundle(issue: Issue, folder: Path) -> Path:
    """Write one issue as a bundle; return its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    normal, step = moved(issue), step_of(issue)
    (folder / "system.yaml").write_text(
        yaml.safe_dump(
            {
                "nodes": [{"id": node, "kind": "service"} for node in issue.nodes],
                "edges": [{"from": callee, "to": caller} for caller, callee in issue.calls],
            }
        )
    )
    incident = {
        "id": issue.name,
        "node": issue.target[0],
        "metric": metric_of(issue.target),
        "direction": "down" if issue.target[1] == "availability" else "up",
        "started_at": _time(int(issue.abnormal.ts[0])),
        "detected_at": _time(int(issue.abnormal.ts[-1])),
        "baseline": [_time(int(normal.ts[0])), _time(int(normal.ts[-1]) + step)],
    }
    (folder / "incident.json").write_text(json.dumps(incident))
    _write_kpis([normal, issue.abnormal], folder / "kpis.parquet")
    return folder


def _time(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def _write_kpis(tables: Iterable[Table], path: Path) -> None:
    parts: dict[str, list[np.ndarray]] = {"node": [], "metric": [], "ts": [], "value": []}
    for table in tables:
        for key, value in table.value.items():
            known = np.isfinite(value)
            parts["node"].append(np.full(known.sum(), key[0], dtype=object))
            parts["metric"].append(np.full(known.sum(), metric_of(key), dtype=object))
            parts["ts"].append((table.ts[known] * 1_000_000).astype("datetime64[us]"))
            parts["value"].append(in_units(key, value[known]))
    rows = {name: np.concatenate(part) for name, part in parts.items()}  # noqa: F841 -- DuckDB reads it by name
    out = str(path).replace("'", "''")
    with duckdb.connect() as connection:
        connection.execute(f"COPY (SELECT * FROM rows ORDER BY node, metric, ts) TO '{out}' (FORMAT parquet)")
