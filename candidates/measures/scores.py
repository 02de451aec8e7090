"""A model's metrics over sampled rows, weighted, so that a repaired or reweighted log can be judged."""

from collections.abc import Callable

import numpy as np

from schemas.evidence import FloatArray

Metric = Callable[[FloatArray, FloatArray, FloatArray], float]
"""(prediction (N,), label (N,), weight (N,)) -> value, NaN when it cannot be computed."""

PREDICTION_METRICS = frozenset({"positive_rate", "prediction_mean", "estimated_auc", "estimated_accuracy"})
"""Metrics that need no label."""

CLIP = 1e-6


def _mean(values: FloatArray, weight: FloatArray) -> float:
    total = weight.sum()
    return float((values * weight).sum() / total) if total > 0 else float("nan")


def _auc(prediction: FloatArray, label: FloatArray, weight: FloatArray) -> float:
    order = np.argsort(prediction, kind="stable")
    score, positive, w = prediction[order], label[order] > 0, weight[order]
    group = np.concatenate([[0], np.cumsum(score[1:] != score[:-1])])
    groups = int(group[-1]) + 1
    pos = np.bincount(group, w * positive, groups)
    neg = np.bincount(group, w * ~positive, groups)
    if pos.sum() <= 0 or neg.sum() <= 0:
        return float("nan")
    below = np.cumsum(neg) - neg
    return float((pos * (below + neg / 2)).sum() / (pos.sum() * neg.sum()))


def _f1(threshold: float) -> Metric:
    def f1(prediction: FloatArray, label: FloatArray, weight: FloatArray) -> float:
        said, true = prediction >= threshold, label > 0
        hit = (weight * (said & true)).sum()
        total = (weight * said).sum() + (weight * true).sum()
        return float(2 * hit / total) if total > 0 else float("nan")

    return f1


def _logloss(prediction: FloatArray, label: FloatArray, weight: FloatArray) -> float:
    p = np.clip(prediction, CLIP, 1 - CLIP)
    return _mean(-(label * np.log(p) + (1 - label) * np.log(1 - p)), weight)


def _expected_auc(prediction: FloatArray, label: FloatArray, weight: FloatArray) -> float:
    del label
    p = np.clip(prediction, 0, 1)
    ones, zeros = np.ones_like(p), np.zeros_like(p)
    return _auc(np.concatenate([p, p]), np.concatenate([ones, zeros]), np.concatenate([weight * p, weight * (1 - p)]))


def metric_function(metric: str, task: str, threshold: float) -> Metric:
    """Return the metric over sampled rows; the task's usual loss when the name is not a row metric.

    Rows whose prediction or (where needed) label is NaN must be left out by the caller.
    """
    if task == "multiclass":
        if metric in PREDICTION_METRICS:
            return lambda p, _, w: _mean(p, w)
        return lambda p, y, w: _mean((p == y).astype(float), w)
    table: dict[str, Metric] = {
        "mae": lambda p, y, w: _mean(np.abs(p - y), w),
        "rmse": lambda p, y, w: float(np.sqrt(_mean((p - y) ** 2, w))),
        "bias": lambda p, y, w: _mean(p - y, w),
        "brier": lambda p, y, w: _mean((p - y) ** 2, w),
        "prediction_mean": lambda p, _, w: _mean(p, w),
    }
    if task == "binary":
        table |= {
            "auc": _auc,
            "logloss": _logloss,
            "f1": _f1(threshold),
            "accuracy": lambda p, y, w: _mean(((p >= threshold) == (y > 0)).astype(float), w),
            "positive_rate": lambda p, _, w: _mean((p >= threshold).astype(float), w),
            "estimated_accuracy": lambda p, _, w: _mean(np.where(p >= threshold, p, 1 - p), w),
            "estimated_auc": _expected_auc,
        }
        return table.get(metric, table["brier"])
    return table.get(metric, table["mae"])


def link(prediction: FloatArray, task: str) -> FloatArray:
    """Return predictions on the additive scale of the surrogate: log-odds for binary tasks."""
    if task != "binary":
        return prediction
    p = np.clip(prediction, CLIP, 1 - CLIP)
    return np.asarray(np.log(p / (1 - p)))


def unlink(value: FloatArray, task: str) -> FloatArray:
    """Return the inverse of `link`."""
    if task != "binary":
        return value
    return np.asarray(1 / (1 + np.exp(-np.clip(value, -30, 30))))
