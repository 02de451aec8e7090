"""What a model predicted and what came true, before and since: confusion matrix and precision-recall curve."""

from dataclasses import dataclass

from rca.contrast.periods import WHEN, parameters
from rca.metrics import prediction_table
from rca.warehouse import Warehouse
from schemas.analysis import Analysis, IncidentSummary
from schemas.system import Node, System

MOST_CLASSES = 6
"""Classes that are told apart; the rest are counted together."""
STEPS = 40
"""Thresholds of a precision-recall curve."""
REST = "others"


@dataclass(frozen=True, slots=True)
class Confusion:
    """Labelled rows by predicted and true class. `before` and `since` hold rows[true][predicted]."""

    classes: tuple[str, ...]
    before: tuple[tuple[int, ...], ...]
    since: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class PrecisionRecall:
    """Points (recall, precision) of thresholds falling from 1 to 0."""

    before: tuple[tuple[float, float], ...]
    since: tuple[tuple[float, float], ...]


def model_of(warehouse: Warehouse, answer: Analysis, system: System) -> Node | None:
    """Return the model whose outcomes tell of an incident: its own node, or the last one on the first way of blame."""
    logged = {row[0] for row in warehouse.connection.execute("SELECT node FROM prediction_tables").fetchall()}
    path = answer.causes[0].blame_path if answer.causes else ()
    names = (answer.incident.node, *reversed(path))
    return next((system.by_id[name] for name in names if name in logged and name in system.by_id), None)


def confusion(warehouse: Warehouse, node: Node, seen: IncidentSummary) -> Confusion | None:
    """Return the confusion matrices of a classifier; None for other models, or where one period has no labelled row."""
    table = prediction_table(warehouse, node)
    if table is None or table.task not in ("binary", "multiclass"):
        return None
    said = "(prediction >= $threshold)::INTEGER::VARCHAR" if table.task == "binary" else "prediction"
    true = "(label >= 0.5)::INTEGER::VARCHAR" if table.task == "binary" else "label"
    found = warehouse.connection.execute(
        f"SELECT {WHEN} AS period, {true} AS true, {said} AS said, count(*) FROM {table.name} "
        "WHERE split = 'production' AND label IS NOT NULL AND prediction IS NOT NULL AND period IS NOT NULL "
        "GROUP BY ALL",
        parameters(seen) | ({"threshold": node.threshold} if table.task == "binary" else {}),
    ).fetchall()
    if {row[0] for row in found} != {"before", "since"}:
        return None
    counts: dict[str, int] = {}
    for _, truth, _, n in found:
        counts[truth] = counts.get(truth, 0) + n
    frequent = sorted(sorted(counts, key=lambda name: -counts[name])[:MOST_CLASSES])
    named = {name: name for name in frequent}
    classes = (*frequent, REST) if any(row[1] not in named or row[2] not in named for row in found) else (*frequent,)
    cells = {(when, a, b): 0 for when in ("before", "since") for a in classes for b in classes}
    for when, truth, predicted, n in found:
        cells[when, named.get(truth, REST), named.get(predicted, REST)] += n
    before, since = (tuple(tuple(cells[when, a, b] for b in classes) for a in classes) for when in ("before", "since"))
    return Confusion(classes, before, since)


def precision_recall(warehouse: Warehouse, node: Node, seen: IncidentSummary) -> PrecisionRecall | None:
    """Return the precision-recall curves of a binary classifier; None where a period lacks one of the classes."""
    table = prediction_table(warehouse, node)
    if table is None or table.task != "binary":
        return None
    found = warehouse.connection.execute(
        f"""
        WITH binned AS (  -- a row is a period and a step of the score: rows and positives in it
            SELECT {WHEN} AS period, least(floor(greatest(prediction, 0) * {STEPS}), {STEPS - 1}) AS step,
                count(*) AS n, count(*) FILTER (label >= 0.5) AS hits
            FROM {table.name} WHERE split = 'production' AND label IS NOT NULL AND isfinite(prediction)
                AND period IS NOT NULL GROUP BY ALL
        )
        SELECT period, sum(hits) OVER above / sum(hits) OVER whole, sum(hits) OVER above / sum(n) OVER above
        FROM binned WINDOW above AS (PARTITION BY period ORDER BY step DESC), whole AS (PARTITION BY period)
        ORDER BY period, step DESC
        """,
        parameters(seen),
    ).fetchall()
    curves = {
        when: tuple((recall, precision) for period, recall, precision in found if period == when and recall is not None)
        for when in ("before", "since")
    }
    return PrecisionRecall(**curves) if all(len(curve) > 1 for curve in curves.values()) else None
