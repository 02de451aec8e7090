"""One row's contribution to a metric: what slices, repairs and surrogates add up."""

from typing import NamedTuple

from rca.errors import UnknownName
from rca.metrics import rows
from rca.metrics.rows import check_applicable
from rca.metrics.table import PredictionTable
from schemas.incident import MODEL_METRICS
from schemas.system import Node


class Score(NamedTuple):
    """`sql` over the prediction table's columns, what it measures in `words`, and its sense.

    `same_sign` is True when a larger mean score means a larger metric, False when it means a smaller one.
    """

    sql: str
    words: str
    same_sign: bool


def _error(node: Node, table: PredictionTable) -> str:
    return f"(1 - {rows.accuracy(node, table)})"


def _doubt(node: Node, table: PredictionTable) -> str:
    return f"(1 - {rows.estimated_accuracy(node, table)})"


SCORES: dict[str, tuple[rows.RowValue, str, bool]] = {
    "accuracy": (_error, "0/1 error", False),
    "f1": (_error, "0/1 error", False),
    "auc": (rows.brier, "squared error of the probability", False),
    "logloss": (rows.logloss, "log loss", True),
    "brier": (rows.brier, "squared error of the probability", True),
    "mae": (rows.mae, "absolute error", True),
    "rmse": (rows.squared_error, "squared error", True),
    "bias": (rows.bias, "prediction minus label", True),
    "positive_rate": (rows.positive_rate, "called positive", True),
    "prediction_mean": (rows.prediction_mean, "prediction", True),
    # a row alone has no rank; its error against the label is defined per row, even in a sample of rows
    "ndcg": (rows.squared_error, "squared error of the score", False),
    "estimated_auc": (_doubt, "1 - confidence of the answer", False),
    "estimated_accuracy": (_doubt, "1 - confidence of the answer", False),
    "null_rate": (rows.null_rate, "share of null features", True),
}


def score_sql(node: Node, task: str, metric: str, table: PredictionTable | None = None) -> Score:
    """Return the per-row score whose mean tracks a model metric.

    Means of accuracy, logloss, brier, mae, bias, positive_rate, prediction_mean, estimated_accuracy and null_rate
    are exact (accuracy and estimated_accuracy as 1 - metric, rmse as its square). auc, f1, ndcg and
    estimated_auc are no means of rows; their score is the nearest loss that is, and only tends to move
    with them. A metric that is not a model metric (a KPI) gets the prediction, which is all that a
    model hands on.

    Parameters
    ----------
    node, task, metric
        The model, its task as registered in `prediction_tables`, and the metric.
    table
        From `prediction_table`; needed for null_rate and for the probabilities of multiclass models.

    Returns
    -------
    Score
        `(sql, words, same_sign)`. The SQL is DOUBLE, NULL for a row that does not count (no label,
        no finite prediction), and row-wise: it may be used in any SELECT, with any sample of rows.

    Raises
    ------
    InputError
        When the metric means nothing for the task, or needs columns that are not logged.
    """
    table = table or PredictionTable(name="", task=task)
    if metric not in MODEL_METRICS:
        return Score(rows.prediction_mean(node, table), "prediction", True)
    if metric not in SCORES:  # a metric of the contract that nobody has scored yet
        raise UnknownName("model metric", metric, SCORES)
    if metric == "auc" and table.task == "multiclass" and not table.probabilities:
        metric = "accuracy"
    check_applicable(node, table, metric)
    make, words, same_sign = SCORES[metric]
    return Score(make(node, table), words, same_sign)
