"""How long each component works by itself on a request, before and since: p50, p95, p99 over a sample of traces."""

from dataclasses import dataclass

from rca.contrast.periods import WHEN, parameters
from rca.warehouse import Warehouse
from schemas.analysis import IncidentSummary

SAMPLE = 2000
"""Traces of each period, drawn by a hash of their id."""
MOST = 10

_OWN = f"""
WITH found AS (  -- a row is a trace and its period
    SELECT trace_id, any_value(period) AS period FROM (
        SELECT trace_id, {WHEN} AS period FROM (SELECT trace_id, start AS ts, parent_span_id FROM spans)
        WHERE parent_span_id IS NULL
    ) WHERE period IS NOT NULL GROUP BY trace_id
),
drawn AS (
    SELECT * FROM found QUALIFY row_number() OVER (PARTITION BY period ORDER BY hash(trace_id), trace_id) <= {SAMPLE}
),
traced AS (SELECT s.*, d.period FROM spans AS s JOIN drawn AS d USING (trace_id)),
called AS (
    SELECT trace_id, parent_span_id AS span_id, sum(duration_ms) AS below FROM traced
    WHERE parent_span_id IS NOT NULL GROUP BY ALL
),
-- a row is a trace and a service: what the service took itself; calls that overlap count as one after the other
own AS (
    SELECT period, trace_id, service, sum(greatest(0, duration_ms - coalesce(below, 0))) AS ms
    FROM traced LEFT JOIN called USING (trace_id, span_id) GROUP BY ALL
)
SELECT service, period, count(*), quantile_cont(ms, [0.5, 0.95, 0.99]) FROM own GROUP BY ALL
"""


@dataclass(frozen=True, slots=True)
class ComponentTime:
    """Milliseconds of one component's own per request, as (p50, p95, p99); requests of both periods."""

    service: str
    before: tuple[float, float, float]
    since: tuple[float, float, float]
    n: tuple[int, int]


def component_times(warehouse: Warehouse, seen: IncidentSummary) -> tuple[ComponentTime, ...]:
    """Return the components seen in both periods, the one whose median grew most first."""
    found: dict[str, dict[str, tuple[int, list[float]]]] = {}
    for service, period, n, quantiles in warehouse.connection.execute(_OWN, parameters(seen)).fetchall():
        found.setdefault(service, {})[period] = (n, quantiles)
    both = [
        ComponentTime(
            service,
            (each["before"][1][0], each["before"][1][1], each["before"][1][2]),
            (each["since"][1][0], each["since"][1][1], each["since"][1][2]),
            (each["before"][0], each["since"][0]),
        )
        for service, each in found.items()
        if len(each) == 2  # noqa: PLR2004 - both periods
    ]
    return tuple(sorted(both, key=lambda one: (one.before[0] - one.since[0], one.service))[:MOST])
