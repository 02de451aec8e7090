"""Which columns of the models' logs moved lately: the last week against the four before, from the profile alone.

The measure is the population stability index (Siddiqi, "Credit Risk Scorecards", 2006, chapter 7): 0.1 is moderate,
0.25 large. That a column drifted does not say that it matters: an analysis does.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from rca.warehouse import Warehouse

RECENT, BEFORE = timedelta(days=7), timedelta(days=28)
FLOOR = 1e-4
FEWEST = 100
"""With fewer values on a side nothing is told."""

NULL = -1

_DRIFT = f"""
-- a row is a model and the last hour of its log
WITH last AS (
    SELECT node, max(hour) AS hour FROM profile
    WHERE node IN (SELECT unnest($nodes::VARCHAR[])) AND split = 'production' GROUP BY node
),
-- a row is a bin of a column: how many fell into it lately, and before
counts AS (
    SELECT node, column_name, part, bin, any_value(last.hour) AS hour,
        sum(n) FILTER (p.hour > last.hour - $recent) AS now,
        sum(n) FILTER (p.hour <= last.hour - $recent) AS past
    FROM profile AS p JOIN last USING (node)
    WHERE split = 'production' AND p.hour > last.hour - $recent - $before
        AND NOT (column_name = 'label' AND bin = {NULL})  -- labels of the last days are not known yet
    GROUP BY node, column_name, part, bin
),
-- a row is a bin with its shares
shares AS (
    SELECT *, sum(now) OVER col AS now_of, sum(past) OVER col AS past_of,
        greatest(coalesce(now, 0) / sum(now) OVER col, {FLOOR}) AS q,
        greatest(coalesce(past, 0) / sum(past) OVER col, {FLOOR}) AS p
    FROM counts WINDOW col AS (PARTITION BY node, column_name, part)
)
SELECT node, any_value(hour), column_name, part, sum((q - p) * ln(q / p)) AS psi,
    any_value(now_of)::BIGINT, any_value(past_of)::BIGINT,
    coalesce(sum(now) FILTER (bin = {NULL}), 0) / any_value(now_of) AS null_now,
    coalesce(sum(past) FILTER (bin = {NULL}), 0) / any_value(past_of) AS null_past
FROM shares WHERE now_of >= {FEWEST} AND past_of >= {FEWEST} GROUP BY node, column_name, part
ORDER BY node, psi DESC, column_name, part
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


@dataclass(frozen=True, slots=True)
class ModelDrift:
    """How far the columns of a model moved by the last hour (UTC, naive) of its log; the most moved first."""

    last: datetime
    columns: tuple[ColumnDrift, ...]


def drift_overview(warehouse: Warehouse, nodes: Iterable[str]) -> dict[str, ModelDrift]:
    """Return how far the columns of models moved; one of which too little is known is left out."""
    asked = {"nodes": list(nodes), "recent": RECENT, "before": BEFORE}
    found: dict[str, tuple[datetime, list[ColumnDrift]]] = {}
    for node, last, column, part, psi, now, before, null_now, null_before in warehouse.connection.execute(
        _DRIFT, asked
    ).fetchall():
        name = f"{column}[{part}]" if part else column
        found.setdefault(node, (last, []))[1].append(ColumnDrift(name, psi, null_now, null_before, now, before))
    return {node: ModelDrift(last, tuple(columns)) for node, (last, columns) in found.items()}
