"""Common-sense rules for services and business figures, a part of `rules.py`."""

from collections.abc import Iterator

from benchmarks.incidents.baselines.windows import onset_of
from benchmarks.incidents.files import Files

Guess = tuple[float, str, str, str | None]
"""Weight, family, node, subject."""

UNUSUAL = 3.0
"""Standard deviations from which a figure moved."""

CONSEQUENCES = ("latency", "requests")
FAILURES = {"errors", "availability"}
ASIDE = 0.5
"""What a component's figure weighs when nobody complains of a component."""


def broken_components(files: Files) -> Iterator[Guess]:
    """Yield services whose own figures moved at the onset."""
    onset = onset_of(files)
    if onset is None or not (files.folder / "kpis.parquet").exists():
        return
    rows = files.connection.execute(
        f"""SELECT node, metric, avg(value) FILTER (ts < TIMESTAMP '{onset}'),
                   stddev_samp(value) FILTER (ts < TIMESTAMP '{onset}'), avg(value) FILTER (ts >= TIMESTAMP '{onset}')
            FROM read_parquet('{files.folder / "kpis.parquet"}') GROUP BY node, metric ORDER BY node, metric"""
    ).fetchall()
    serving = files.nodes.get(files.incident["node"], {}).get("kind") == "service"
    for node, metric, old, spread, new in rows:
        z = abs(new - old) / max(spread or 0.0, 1e-9) if old is not None and new is not None else 0.0
        service = files.nodes.get(node, {}).get("kind") == "service"
        if service and not metric.startswith(CONSEQUENCES) and z > UNUSUAL:
            weight = 1.5 + min(1.5, z / 10) + 0.5 * (metric not in FAILURES)
            yield weight * (1 if serving else ASIDE), "component_fault", node, metric
        elif not service and (node, metric) == (files.incident["node"], files.incident["metric"]):
            yield 0.8, "downstream_change", node, None


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
