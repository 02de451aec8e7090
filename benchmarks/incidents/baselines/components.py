"""Common-sense rules for services and business figures, a part of `rules.py`."""

from collections.abc import Iterator

import numpy as np

from benchmarks.incidents.baselines.windows import onset_of
from benchmarks.incidents.files import Files

Guess = tuple[float, str, str, str | None]
"""Weight, family, node, subject."""

UNUSUAL = 3.0
"""Standard deviations from which a figure moved."""

CONSEQUENCES = ("latency", "requests")
FAILURES = {"errors", "availability"}
RESOURCE, WAITS = 0.5, 1.0
"""A resource runs short before calls fail; who waits for a broken one is rarely the first."""

ASIDE = 0.3
"""What a component's figure weighs when nobody complains of a component."""


def moved_figures(files: Files, onset: np.datetime64) -> list[tuple[str, str, float]]:
    """Return (node, metric, by how many standard deviations it moved) of every recorded figure."""
    rows = files.connection.execute(
        f"""SELECT node, metric, abs(avg(value) FILTER (ts >= TIMESTAMP '{onset}')
                                      - avg(value) FILTER (ts < TIMESTAMP '{onset}'))
                                  / greatest(stddev_samp(value) FILTER (ts < TIMESTAMP '{onset}'), 1e-9) AS z
            FROM read_parquet('{files.folder / "kpis.parquet"}')
            GROUP BY node, metric HAVING z IS NOT NULL ORDER BY node, metric"""
    ).fetchall()
    return [(node, metric, float(z)) for node, metric, z in rows]


def broken_components(files: Files) -> Iterator[Guess]:
    """Yield services whose own figures moved at the onset, those that wait for another such one later."""
    onset = onset_of(files)
    if onset is None or not (files.folder / "kpis.parquet").exists():
        return
    services = {name for name, node in files.nodes.items() if node["kind"] == "service"}
    figures = moved_figures(files, onset)
    broken = {(n, m): z for n, m, z in figures if n in services and not m.startswith(CONSEQUENCES) and z > UNUSUAL}
    waiting = {edge["to"] for edge in files.system["edges"] if any(edge["from"] == node for node, _ in broken)}
    about = 1.0 if files.incident["node"] in services else ASIDE
    for (node, metric), z in broken.items():
        weight = 2.0 + min(1.5, z / 10) + RESOURCE * (metric not in FAILURES) - WAITS * (node in waiting)
        yield weight * about - (metric == "availability") / 100, "component_fault", node, metric
    if (files.incident["node"], files.incident["metric"]) in {(n, m) for n, m, _ in figures if n not in services}:
        yield 0.8, "downstream_change", files.incident["node"], None


def slow_operations(files: Files) -> Iterator[Guess]:
    """Yield the operation whose own time grew most, when waiting is what was reported."""
    onset = onset_of(files)
    waiting, traced = files.incident["metric"].startswith("latency"), any(files.folder.glob("traces/*.parquet"))
    if onset is None or not waiting or not traced:
        return
    rows = files.connection.execute(
        f"""WITH spans AS (SELECT * FROM read_parquet('{files.folder / "traces" / "*.parquet"}')),
            called AS (SELECT trace_id, parent_span_id AS span_id, sum(duration_ms) AS ms FROM spans GROUP BY ALL),
            own AS (  -- a row is a span with the time that it did not spend waiting for others
                SELECT service, operation, "start" >= TIMESTAMP '{onset}' AS late, duration_ms - coalesce(ms, 0) AS ms
                FROM spans LEFT JOIN called USING (trace_id, span_id))
            SELECT service, operation, avg(ms) FILTER (late) - avg(ms) FILTER (NOT late) AS grown
            FROM own GROUP BY ALL ORDER BY grown DESC NULLS LAST, 1, 2 LIMIT 3"""
    ).fetchall()
    for place, (service, operation, grown) in enumerate(rows):
        if grown and grown > 0:
            yield 3.0 - place / 2, "latency_component", service, operation
