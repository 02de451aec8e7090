"""A model's logged answers as numbers to compute with.

======================  ==================================  ==============
model                   answers                             scale
======================  ==================================  ==============
binary                  (N,) probability                    `binary`
regression, ranking     (N,) value                          the task
several classes         (N, K) probabilities                `multiclass`
..., classes only       (N, K) votes: one class has all     `votes`
======================  ==================================  ==============
"""

from dataclasses import dataclass

import numpy as np

from candidates.measures.class_scores import as_votes
from candidates.measures.scores import Metric, metric_function
from schemas.evidence import FloatArray, ModelEvidence, Rows

LOGGED = 0.9
"""Share of each side's answers that must have probabilities for them to be read."""
ROUNDING = 1e-6
BY_CLASS = frozenset({"accuracy", "f1", "prediction_mean", "mae", "rmse", "bias"})
"""Metrics that read a model's class, not its probabilities."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What a model answered, row by row.

    Parameters
    ----------
    value
        (N,), of several classes (N, K); rows whose prediction is null are NaN.
    scale
        `binary`, `regression`, `ranking`, `multiclass` (probabilities) or `votes` (classes only).
    number
        (C,) of several classes, theirs and then those of other labels: their numbers where their names
        are numbers, else 1 for the class whose share moved most and 0 for the others.
    """

    value: FloatArray
    scale: str
    number: FloatArray | None = None

    def metric(self, name: str, threshold: float) -> Metric:
        """Return a metric of such answers."""
        return metric_function(name, self.scale, threshold, self.number)


def answers_of(rows: Rows, task: str, metric: str) -> Answers:
    """Return the logged answers of a model's rows as a metric reads them."""
    if task != "multiclass":
        return Answers(rows.prediction, task)
    fine = np.isfinite(rows.prediction)
    said = np.where(fine, rows.prediction, -1).astype(np.int64)
    votes = as_votes(said, max(int(said.max(initial=-1)) + 1, 0 if rows.proba is None else rows.proba.shape[1], 1))
    number = _numbers(rows, votes)
    probability = _probabilities(rows, votes)
    value = votes if probability is None else _agreeing(probability, votes, metric)
    value[~fine] = np.nan
    return Answers(value, "votes" if probability is None else "multiclass", number)


def judge_of(model: ModelEvidence, rows: Rows, metric: str) -> tuple[Metric, FloatArray]:
    """Return a metric and the answers of some rows that it reads: (N,) or (N, K), to be indexed by row."""
    answers = answers_of(rows, model.node.task or "regression", metric)
    return answers.metric(metric, model.node.threshold), answers.value


def _probabilities(rows: Rows, votes: FloatArray) -> FloatArray | None:
    """Return (N, K) probabilities that add up to 1; None when too few are logged.

    A row without gets the baseline's mean of the rows with the same class.
    """
    if rows.proba is None:
        return None
    logged = np.asarray(np.isfinite(rows.proba).all(axis=1), dtype=bool)
    fine = np.isfinite(rows.prediction)
    for side in (rows.after & fine, ~rows.after & fine):
        if side.any() and logged[side].mean() < LOGGED:
            return None
    value = np.zeros(votes.shape)
    value[:, : rows.proba.shape[1]] = np.clip(rows.proba, 0, None)
    total = value.sum(axis=1, keepdims=True)
    logged &= total[:, 0] > 0
    # a division that changes nothing would part what is tied; what is left belongs to classes that are not logged
    total[total - 1 < ROUNDING] = 1.0
    np.divide(value, total, out=value, where=logged[:, None])
    if not logged.all():
        usual = votes[logged & ~rows.after].T @ value[logged & ~rows.after] + np.eye(votes.shape[1])
        value[~logged] = votes[~logged] @ (usual / usual.sum(axis=1, keepdims=True))
    return value


def _agreeing(probability: FloatArray, votes: FloatArray, metric: str) -> FloatArray:
    """Return the probabilities, for a metric of classes with the class that was answered as the most probable.

    A model may answer another class than the most probable one; then the two change places.
    """
    if metric not in BY_CLASS:
        return probability
    other = np.flatnonzero(votes.any(axis=1) & (votes.argmax(axis=1) != probability.argmax(axis=1)))
    if not len(other):
        return probability
    said, best = votes[other].argmax(axis=1), probability[other].argmax(axis=1)
    out = probability.copy()
    out[other, said], out[other, best] = probability[other, best], probability[other, said]
    # of two that are equally probable the first one counts as the answer
    tied = other[said > best]
    out[tied, said[said > best]] += 1e-9
    return out


def _numbers(rows: Rows, votes: FloatArray) -> FloatArray:
    """Return (C,) the classes' numbers (see `Answers`)."""
    known = rows.label[np.isfinite(rows.label)]
    size = max(votes.shape[1], int(known.max(initial=-1)) + 1, len(rows.classes))
    number = np.full(size, np.nan)
    for k, name in enumerate(rows.classes):
        try:
            number[k] = float(name)
        except ValueError:
            continue
    number[~np.isfinite(number)] = np.nan
    if not rows.classes:
        return np.arange(size, dtype=np.float64)
    if np.isfinite(number).any():
        return number
    fine = np.isfinite(rows.prediction)
    number = np.zeros(size)
    if (fine & rows.after).any() and (fine & ~rows.after).any():
        moved = votes[fine & rows.after].mean(axis=0) - votes[fine & ~rows.after].mean(axis=0)
        number[int(np.abs(moved).argmax())] = 1.0
    return number
