"""What a metric needs to know of a model's prediction table."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from rca.warehouse import Warehouse
from rca.warehouse.store import literal, quote
from schemas.system import PROBABILITY_PREFIX, Node

MANY_ROWS = 2_000_000
"""In a period looked at, metrics of more rows are taken from a sample of about as many."""

LOOKED_AT = timedelta(weeks=8)
FLOATING = ("FLOAT", "DOUBLE", "REAL")


@dataclass(frozen=True, slots=True)
class PredictionTable:
    """One model's wide table, its names already quoted for SQL.

    Parameters
    ----------
    name, task
        The table and what the model predicts.
    features
        `(column, is_floating)` of every feature; floating columns may hold NaN.
    probabilities
        Class -> column of its probability (multiclass).
    outcomes
        What metrics of predictions and labels are read from: the table, and where old rows were removed also what was
        kept of them; '' for the table alone.
    thinning
        One row in so many is enough for a metric: more than 1 only in a log of very many rows.
    """

    name: str
    task: str
    features: tuple[tuple[str, bool], ...] = ()
    probabilities: tuple[tuple[str, str], ...] = ()
    outcomes: str = ""
    thinning: int = 1


def prediction_table(warehouse: Warehouse, node: Node) -> PredictionTable | None:
    """Return the node's prediction table as registered, or None when it has no prediction log."""
    found = warehouse.connection.execute(
        "SELECT table_name, task FROM prediction_tables WHERE node = ?", [node.id]
    ).fetchone()
    if found is None:
        return None
    columns = warehouse.connection.execute(
        "SELECT column_name, physical, role, type FROM prediction_columns "
        "WHERE node = ? AND role IN ('feature', 'probability') ORDER BY column_name",
        [node.id],
    ).fetchall()
    probabilities = [quote(physical) for _, physical, role, _ in columns if role == "probability"]
    return PredictionTable(
        name=quote(found[0]),
        task=found[1],
        features=tuple((quote(physical), kept in FLOATING) for _, physical, role, kept in columns if role == "feature"),
        probabilities=tuple(
            (column.removeprefix(PROBABILITY_PREFIX), quote(physical))
            for column, physical, role, _ in columns
            if role == "probability"
        ),
        thinning=_thinning(warehouse, quote(found[0])),
        outcomes=_with_rolled(node.id, found[1], quote(found[0]), probabilities) if _rolled_up(warehouse, node) else "",
    )


def _thinning(warehouse: Warehouse, table: str) -> int:
    """Return in how many rows one is enough, from how dense the log is; the table's statistics tell it at once."""
    row = warehouse.connection.execute(f"SELECT count(*), min(ts), max(ts) FROM {table}").fetchone()
    if row is None or row[0] <= MANY_ROWS:
        return 1
    looked_at: float = min(1.0, LOOKED_AT / max(row[2] - row[1], timedelta(hours=1)))
    return max(1, round(int(row[0]) * looked_at / MANY_ROWS))


def thin(every: int) -> str:
    """Return the SQL condition of one row in so many: always the same rows, whatever was stored before them."""
    return f"(_row * 48271 + _file * 69621) % 65537 % {int(every)} = 0" if every > 1 else "TRUE"


def _rolled_up(warehouse: Warehouse, node: Node) -> bool:
    row = warehouse.connection.execute("SELECT 1 FROM rollups WHERE node = ? LIMIT 1", [node.id]).fetchone()
    return row is not None


def _with_rolled(node: str, task: str, table: str, probabilities: Sequence[str]) -> str:
    """Return SQL of all rows, also of those that were removed: each of these lies somewhere in its hour.

    What was not kept of them is null, and so does not count in a metric that needs it.
    """
    kept = "VARCHAR" if task == "multiclass" else "DOUBLE"
    fixed = "_file, _row, ts, split, query_id, prediction, label"
    return f"""(
    SELECT {", ".join((fixed, *probabilities))} FROM {table} UNION ALL
    -- a row is one removed row
    SELECT -1, place, hour + to_microseconds(CAST(3.6e9 * (place - 0.5) / total AS BIGINT)), 'production', NULL,
           CAST(prediction AS {kept}), CAST(label AS {kept}){", NULL" * len(probabilities)}
    FROM (
        SELECT hour, prediction, label, count(*) OVER (PARTITION BY hour) AS total,
               row_number() OVER (PARTITION BY hour ORDER BY hash(prediction, label, copy), copy) AS place
        FROM (
            SELECT hour, prediction, label, unnest(range(rows)) AS copy FROM rolled_outcomes
            WHERE node = {literal(node)} AND hour < $end AND hour >= CAST($start AS TIMESTAMP) - INTERVAL 1 HOUR
        )
    )
)"""
