"""Measures of a model's answers over some rows, computed as the engine defines them."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rca.demo.domain import ModelSpec
from rca.demo.faults.drift import ranks
from rca.demo.table import present

BY_TASK = {
    "binary": ("auc", "logloss", "brier", "accuracy", "f1", "prediction_mean", "positive_rate"),
    "multiclass": ("accuracy", "f1", "logloss"),
    "regression": ("mae", "rmse", "bias", "prediction_mean"),
}
"""Task -> metrics that an incident may report; an embedding has none."""

Array = NDArray[Any]


def auc(prediction: Array, label: Array, _: float) -> float:
    """Return the area under the ROC curve (Mann-Whitney); NaN with one class only."""
    positive = int(label.sum())
    negative = len(label) - positive
    if not positive or not negative:
        return float("nan")
    position = ranks(prediction) * len(prediction)
    return float((position[label == 1].sum() - positive**2 / 2) / positive / negative)


def logloss(prediction: Array, label: Array, _: float) -> float:
    """Return the mean negative log likelihood."""
    clipped = np.clip(prediction, 1e-15, 1 - 1e-15)
    return float(-np.where(label == 1, np.log(clipped), np.log(1 - clipped)).mean())


def f1(prediction: Array, label: Array, threshold: float) -> float:
    """Return the positive class's F1."""
    called = prediction >= threshold
    return float(2 * (called & (label == 1)).sum() / max(called.sum() + (label == 1).sum(), 1))


METRICS: dict[str, Callable[[Array, Array, float], float]] = {
    "auc": auc,
    "logloss": logloss,
    "brier": lambda p, y, _: float(np.square(p - y).mean()),
    "accuracy": lambda p, y, threshold: float(((p >= threshold) == (y == 1)).mean()),
    "f1": f1,
    "prediction_mean": lambda p, _, __: float(p.mean()),
    "positive_rate": lambda p, _, threshold: float((p >= threshold).mean()),
    "mae": lambda p, y, _: float(np.abs(p - y).mean()),
    "rmse": lambda p, y, _: float(np.sqrt(np.square(p - y).mean())),
    "bias": lambda p, y, _: float((p - y).mean()),
}
"""Metric -> value of (predictions (N,), labels (N,), threshold) over some rows; binary and regression."""


def macro_f1(prediction: Array, label: Array) -> float:
    """Return the mean over classes, labelled or called, of the class's F1, given codes (N,) and (N, K)."""
    called, k = prediction.argmax(axis=1), prediction.shape[1]
    right = np.bincount(label[(called == label) & (label >= 0)], minlength=k + 1)
    both = np.bincount(called, minlength=k + 1) + np.bincount(np.where(label < 0, k, label), minlength=k + 1)
    return float((2 * right[both > 0] / both[both > 0]).mean())


def class_logloss(prediction: Array, label: Array) -> float:
    """Return the mean negative log likelihood; rows of a class that the model does not know are left out."""
    known = label >= 0
    likelihood = prediction[known, label[known]]
    return float(-np.log(np.clip(likelihood, 1e-15, 1.0)).mean()) if known.any() else float("nan")


CLASS_METRICS: dict[str, Callable[[Array, Array], float]] = {
    "accuracy": lambda p, y: float((p.argmax(axis=1) == y).mean()),
    "f1": macro_f1,
    "logloss": class_logloss,
}
"""Metric -> value of (probabilities (N, K), class positions (N,), -1 for an unknown class) over some rows."""


def class_codes(labels: Array, classes: tuple[str, ...]) -> Array:
    """Return the position of each label among the classes, (N,); -1 where it is none of them."""
    ordered = np.array(classes)
    texts = np.where(present(labels), labels, "").astype(str)
    place = np.searchsorted(ordered, texts).clip(0, len(ordered) - 1)
    return np.where(ordered[place] == texts, place, -1)


def needs_label(metric: str) -> bool:
    """Return whether a model metric needs labels."""
    return metric not in {"prediction_mean", "positive_rate"}


def metrics_of(spec: ModelSpec) -> tuple[str, ...]:
    """Return the metrics that a model of this task has."""
    return BY_TASK.get(spec.task, ())
