"""Own time of every span, in SQL: its duration minus the union of its children's intervals.

A caller's waiting is not its own time. Children are clipped to their parent, so that clocks which
disagree and asynchronous children that outlive it do no harm; parents that are missing, a span
that names itself and cycles of parents need no special care, because a span only ever looks at its
direct children. The union is a running maximum over the children ordered by their start.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from rca.warehouse import Warehouse
from schemas.evidence import Window

LONGEST_NS = 864_000_000_000_000
"""Ten days is the longest duration that is believed: the sums stay far from overflow."""

# An interval in whole nanoseconds; a duration that is negative or not a number counts as zero.
_DURATION_NS = f"""
    CASE WHEN isfinite(duration_ms) AND duration_ms > 0
         THEN CAST(least(duration_ms, {LONGEST_NS}e-6) * 1e6 AS BIGINT) ELSE 0 END
"""

# Names repeat, so they are kept as numbers: an enumeration sorts, joins and is read like the text. Traces and spans are
# known by a hash of 64 bits: among ten million spans two meet by chance once in 300,000 reductions.
_NAME_TYPES = {"reduced_service": "service", "reduced_operation": "operation"}
_NAMES = "FROM spans WHERE start_ns >= {low} AND start_ns < {high}"
MOST_NAMES = 50_000
"""Of more names (they carry ids) the text is kept: to number them would cost more than it saves."""

# a row is one span that touches the period; `id` is its place in the table. `own` says whether it began in the
# period itself: children that began after its end are only needed to know what their parents waited for. Names of spans
# outside the period, or that came since the names were numbered, have no number: those spans are left out.
_SPANS = f"""
CREATE OR REPLACE TEMP TABLE reduced_spans AS
WITH timed AS (
    SELECT rowid AS id, hash(trace_id) AS trace_id, hash(trace_id, span_id) AS span,
           CASE WHEN parent_span_id <> span_id THEN hash(trace_id, parent_span_id) END AS parent_span,
           TRY_CAST(service AS reduced_service) AS service, TRY_CAST(operation AS reduced_operation) AS operation,
           status = 'error' AS failed, start_ns, start_ns + {_DURATION_NS} AS end_ns
    FROM spans
), longest AS (
    SELECT coalesce(max(end_ns - start_ns), 0) AS ns FROM timed WHERE start_ns >= $low AND start_ns < $high
)
SELECT timed.*, start_ns < $high AS own FROM timed, longest
WHERE start_ns >= $low AND start_ns < $high + longest.ns AND service IS NOT NULL AND operation IS NOT NULL
"""

# a row is a span that was stored more than once: only its first copy counts
_DUPLICATES = """
DELETE FROM reduced_spans WHERE id NOT IN (SELECT min(id) FROM reduced_spans GROUP BY span)
"""

# a row is one parent and one of its children, with the child's interval clipped to the parent's
_LINKS = """
CREATE OR REPLACE TEMP TABLE reduced_links AS
SELECT parent.id AS parent, child.id AS child,
       greatest(child.start_ns, parent.start_ns) AS start_ns, least(child.end_ns, parent.end_ns) AS end_ns,
       child.end_ns > parent.end_ns AS outlives,
       parent.service AS caller_service, parent.operation AS caller_operation,
       child.service AS callee_service, child.operation AS callee_operation
FROM reduced_spans AS child JOIN reduced_spans AS parent ON child.parent_span = parent.span
"""

# a row is one span of the period with its own time, and its only child when it has just one
_SELF = """
CREATE OR REPLACE TEMP TABLE reduced_self AS
WITH ordered AS (
    -- a row is a child; `reached` is how far its earlier siblings have covered the parent. A child outside its
    -- parent ends before it begins once clipped, and covers nothing
    SELECT parent, child, start_ns, end_ns, outlives,
           max(end_ns) OVER (PARTITION BY parent ORDER BY start_ns, end_ns
                             ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS reached
    FROM reduced_links
), parents AS (
    -- a row is one span with children
    SELECT parent, count(*) AS n, min(child) AS child, bool_or(outlives OR reached > start_ns) AS beside,
           sum(greatest(0, end_ns - greatest(start_ns, coalesce(reached, start_ns)))) AS covered_ns
    FROM ordered GROUP BY parent
)
SELECT s.id, s.trace_id, s.service, s.operation, s.failed, s.start_ns,
       (s.end_ns - s.start_ns) / 1e6 AS total_ms,
       (s.end_ns - s.start_ns - coalesce(parents.covered_ns, 0)) / 1e6 AS self_ms,
       coalesce(parents.n, 0) AS children, parents.beside, CASE WHEN parents.n = 1 THEN parents.child END AS only_child,
       up.parent, up.caller_service, up.caller_operation
FROM reduced_spans AS s
LEFT JOIN parents ON parents.parent = s.id
LEFT JOIN reduced_links AS up ON up.child = s.id
WHERE s.own
"""

_TABLES = ("reduced_self", "reduced_links", "reduced_spans")


def nanoseconds(window: Window) -> tuple[int, int]:
    """Return the window's bounds as whole nanoseconds since 1970."""
    start, end = (round(moment.timestamp() * 1e6) * 1000 for moment in (window.start, window.end))
    return start, end


def _number_names(connection: duckdb.DuckDBPyConnection, low: int, high: int) -> None:
    """Make the types of services and operations: numbers in the order of the names."""
    spans = _NAMES.format(low=int(low), high=int(high) + LONGEST_NS)
    for name, column in _NAME_TYPES.items():
        row = connection.execute(f"SELECT approx_count_distinct({column}) {spans}").fetchone()
        listed = f"ENUM (SELECT DISTINCT {column} {spans} AND {column} IS NOT NULL ORDER BY 1)"
        connection.execute(f"CREATE TEMP TYPE {name} AS {listed if row and row[0] <= MOST_NAMES else 'VARCHAR'}")


@contextmanager
def self_times(warehouse: Warehouse, low: int, high: int) -> Iterator[duckdb.DuckDBPyConnection]:
    """Reduce the spans that began in [low, high) and hand out the connection that holds the result.

    Inside the context the temporary table `reduced_self` has one row per span, with `self_ms`,
    `total_ms`, `children`, `beside` (whether these overlap or outlive it), `only_child` (id), `parent` (id) and the
    caller's names; `reduced_links` has one row per parent and child.

    Parameters
    ----------
    low, high
        Nanoseconds since 1970.
    """
    connection = warehouse.connection
    try:
        _number_names(connection, low, high)
        connection.execute(_SPANS, {"low": low, "high": high})
        repeated = "SELECT 1 FROM reduced_spans GROUP BY span HAVING count(*) > 1 LIMIT 1"
        if connection.execute(repeated).fetchone():
            connection.execute(_DUPLICATES)
        connection.execute(_LINKS)
        connection.execute(_SELF)
        yield connection
    finally:
        for table in _TABLES:
            connection.execute(f"DROP TABLE IF EXISTS temp.{table}")
        for name in _NAME_TYPES:
            connection.execute(f"DROP TYPE IF EXISTS {name}")
