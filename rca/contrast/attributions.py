"""How much each input moved a model's predictions, before and since, where its attributions were logged."""

from dataclasses import dataclass

from rca.contrast.periods import WHEN, parameters
from rca.metrics import prediction_table
from rca.warehouse import Warehouse
from rca.warehouse.store import quote
from schemas.analysis import IncidentSummary
from schemas.system import ATTRIBUTION_PREFIX, Node

MOST = 12
"""Inputs that are shown, those whose attribution moved most."""


@dataclass(frozen=True, slots=True)
class Attribution:
    """Mean absolute attribution of one input, in the unit that was logged."""

    column: str
    before: float
    since: float


def attribution_shift(warehouse: Warehouse, node: Node, seen: IncidentSummary) -> tuple[Attribution, ...]:
    """Return the inputs whose attributions moved most, that one first; none where none were logged."""
    table = prediction_table(warehouse, node)
    columns = warehouse.connection.execute(
        "SELECT column_name, physical FROM prediction_columns WHERE node = ? AND role = 'attribution'", [node.id]
    ).fetchall()
    if table is None or not columns:
        return ()
    means = ", ".join(f"avg(abs({quote(physical)})) AS a{place}" for place, (_, physical) in enumerate(columns))
    found = warehouse.connection.execute(
        f"SELECT {WHEN} AS period, {means} FROM {table.name} "
        "WHERE split = 'production' AND period IS NOT NULL GROUP BY period",
        parameters(seen),
    ).fetchall()
    periods = {row[0]: row[1:] for row in found}
    if set(periods) != {"before", "since"}:
        return ()
    moved = [
        Attribution(name.removeprefix(ATTRIBUTION_PREFIX), float(before), float(since))
        for (name, _), before, since in zip(columns, periods["before"], periods["since"], strict=True)
        if before is not None and since is not None
    ]
    return tuple(sorted(moved, key=lambda each: (-abs(each.since - each.before), each.column))[:MOST])
