"""Controls: whether anything leaks, whether the graph matters, and what is said when nothing is wrong.

* A random graph: spans get their parents, and declared edges their ends, from others of the same case at random. What
  the call tree tells is gone; what a service's own metrics and the mere lengths of spans tell is left.
* Calm: the recorded normal minute against the half minute before the fault, with nothing wrong in between.
"""

import json
import shutil
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import numpy as np
import yaml

BEFORE = timedelta(seconds=31)
"""How long before the fault the recorded normal minute ends."""

CLEAR = timedelta(seconds=5)
"""How long before the fault the calm period ends: requests that it meets have begun before it."""

FEWEST = 5
"""Traces of the half minute below which it says nothing."""

_SCRAMBLED = """
COPY (
    WITH numbered AS (
        SELECT *, row_number() OVER (PARTITION BY trace_id ORDER BY start, span_id) AS place,
               row_number() OVER (PARTITION BY trace_id ORDER BY hash(span_id || $seed)) AS other
        FROM read_parquet($spans)
    )
    SELECT a.trace_id, a.span_id, CASE WHEN a.parent_span_id IS NOT NULL THEN b.span_id END AS parent_span_id,
           a.service, a.operation, a.start, a.duration_ms, a.status
    FROM numbered AS a JOIN numbered AS b ON a.trace_id = b.trace_id AND a.place = b.other
) TO '{path}' (FORMAT parquet)
"""

_EARLIER = {
    "traces": """
        SELECT * FROM read_parquet($file)
        WHERE trace_id IN (SELECT trace_id FROM read_parquet($file) GROUP BY trace_id HAVING max(start) < $end)""",
    "kpis": """
        SELECT * REPLACE (ts + INTERVAL 1 MINUTE AS ts) FROM read_parquet($file) WHERE ts + INTERVAL 1 MINUTE < $end""",
}
"""Whole traces that ended; a metric's minute may lie on either side of its time, so those of the minute before."""


def random_graph(folder: Path, out: Path, seed: int = 0) -> Path:
    """Write a copy of a bundle whose graph is random, declared and traced; return its folder."""
    bundle = _copy(folder, out)
    system = yaml.safe_load((folder / "system.yaml").read_text())
    names = [node["id"] for node in system["nodes"]]
    rng = np.random.default_rng(seed)
    renamed = dict(zip(names, rng.permutation(names).tolist(), strict=True))
    system["edges"] = [{"from": renamed[edge["from"]], "to": renamed[edge["to"]]} for edge in system["edges"]]
    (bundle / "system.yaml").write_text(yaml.safe_dump(system))
    with duckdb.connect() as connection:
        for spans in sorted((folder / "traces").glob("*.parquet")):
            sql = _SCRAMBLED.format(path=_quoted(bundle / "traces" / spans.name))
            connection.execute(sql, {"seed": str(seed), "spans": str(spans)})
    return bundle


def calm(folder: Path, out: Path) -> Path | None:
    """Write the bundle of the half minute before the fault; None where too few traces are of it."""
    incident = json.loads((folder / "incident.json").read_text())
    end = datetime.fromisoformat(incident["started_at"])
    spans = sorted((folder / "traces").glob("*.parquet"))
    with duckdb.connect() as connection:
        counted = "SELECT count(DISTINCT trace_id) FROM read_parquet($f) WHERE start >= $a AND start < $b"
        start, end = end - BEFORE, end - CLEAR
        bounds = {"f": [str(path) for path in spans], "a": start, "b": end}
        if connection.execute(counted, bounds).fetchall()[0][0] < FEWEST:
            return None
        bundle = _copy(folder, out)
        for file, kind in [*((path, "traces") for path in spans), (folder / "kpis.parquet", "kpis")]:
            sql = f"COPY ({_EARLIER[kind]}) TO '{_quoted(bundle / file.relative_to(folder))}' (FORMAT parquet)"
            connection.execute(sql, {"file": str(file), "end": end})
    since = {"started_at": start.isoformat(), "detected_at": end.isoformat()}
    baseline = [incident["baseline"][0], start.isoformat()]
    (bundle / "incident.json").write_text(json.dumps(incident | since | {"baseline": baseline}))
    return bundle


def _copy(folder: Path, out: Path) -> Path:
    bundle = out / folder.name
    shutil.rmtree(bundle, ignore_errors=True)
    (bundle / "traces").mkdir(parents=True)
    for name in ("system.yaml", "incident.json", "kpis.parquet"):
        shutil.copyfile(folder / name, bundle / name)
    return bundle


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
