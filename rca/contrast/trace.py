"""One request of the incident as a waterfall: a slow one, but no outlier."""

from dataclasses import dataclass

from rca.contrast.periods import parameters
from rca.warehouse import Warehouse
from schemas.analysis import IncidentSummary

MOST_SPANS = 60
RATHER_SLOW = 0.9
"""The request is the one nearest this quantile of the window's durations."""

_CHOSEN = f"""
WITH roots AS (
    SELECT trace_id, max(duration_ms) AS ms FROM spans
    WHERE parent_span_id IS NULL AND start >= $since AND start < $until GROUP BY trace_id
)
SELECT trace_id FROM roots, (SELECT quantile_cont(ms, {RATHER_SLOW}) AS slow FROM roots)
ORDER BY abs(ms - slow), trace_id LIMIT 1
"""

_SPANS = """
SELECT span_id, parent_span_id, service, operation, (start_ns - min(start_ns) OVER ()) / 1e6, duration_ms,
    lower(status) IN ('error', 'status_code_error', '2')
FROM spans WHERE trace_id = ? ORDER BY start_ns, span_id LIMIT ?
"""


@dataclass(frozen=True, slots=True)
class TraceSpan:
    """One span: its depth below the root, when it began (ms after the first), how long it and its own part took."""

    service: str
    operation: str
    depth: int
    start_ms: float
    duration_ms: float
    own_ms: float
    failed: bool


def example_trace(warehouse: Warehouse, seen: IncidentSummary) -> tuple[str, tuple[TraceSpan, ...]] | None:
    """Return the id and spans, in order of time, of a rather slow request of the window; None without traces."""
    bounds = {name: value for name, value in parameters(seen).items() if name in ("since", "until")}
    chosen = warehouse.connection.execute(_CHOSEN, bounds).fetchone()
    if chosen is None:
        return None
    rows = warehouse.connection.execute(_SPANS, [chosen[0], MOST_SPANS]).fetchall()
    parents = {row[0]: row[1] for row in rows}
    below: dict[str, float] = {}
    for _, parent, _, _, _, duration, _ in rows:
        below[parent] = below.get(parent, 0.0) + duration
    spans = tuple(
        TraceSpan(
            service, operation, _depth(parents, key), start, duration, max(0.0, duration - below.get(key, 0.0)), failed
        )
        for key, _, service, operation, start, duration, failed in rows
    )
    return chosen[0], spans


def _depth(parents: dict[str, str | None], key: str) -> int:
    depth, above = 0, parents.get(key)
    while above in parents and depth < MOST_SPANS:
        depth, above = depth + 1, parents[above]
    return depth
