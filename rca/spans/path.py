"""What of every span's time its callers, up to the request, really waited for.

A call that nobody waits for (it ends after its caller) makes nothing slower, and of calls that run side by side only
the one that ends last is waited for. So each child gets a part of its parent: what no sibling that ends later covers;
of a child that outlives its parent, what remains once the others have ended. What was not waited for of a span is not
waited for of its children either. Nearly all spans are waited for as a whole: only the others are written down.

Clocks of two hosts disagree, and then a callee seems to outlive the caller that waits for it. It shows in that it
outlives it by as much whether it is quick or slow: such calls count as those that end in time.

References
----------
Zhang et al., "CRISP: Critical Path Analysis of Large-Scale Microservice Architectures", USENIX ATC 2022.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import duckdb

DEEPEST = 64
"""So many levels below a call that is not waited for are followed; cycles of parents end there too."""

WAITED = 0.5
"""Calls that outlive their caller by less than this for each millisecond that they take longer are waited for."""

# a row is one request of the target that others called: all of it is waited for, whatever they do
_ENTRIES = """
CREATE OR REPLACE TEMP TABLE reduced_entries AS
SELECT id FROM reduced_self WHERE parent IS NOT NULL AND service IN (SELECT unnest($targets))
  AND NOT coalesce(caller_service IN (SELECT unnest($targets)), FALSE)
"""

# a row is one call that outlives its caller, which does not wait for its end
_LATE = """
CREATE OR REPLACE TEMP TABLE reduced_late AS
WITH outliving AS (
    SELECT l.child AS id, l.caller_service, l.caller_operation, l.callee_service, l.callee_operation,
           s.end_ns - l.end_ns AS over_ns, s.end_ns - s.start_ns AS took_ns
    FROM reduced_links AS l JOIN reduced_spans AS s ON s.id = l.child WHERE l.outlives
), in_time AS (
    -- a row is one pair of operations whose calls outlive the caller by a skewed clock only
    SELECT caller_service, caller_operation, callee_service, callee_operation FROM outliving
    GROUP BY ALL HAVING regr_slope(over_ns, took_ns) < $waited
)
SELECT id FROM outliving ANTI JOIN in_time USING (caller_service, caller_operation, callee_service, callee_operation)
"""

# a row is one span that is not waited for as a whole, with the part that is
_WAITED = """
CREATE OR REPLACE TEMP TABLE reduced_waited AS
WITH beside AS (
    -- a row is one child of a span whose children overlap or outlive it
    SELECT l.parent, l.child AS id, l.start_ns, l.end_ns, late.id IS NOT NULL AS late
    FROM reduced_links AS l SEMI JOIN (SELECT id FROM reduced_self WHERE beside) AS s ON s.id = l.parent
    LEFT JOIN reduced_late AS late ON late.id = l.child
), ranked AS (
    -- `covered_ns`: from where on siblings that end later cover it
    SELECT id, parent, start_ns, end_ns, late, min(CASE WHEN NOT late THEN start_ns END) OVER (
           PARTITION BY parent ORDER BY end_ns DESC, start_ns, id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
           ) AS covered_ns
    FROM beside
), parts AS (
    SELECT id, parent, start_ns, CASE WHEN late THEN end_ns ELSE covered_ns END AS until_ns, late FROM ranked
    WHERE late OR covered_ns < end_ns
), free AS (
    -- a row is one span with such a call; `free_ns`: when those that end in time have ended
    SELECT parent, max(end_ns) AS free_ns FROM beside SEMI JOIN (SELECT parent FROM parts WHERE late) USING (parent)
    WHERE NOT late GROUP BY parent
)
SELECT id, CASE WHEN late THEN greatest(start_ns, free_ns) ELSE start_ns END AS from_ns, until_ns
FROM parts LEFT JOIN free USING (parent) ANTI JOIN reduced_entries USING (id)
"""

# a row is one child of a span that was cut, with what is left of its own part
_BELOW = """
CREATE OR REPLACE TEMP TABLE reduced_below AS
WITH children AS (
    SELECT l.child AS id, up.from_ns AS low, up.until_ns AS high,
           coalesce(w.from_ns, l.start_ns) AS from_ns, coalesce(w.until_ns, l.end_ns) AS until_ns
    FROM reduced_links AS l JOIN reduced_cut AS up ON up.id = l.parent LEFT JOIN reduced_waited AS w ON w.id = l.child
)
SELECT id, greatest(from_ns, low) AS from_ns, least(until_ns, high) AS until_ns
FROM children ANTI JOIN reduced_entries USING (id) WHERE from_ns < until_ns AND (from_ns < low OR until_ns > high)
"""

# a row is one span that is not waited for as a whole, with what of its own time is
_PATH = """
CREATE OR REPLACE TEMP TABLE reduced_path AS
WITH children AS (
    -- a row is one such span of which a part is, and that called something
    SELECT up.id, sum(greatest(0, least(coalesce(w.until_ns, l.end_ns), up.until_ns)
                                  - greatest(coalesce(w.from_ns, l.start_ns), up.from_ns))) AS covered_ns
    FROM reduced_links AS l JOIN reduced_waited AS up ON up.id = l.parent
    LEFT JOIN reduced_waited AS w ON w.id = l.child WHERE up.from_ns < up.until_ns GROUP BY up.id
)
SELECT id, greatest(0, until_ns - from_ns - coalesce(covered_ns, 0)) / 1e6 AS path_ms
FROM reduced_waited LEFT JOIN children USING (id)
"""

_TABLES = ("reduced_path", "reduced_below", "reduced_cut", "reduced_waited", "reduced_late", "reduced_entries")


@contextmanager
def path_times(connection: duckdb.DuckDBPyConnection, targets: Sequence[str]) -> Iterator[None]:
    """Find what was waited for; inside `self_times`.

    Inside the context the temporary table `reduced_path` has one row for each span that is not waited for as a whole:
    `id` and `path_ms`, what of its own time is.

    Parameters
    ----------
    targets
        The services whose requests are complained of, as the spans name them.
    """
    try:
        connection.execute(_ENTRIES, {"targets": list(targets)})
        connection.execute(_LATE, {"waited": WAITED})
        connection.execute(_WAITED)
        connection.execute("CREATE OR REPLACE TEMP TABLE reduced_cut AS FROM reduced_waited")
        for _ in range(DEEPEST):
            connection.execute(_BELOW)
            found = connection.execute("SELECT count(*) FROM reduced_below").fetchone()
            if not found or not found[0]:
                break
            connection.execute("DELETE FROM reduced_waited WHERE id IN (SELECT id FROM reduced_below)")
            connection.execute("INSERT INTO reduced_waited FROM reduced_below")
            connection.execute("CREATE OR REPLACE TEMP TABLE reduced_cut AS FROM reduced_below")
        connection.execute(_PATH)
        yield
    finally:
        for table in _TABLES:
            connection.execute(f"DROP TABLE IF EXISTS temp.{table}")
