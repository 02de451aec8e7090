"""Metrics that are a mean over rows: the SQL of one row's value, NULL for a row that does not count.

A prediction that is null, NaN or infinite never counts; nor does a row without a label where the
metric needs one.
"""

from collections.abc import Callable, Sequence

from rca.errors import InputError
from rca.metrics.table import PredictionTable
from rca.warehouse.store import literal
from schemas.system import Node

CLIP = 1e-7
"""Probabilities are kept this far from 0 and 1 in the log loss, as scikit-learn once did: finite, yet harsh."""


def number(column: str) -> str:
    """Return SQL of the column as a finite number, else NULL."""
    cast = f"TRY_CAST({column} AS DOUBLE)"
    return f"CASE WHEN isfinite({cast}) THEN {cast} END"


PREDICTION = number("prediction")
LABEL = number("label")
POSITIVE = f"CAST({LABEL} >= 0.5 AS DOUBLE)"
"""1 for a positive label, 0 for a negative one."""

RowValue = Callable[[Node, PredictionTable], str]


def _called_positive(node: Node) -> str:
    return f"(({PREDICTION}) >= {node.threshold!r})"


def _label_probability(table: PredictionTable) -> str:
    if table.task == "multiclass":
        named = " ".join(f"WHEN {literal(name)} THEN {number(column)}" for name, column in table.probabilities)
        # a class whose probability is not logged, here or at all, has at most what the others leave
        logged = " OR ".join(f"({number(column)}) IS NOT NULL" for _, column in table.probabilities)
        left = f"1 - {total([f'coalesce(({number(column)}), 0)' for _, column in table.probabilities])}"
        return f"CASE WHEN label IS NOT NULL AND ({logged}) THEN coalesce(CASE label {named} END, {left}) END"
    return f"CASE WHEN ({LABEL}) >= 0.5 THEN {PREDICTION} WHEN ({LABEL}) < 0.5 THEN 1 - ({PREDICTION}) END"


def total(terms: Sequence[str]) -> str:
    """Return the sum of SQL terms as a balanced tree: DuckDB refuses expressions nested 1,000 deep."""
    if len(terms) == 1:
        return terms[0]
    half = len(terms) // 2
    return f"({total(terms[:half])} + {total(terms[half:])})"


def squared(term: str) -> str:
    """Return SQL of the square of a term: a product, which costs a tenth of a power."""
    return f"({term}) * ({term})"


def accuracy(node: Node, table: PredictionTable) -> str:
    """Return 1 for a right answer, 0 for a wrong one; binary: at the node's threshold."""
    if table.task == "multiclass":
        return "CAST(prediction = label AS DOUBLE)"
    return f"CAST({_called_positive(node)} = (({LABEL}) >= 0.5) AS DOUBLE)"


def logloss(_: Node, table: PredictionTable) -> str:
    """Return minus the log of the probability given to the label, clipped at `CLIP`."""
    right = _label_probability(table)
    # least/greatest skip NULL, which would turn a missing prediction into the clip itself
    return f"CASE WHEN ({right}) IS NOT NULL THEN -ln(least(greatest({right}, {CLIP}), 1 - {CLIP})) END"


def brier(_: Node, table: PredictionTable) -> str:
    """Return the squared error of the probability (Brier, 1950); multiclass: summed over classes."""
    if table.task == "multiclass":
        return total(
            [
                squared(f"({number(column)}) - CAST(label = {literal(name)} AS DOUBLE)")
                for name, column in table.probabilities
            ]
        )
    return squared(f"({PREDICTION}) - ({LABEL})")


def mae(_: Node, __: PredictionTable) -> str:
    """Return the absolute error, in the label's unit."""
    return f"abs(({PREDICTION}) - ({LABEL}))"


def squared_error(_: Node, __: PredictionTable) -> str:
    """Return the squared error."""
    return squared(f"({PREDICTION}) - ({LABEL})")


def bias(_: Node, __: PredictionTable) -> str:
    """Return prediction - label."""
    return f"(({PREDICTION}) - ({LABEL}))"


def positive_rate(node: Node, _: PredictionTable) -> str:
    """Return 1 for a row called positive."""
    return f"CAST({_called_positive(node)} AS DOUBLE)"


def prediction_mean(_: Node, __: PredictionTable) -> str:
    """Return the prediction."""
    return f"({PREDICTION})"


def estimated_accuracy(node: Node, table: PredictionTable) -> str:
    """Return the chance that the answer is right if the probabilities mean what they say (no label needed)."""
    if table.task == "multiclass":
        return f"greatest({', '.join(f'({number(column)})' for _, column in table.probabilities)})"
    return f"CASE WHEN {_called_positive(node)} THEN {PREDICTION} ELSE 1 - ({PREDICTION}) END"


def null_rate(_: Node, table: PredictionTable) -> str:
    """Return the share of the row's feature cells that are null (or NaN)."""
    cells = [
        f"CAST({column} IS NULL{f' OR isnan({column})' if floating else ''} AS INTEGER)"
        for column, floating in table.features
    ]
    return f"({total(cells)} / {len(cells)}.0)"


MEANS: dict[str, RowValue] = {
    "accuracy": accuracy,
    "logloss": logloss,
    "brier": brier,
    "mae": mae,
    "bias": bias,
    "positive_rate": positive_rate,
    "prediction_mean": prediction_mean,
    "estimated_accuracy": estimated_accuracy,
    "null_rate": null_rate,
}
"""Metrics that are the mean of a row's value."""

TASKS = {
    "accuracy": ("binary", "multiclass"),
    "f1": ("binary", "multiclass"),
    "auc": ("binary", "ranking", "multiclass"),
    "logloss": ("binary", "multiclass"),
    "brier": ("binary", "multiclass"),
    "positive_rate": ("binary",),
    "ndcg": ("ranking", "binary", "regression"),
    "estimated_auc": ("binary", "multiclass"),
    "estimated_accuracy": ("binary", "multiclass"),
}
"""Metric -> tasks for which it means something; a metric that is not here means something for all."""

PROBABILITY_METRICS = ("auc", "logloss", "brier", "estimated_auc", "estimated_accuracy")
INSTEAD = {"regression": "mae", "ranking": "ndcg", "multiclass": "accuracy", "binary": "brier"}


def check_applicable(node: Node, table: PredictionTable, metric: str) -> None:
    """Raise `InputError` when the metric means nothing for this model's task or logged columns."""
    mend = f"use {INSTEAD.get(table.task, 'prediction_mean')} or prediction_mean instead"
    if table.task not in TASKS.get(metric, (table.task,)):
        raise InputError(f"{metric} of {node.id!r} means nothing for a {table.task} model", mend=mend)
    if table.task == "multiclass" and metric in PROBABILITY_METRICS and not table.probabilities:
        raise InputError(
            f"{metric} of the multiclass model {node.id!r} needs the classes' probabilities",
            mend="log them as proba_<class> columns, or use accuracy or f1",
        )
    if metric == "null_rate" and not table.features:
        raise InputError(f"null_rate of {node.id!r} needs feature columns, and its log has none", mend=mend)
