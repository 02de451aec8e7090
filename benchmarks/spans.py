"""How fast spans are reduced to profiles and edges: `python -m benchmarks.spans [spans ...]`."""

import resource
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from rca.spans import operation_profiles, read_span_edges, span_edges
from rca.warehouse import Warehouse
from schemas.evidence import Window

SPANS_A_TRACE = 20
TRACE_EVERY_MS = 100
START = datetime(2026, 3, 4, tzinfo=UTC)

# a row is one span of a binary tree of calls over twenty services, siblings overlapping by half
FILL = f"""
INSERT INTO spans
WITH place AS (SELECT i, i // {SPANS_A_TRACE} AS trace, i % {SPANS_A_TRACE} AS k FROM range($n) AS t(i)),
timed AS (SELECT *, epoch_us($start) + trace * {TRACE_EVERY_MS} * 1000 + k * 1000 AS us FROM place)
SELECT 1, md5(trace::VARCHAR), printf('%016x', i),
       CASE WHEN k > 0 THEN printf('%016x', trace * {SPANS_A_TRACE} + (k - 1) // 2) END,
       'service-' || k, 'operation-' || k, make_timestamp(us), us * 1000,
       2.0 * ({SPANS_A_TRACE} - k) + hash(i) % 100 / 50.0, CASE WHEN hash(i) % 97 = 0 THEN 'error' ELSE 'ok' END, NULL
FROM timed
"""


def timed(what: str, spans: int, run: Callable[[], object]) -> None:
    """Run twice and print the better time."""
    best = min(_seconds(run) for _ in range(2))
    print(f"{what:<20} {spans:>11,} spans  {best:7.3f} s  {spans / best / 1e6:6.2f} M spans/s")


def _seconds(run: Callable[[], object]) -> float:
    begun = time.perf_counter()
    run()
    return time.perf_counter() - begun


def measure(spans: int) -> None:
    """Fill a temporary warehouse with that many spans and time each reduction."""
    length = timedelta(milliseconds=spans / SPANS_A_TRACE * TRACE_EVERY_MS)
    baseline, window = Window(START, START + length * 0.8), Window(START + length * 0.8, START + length)
    with Warehouse() as warehouse:
        warehouse.connection.execute(FILL, {"n": spans, "start": START.replace(tzinfo=None)})
        timed(
            "operation_profiles",
            spans,
            lambda: operation_profiles(warehouse, "service-0", baseline, window, max(length.total_seconds() / 60, 1.0)),
        )
        timed("span_edges", spans, lambda: span_edges(warehouse, baseline, window))
        timed("read_span_edges", spans, lambda: read_span_edges(warehouse))


def main() -> None:
    """Measure the sizes given as arguments."""
    for size in [int(text) for text in sys.argv[1:]] or [20_000, 1_000_000]:
        measure(size)
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB")


if __name__ == "__main__":
    main()
