"""A model's metrics over sampled rows, weighted, so that a repaired or reweighted log can be judged."""

from collections.abc import Callable

import numpy as np

from candidates.measures.areas import area, expected_area
from candidates.measures.class_scores import as_votes, probability_metrics, vote_metrics
from candidates.measures.links import CLIP
from candidates.measures.means import mean_of
from schemas.evidence import FloatArray

Metric = Callable[[FloatArray, FloatArray, FloatArray], float]
"""(answers (N,), of several classes (N, K); label (N,); weight (N,)) -> value, NaN when it cannot be computed."""

PREDICTION_METRICS = frozenset({"positive_rate", "prediction_mean", "estimated_auc", "estimated_accuracy"})
"""Metrics that need no label."""


def _f1(threshold: float) -> Metric:
    def f1(prediction: FloatArray, label: FloatArray, weight: FloatArray) -> float:
        said, true = prediction >= threshold, label > 0
        hit = (weight * (said & true)).sum()
        total = (weight * said).sum() + (weight * true).sum()
        return float(2 * hit / total) if total > 0 else float("nan")

    return f1


def _logloss(prediction: FloatArray, label: FloatArray, weight: FloatArray) -> float:
    p = np.clip(prediction, CLIP, 1 - CLIP)
    return mean_of(-(label * np.log(p) + (1 - label) * np.log(1 - p)), weight)


def _binary(threshold: float) -> dict[str, Metric]:
    return {
        "auc": lambda p, y, w: area(p, y > 0, w),
        "logloss": _logloss,
        "f1": _f1(threshold),
        "accuracy": lambda p, y, w: mean_of(((p >= threshold) == (y > 0)).astype(float), w),
        "positive_rate": lambda p, _, w: mean_of((p >= threshold).astype(float), w),
        "estimated_accuracy": lambda p, _, w: mean_of(np.where(p >= threshold, p, 1 - p), w),
        "estimated_auc": lambda p, _, w: expected_area(p, w),
    }


NUMERIC: dict[str, Metric] = {
    "mae": lambda p, y, w: mean_of(np.abs(p - y), w),
    "rmse": lambda p, y, w: float(np.sqrt(mean_of((p - y) ** 2, w))),
    "bias": lambda p, y, w: mean_of(p - y, w),
    "brier": lambda p, y, w: mean_of((p - y) ** 2, w),
    "prediction_mean": lambda p, _, w: mean_of(p, w),
}
"""Metrics of a prediction that is a number."""


def _classes(label: FloatArray) -> int:
    known = label[np.isfinite(label)]
    return int(known.max(initial=-1)) + 1


def _of_classes(metric: str, scale: str, number: FloatArray | None) -> Metric:
    def judge(answers: FloatArray, label: FloatArray, weight: FloatArray) -> float:
        votes = answers
        if answers.ndim == 1:
            votes = as_votes(answers.astype(np.int64), int(answers.max(initial=0)) + 1)
        numbers = np.arange(max(votes.shape[1], _classes(label)), dtype=np.float64) if number is None else number
        known = probability_metrics(numbers) if scale == "multiclass" and answers.ndim > 1 else vote_metrics(numbers)
        usual = "prediction_mean" if metric in PREDICTION_METRICS else "accuracy"
        return known.get(metric, known[usual])(votes, label, weight)

    return judge


def metric_function(metric: str, scale: str, threshold: float, number: FloatArray | None = None) -> Metric:
    """Return the metric over sampled rows; the task's usual loss when the name is not a row metric.

    Rows whose answer or (where needed) label is NaN must be left out by the caller.

    Parameters
    ----------
    scale
        The task, or `votes` for several classes without probabilities (`candidates.measures.answers`).
    threshold
        From which a binary model's probability is a yes.
    number
        (C,) the classes' numbers, of which the mean prediction is a mean; their positions when None.
    """
    if scale in {"multiclass", "votes"}:
        return _of_classes(metric, scale, number)
    if scale == "binary":
        table = NUMERIC | _binary(threshold)
        return table.get(metric, table["brier"])
    return NUMERIC.get(metric, NUMERIC["mae"])
