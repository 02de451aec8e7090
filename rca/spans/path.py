"""What of every span's time its callers, up to the request, really waited for.

Of calls that run side by side and end in time only the one that ends last is waited for: each gets the part of its
parent that no sibling that ends later covers. A late call (it ends after its caller) was not waited for to its end. If
calls of its kind end in time as well, its caller waits for them and this one it gave up: it is waited for until the
next call begins. Else nobody waits for such calls: it gets what remains once the others have ended. So no part is given
twice, and the caller's own time is all that no call got. What was not waited for of a span is not waited for of its
children either. Nearly all spans are waited for as a whole: only the others are written down.

Clocks of two hosts disagree, and then a callee seems to outlive the caller that waits for it. It shows in that it
outlives it by as much whether it is quick or slow: such calls count as those that end in time. Calls are compared with
the one before them, since a fault may slow a caller and a call that it does not wait for alike.

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

IN_TIME = 0.25
"""Where at least this share of an operation's calls end in time, its caller waits for them, but not for ever."""

# a row is one request of the target that others called: all of it is waited for, whatever they do
_ENTRIES = """
CREATE OR REPLACE TEMP TABLE reduced_entries AS
SELECT id FROM reduced_self WHERE parent IS NOT NULL AND service IN (SELECT unnest($targets))
  AND NOT coalesce(caller_service IN (SELECT unnest($targets)), FALSE)
"""

# a row is one call that outlives its caller, which does not wait for its end; `given_up`: it did wait at first. Calls
# whose slope is not known (there is one only, or all take equally long) are late.
_LATE = """
CREATE OR REPLACE TEMP TABLE reduced_late AS
WITH outliving AS (
    SELECT l.child AS id, l.caller_service, l.caller_operation, l.callee_service, l.callee_operation, s.start_ns,
           (s.end_ns - l.end_ns) / 1e6 AS over_ms, (s.end_ns - s.start_ns) / 1e6 AS took_ms
    FROM reduced_links AS l JOIN reduced_spans AS s ON s.id = l.child WHERE l.outlives
), steps AS (
    -- a row is one such call beside the one before it, of the same pair of operations
    SELECT caller_service, caller_operation, callee_service, callee_operation,
           over_ms - lag(over_ms) OVER before AS over_ms, took_ms - lag(took_ms) OVER before AS took_ms
    FROM outliving WINDOW before AS (
        PARTITION BY caller_service, caller_operation, callee_service, callee_operation ORDER BY start_ns, id)
), skewed AS (
    -- a row is one pair of operations whose calls outlive the caller by a skewed clock only
    SELECT caller_service, caller_operation, callee_service, callee_operation FROM steps
    GROUP BY ALL HAVING sum(over_ms * took_ms) / nullif(sum(took_ms * took_ms), 0) < $waited
), late AS (
    FROM outliving ANTI JOIN skewed USING (caller_service, caller_operation, callee_service, callee_operation)
), usual AS (
    -- a row is one pair of operations with late calls, of which enough end in time
    SELECT caller_service, caller_operation, callee_service, callee_operation FROM reduced_links
    SEMI JOIN late USING (caller_service, caller_operation, callee_service, callee_operation)
    GROUP BY ALL HAVING count(*) FILTER (NOT outlives) >= $in_time * count(*)
)
SELECT late.id, usual.caller_service IS NOT NULL AS given_up
FROM late LEFT JOIN usual USING (caller_service, caller_operation, callee_service, callee_operation)
"""

# a row is one span that is not waited for as a whole, with the part that is; siblings' parts have nothing in common
_WAITED = """
CREATE OR REPLACE TEMP TABLE reduced_waited AS
WITH beside AS (
    -- a row is one child of a span whose children overlap or outlive it
    SELECT l.parent, l.child AS id, l.start_ns, l.end_ns, late.id IS NOT NULL AS late, late.given_up
    FROM reduced_links AS l SEMI JOIN (SELECT id FROM reduced_self WHERE beside) AS s ON s.id = l.parent
    LEFT JOIN reduced_late AS late ON late.id = l.child
), ranked AS (
    -- `covered_ns`: from where on siblings that end later cover it
    SELECT id, parent, start_ns, end_ns, late, min(CASE WHEN NOT late THEN start_ns END) OVER (
           PARTITION BY parent ORDER BY end_ns DESC, start_ns, id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
           ) AS covered_ns
    FROM beside
), families AS (
    -- a row is one child of a span with a late one. `reached_ns`: when the siblings before it that end in time have
    -- ended; `free_ns`: when all have; `next_ns`, `late_ns`: when the next sibling, the next late one begin
    SELECT id, start_ns, end_ns, late, given_up, max(CASE WHEN NOT late THEN end_ns END) OVER earlier AS reached_ns,
           max(CASE WHEN NOT late THEN end_ns END) OVER (PARTITION BY parent) AS free_ns,
           min(start_ns) OVER later AS next_ns, min(CASE WHEN late THEN start_ns END) OVER later AS late_ns
    FROM beside SEMI JOIN (SELECT parent FROM beside WHERE late) USING (parent)
    WINDOW earlier AS (
        PARTITION BY parent ORDER BY start_ns, id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ), later AS (PARTITION BY parent ORDER BY start_ns, id ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING)
), parts AS (
    SELECT id, start_ns AS from_ns, covered_ns AS until_ns FROM ranked WHERE NOT late AND covered_ns < end_ns
    UNION ALL
    SELECT id, greatest(start_ns, CASE WHEN given_up THEN reached_ns ELSE free_ns END),
           least(end_ns, CASE WHEN given_up THEN next_ns ELSE late_ns END) FROM families WHERE late
)
FROM parts ANTI JOIN reduced_entries USING (id)
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

# callers of late calls that are waited for as a whole: what was not waited for of the calls is their own time
_CALLERS = """
INSERT INTO reduced_waited
SELECT id, start_ns, end_ns FROM reduced_spans
SEMI JOIN (SELECT l.parent AS id FROM reduced_links AS l SEMI JOIN reduced_late AS late ON late.id = l.child) USING (id)
ANTI JOIN reduced_waited USING (id)
"""

# a row is one span that is not waited for as a whole, or that made a late call, with what of its own time is waited for
_PATH = """
CREATE OR REPLACE TEMP TABLE reduced_path AS
WITH children AS (
    -- a row is one such span of which a part is waited for, and that called something
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

    Inside the context the temporary table `reduced_path` has one row for each span that is not waited for as a whole
    or that made a late call: `id` and `path_ms`, what of its own time is waited for.

    Parameters
    ----------
    targets
        The services whose requests are complained of, as the spans name them.
    """
    try:
        connection.execute(_ENTRIES, {"targets": list(targets)})
        connection.execute(_LATE, {"waited": WAITED, "in_time": IN_TIME})
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
        connection.execute(_CALLERS)
        connection.execute(_PATH)
        yield
    finally:
        for table in _TABLES:
            connection.execute(f"DROP TABLE IF EXISTS temp.{table}")
