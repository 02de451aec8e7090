"""Which columns of a model's log moved lately: the last week against the four before, from the profile alone.

The measure is the population stability index (Siddiqi, "Credit Risk Scorecards", 2006, chapter 7): 0.1 is moderate,
0.25 large. That a column drifted does not say that it matters: an analysis does.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from rca.warehouse import Warehouse

RECENT, BEFORE = timedelta(days=7), timedelta(days=28)
FLOOR = 1e-4
FEWEST = 100
"""With fewer values on a side nothing is told."""

NULL = -1

_DRIFT = f"""
WITH last AS (SELECT max(hour) AS hour FROM profile WHERE node = $node AND split = 'production'),
-- a row is a bin of a column: how many fell into it lately, and before
counts AS (
    SELECT column_name, part, bin, sum(n) FILTER (p.hour > last.hour - $recent) AS now,
        sum(n) FILTER (p.hour <= last.hour - $recent) AS past
    FROM profile AS p, last
    WHERE node = $node AND split = 'production' AND p.hour > last.hour - $recent - $before
        AND NOT (column_name = 'label' AND bin = {NULL})  -- labels of the last days are not known yet
    GROUP BY ALL
),
-- a row is a bin with its shares
shares AS (
    SELECT *, sum(now) OVER col AS now_of, sum(past) OVER col AS past_of,
        greatest(coalesce(now, 0) / sum(now) OVER col, {FLOOR}) AS q,
        greatest(coalesce(past, 0) / sum(past) OVER col, {FLOOR}) AS p
    FROM counts WINDOW col AS (PARTITION BY column_name, part)
)
SELECT column_name, part, sum((q - p) * ln(q / p)) AS psi, any_value(now_of)::BIGINT, any_value(past_of)::BIGINT,
    coalesce(sum(now) FILTER (bin = {NULL}), 0) / any_value(now_of) AS null_now,
    coalesce(sum(past) FILTER (bin = {NULL}), 0) / any_value(past_of) AS null_past,
    (SELECT hour FROM last)
FROM shares WHERE now_of >= {FEWEST} AND past_of >= {FEWEST} GROUP BY column_name, part
ORDER BY psi DESC, column_name, part
"""


@dataclass(frozen=True, slots=True)
class ColumnDrift:
    """How far one column (or part of a vector) moved; shares of nulls lately and before; how many values there were."""

    column: str
    psi: float
    null_now: float
    null_before: float
    now: int
    before: int


def drift_overview(warehouse: Warehouse, node: str) -> tuple[datetime | None, tuple[ColumnDrift, ...]]:
    """Return the last hour (UTC, naive; None without any) of a model's log, and its columns, the most moved first."""
    rows = warehouse.connection.execute(_DRIFT, {"node": node, "recent": RECENT, "before": BEFORE}).fetchall()
    columns = tuple(
        ColumnDrift(f"{column}[{part}]" if part else column, psi, null_now, null_before, now, before)
        for column, part, psi, now, before, null_now, null_before, _ in rows
    )
    return (rows[0][-1] if rows else None), columns
