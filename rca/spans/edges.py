"""Which service calls which, and how much time is lost between the two."""

from dataclasses import dataclass

from rca.spans.reduce import nanoseconds, self_times
from rca.warehouse import Warehouse
from schemas.evidence import Window


@dataclass(frozen=True, slots=True)
class SpanEdge:
    """Calls from one operation to an operation of another service.

    Parameters
    ----------
    n_before, n_after
        Calls over baseline and window.
    gap_before, gap_after
        Mean of the caller's span less the callee's, milliseconds: network and queues between
        them. Only over calling spans that do nothing else (one child); NaN when there are none.
    """

    caller: str
    callee: str
    caller_operation: str
    callee_operation: str
    n_before: int
    n_after: int
    gap_before: float
    gap_after: float


_EDGES = """
WITH gaps AS (
    -- a row is one call across services; `gap` is what the caller waited beyond the callee's own span
    SELECT l.caller_service, l.callee_service, l.caller_operation, l.callee_operation,
           s.start_ns >= $after_low AND s.start_ns < $after_high AS is_after,
           s.start_ns >= $before_low AND s.start_ns < $before_high AS is_before,
           CASE WHEN s.children = 1 THEN s.self_ms END AS gap
    FROM reduced_links AS l JOIN reduced_self AS s ON s.id = l.parent
    WHERE l.caller_service <> l.callee_service
)
SELECT caller_service, callee_service, caller_operation, callee_operation,
       count(*) FILTER (is_before), count(*) FILTER (is_after),
       coalesce(avg(gap) FILTER (is_before), 'nan'), coalesce(avg(gap) FILTER (is_after), 'nan')
FROM gaps WHERE is_before OR is_after GROUP BY ALL ORDER BY ALL
"""


def span_edges(warehouse: Warehouse, baseline: Window, window: Window) -> tuple[SpanEdge, ...]:
    """Return every pair of operations in which one service calls another, ordered by name."""
    before, after = nanoseconds(baseline), nanoseconds(window)
    with self_times(warehouse, min(before[0], after[0]), max(before[1], after[1])) as connection:
        bounds = {"before_low": before[0], "before_high": before[1], "after_low": after[0], "after_high": after[1]}
        return tuple(SpanEdge(*row) for row in connection.execute(_EDGES, bounds).fetchall())


_PAIRS = """
-- a row is one pair of services of which the second calls the first
SELECT DISTINCT child.service, parent.service
FROM spans AS child JOIN spans AS parent
  ON child.trace_id = parent.trace_id AND child.parent_span_id = parent.span_id
WHERE child.service <> parent.service ORDER BY ALL
"""


def read_span_edges(warehouse: Warehouse) -> tuple[tuple[str, str], ...]:
    """Return (callee, caller) for every call between services: cause first, effect second."""
    return tuple((cause, effect) for cause, effect in warehouse.connection.execute(_PAIRS).fetchall())
