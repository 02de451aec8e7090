"""What a metric needs to know of a model's prediction table."""

from dataclasses import dataclass

from rca.warehouse import Warehouse
from rca.warehouse.store import quote
from schemas.system import PROBABILITY_PREFIX, Node

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
    """

    name: str
    task: str
    features: tuple[tuple[str, bool], ...] = ()
    probabilities: tuple[tuple[str, str], ...] = ()


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
    return PredictionTable(
        name=quote(found[0]),
        task=found[1],
        features=tuple((quote(physical), kept in FLOATING) for _, physical, role, kept in columns if role == "feature"),
        probabilities=tuple(
            (column.removeprefix(PROBABILITY_PREFIX), quote(physical))
            for column, physical, role, _ in columns
            if role == "probability"
        ),
    )
