"""Every model metric as SQL: the columns it reads of a row, and the steps that reduce them per bucket."""

from collections.abc import Callable
from dataclasses import dataclass

from rca.metrics import rows, steps
from rca.metrics.rows import LABEL, POSITIVE, PREDICTION, check_applicable, number
from rca.metrics.table import PredictionTable
from rca.warehouse.store import literal
from schemas.system import Node


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a metric is computed.

    Parameters
    ----------
    columns
        SQL select list over the prediction table.
    steps
        CTEs from `log` to `metric`.
    counted, positives
        Aggregates over `log`: rows that count in a bucket, and how many of them are (expected to be)
        positive where the metric is limited by the rarer class, else NULL. Both add up over buckets.
    """

    columns: str
    steps: str
    counted: str = "count(score)"
    positives: str = "NULL"


def _each_class(table: PredictionTable, positive: Callable[[str, str], str]) -> str:
    """Return a select list that turns a row into one row per class: `(part, score, positive)`."""
    names = ", ".join(literal(name) for name, _ in table.probabilities)
    scores = ", ".join(f"({number(column)})" for _, column in table.probabilities)
    truths = ", ".join(positive(literal(name), number(column)) for name, column in table.probabilities)
    return f"unnest([{names}]) AS part, unnest([{scores}]) AS score, unnest([{truths}]) AS positive"


def _within_unit(probability: str) -> str:
    # least/greatest skip NULL, which would turn a missing probability into 0
    return f"CASE WHEN ({probability}) IS NOT NULL THEN least(greatest({probability}, 0), 1) END"


BOTH = "score IS NOT NULL AND positive IS NOT NULL"
RARER = {"counted": f"count(*) FILTER ({BOTH})", "positives": f"sum(positive) FILTER ({BOTH})"}


def _area(areas: str, key: str) -> str:
    return f"{steps.SCORED},\n{areas},\n{steps.AREA}".replace("{key}", key)


def _auc(_: Node, table: PredictionTable) -> Recipe:
    if table.task == "multiclass":
        columns = _each_class(table, lambda name, _: f"CAST(label = {name} AS DOUBLE)")
        return Recipe(
            columns, _area(steps.RANKS, "bucket, part"), counted=f"count(positive) / {len(table.probabilities)}"
        )
    positive = f"CAST(({LABEL}) > 0 AS DOUBLE)" if table.task == "ranking" else POSITIVE
    return Recipe(f"{PREDICTION} AS score, {positive} AS positive", _area(steps.RANKS, "bucket"), **RARER)


def _estimated_auc(_: Node, table: PredictionTable) -> Recipe:
    if table.task == "multiclass":
        columns = _each_class(table, lambda _, probability: _within_unit(probability))
        return Recipe(
            columns, _area(steps.EXPECTED, "bucket, part"), counted=f"count(score) / {len(table.probabilities)}"
        )
    columns = f"{PREDICTION} AS score, {_within_unit(PREDICTION)} AS positive"
    return Recipe(columns, _area(steps.EXPECTED, "bucket"), **RARER)


def _f1(node: Node, table: PredictionTable) -> Recipe:
    if table.task == "multiclass":
        return Recipe("prediction, label", steps.F1_MACRO, counted="count(label)")
    return Recipe(f"{rows.positive_rate(node, table)} AS score, {POSITIVE} AS positive", steps.F1_BINARY, **RARER)


def _ndcg(_: Node, __: PredictionTable) -> Recipe:
    columns = f"query_id AS query, {PREDICTION} AS score, {LABEL} AS label"
    return Recipe(columns, steps.NDCG, counted="count(DISTINCT query) FILTER (score IS NOT NULL AND label > 0)")


def _rmse(node: Node, table: PredictionTable) -> Recipe:
    return Recipe(f"{rows.squared_error(node, table)} AS score", steps.ROOT)


COMPOSED = {"auc": _auc, "estimated_auc": _estimated_auc, "f1": _f1, "ndcg": _ndcg, "rmse": _rmse}


def recipe(node: Node, table: PredictionTable, metric: str) -> Recipe:
    """Return how to compute a model metric from the rows of a prediction table.

    Raises
    ------
    InputError
        When the metric means nothing for the task, or needs columns that are not logged.
    """
    check_applicable(node, table, metric)
    if metric in COMPOSED:
        return COMPOSED[metric](node, table)
    return Recipe(f"{rows.MEANS[metric](node, table)} AS score", steps.MEAN)
