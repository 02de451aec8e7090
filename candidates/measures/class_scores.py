"""Metrics of several classes over weighted rows, by the same definitions as over the whole log.

Answers are a matrix (N, K). Of a model that logs probabilities a row's answer is its most probable class. Of one
that logs classes only a row is the votes that the classes get: one class has the whole vote; after a what-if
question the votes are expectations, and every sum over rows is the expected sum.

A label from K on is a class that the model never answers: always an error, and no class of a macro average over
answers.

References
----------
Sokolova and Lapalme, "A systematic analysis of performance measures for classification tasks", Information
Processing & Management 45(4), 2009 (macro averages); Hand and Till, "A simple generalisation of the area under the
ROC curve", Machine Learning 45, 2001 (areas of several classes).
"""

from collections.abc import Callable

import numpy as np

from candidates.measures.areas import area, expected_area
from candidates.measures.means import mean_of
from schemas.evidence import FloatArray, IntArray

PROBABILITY_CLIP = 1e-7
"""Probabilities are kept this far from 0 and 1 in logarithms."""

ClassMetric = Callable[[FloatArray, FloatArray, FloatArray], float]
"""(answers (N, K), label (N,), weight (N,)) -> value."""


def decided(answers: FloatArray) -> FloatArray:
    """Return (N, K) the whole vote for the most probable class."""
    votes = np.zeros(answers.shape)
    if answers.size:
        votes[np.arange(len(answers)), answers.argmax(axis=1)] = 1.0
    return votes


def _of_label(answers: FloatArray, label: FloatArray, missing: float | FloatArray) -> FloatArray:
    """Return (N,) what each row gives to its label; `missing` for a label that is never answered."""
    place = np.where(np.isfinite(label), label, -1).astype(np.int64)
    known = (place >= 0) & (place < answers.shape[1])
    return np.where(known, answers[np.arange(len(answers)), np.where(known, place, 0)], missing)


def accuracy(votes: FloatArray, label: FloatArray, weight: FloatArray) -> float:
    """Return the share of right answers."""
    return mean_of(_of_label(votes, label, 0.0), weight)


def f1_macro(votes: FloatArray, label: FloatArray, weight: FloatArray) -> float:
    """Return the mean F1 of the classes that are answered or true somewhere."""
    told = np.isfinite(label)
    votes, label, weight = votes[told], label[told], weight[told]
    place, classes = label.astype(np.int64), votes.shape[1]
    size = max(classes, int(place.max(initial=-1)) + 1)
    said, hits = np.zeros(size), np.zeros(size)
    said[:classes] = weight @ votes
    true = np.bincount(place, weight, minlength=size)
    hits += np.bincount(place, weight * _of_label(votes, label, 0.0), minlength=size)
    seen = (np.abs(said) > 1e-9) | (true > 0)
    return float((2 * hits[seen] / (said + true)[seen]).mean()) if seen.any() else float("nan")


def logloss(probability: FloatArray, label: FloatArray, weight: FloatArray) -> float:
    """Return the mean of minus the log of the label's probability; a class without one has what the others leave."""
    right = np.where(np.isfinite(label), _of_label(probability, label, 1 - probability.sum(axis=1)), np.nan)
    known = np.isfinite(right)
    right = np.clip(right[known], PROBABILITY_CLIP, 1 - PROBABILITY_CLIP)
    return mean_of(-np.log(right), weight[known])


def brier(probability: FloatArray, label: FloatArray, weight: FloatArray) -> float:
    """Return the mean squared error of the probabilities, summed over classes (Brier, 1950)."""
    # sum of (p - y)^2 = sum of p^2 - 2 p_label + 1
    known = label < probability.shape[1]
    error = (probability**2).sum(axis=1) + np.where(known, 1 - 2 * _of_label(probability, label, 0.0), 0.0)
    return mean_of(error, weight)


def auc_macro(probability: FloatArray, label: FloatArray, weight: FloatArray) -> float:
    """Return the mean area of one class against the rest, over the classes that occur."""
    return _macro([area(p, label == k, weight) for k, p in enumerate(probability.T) if p.any()])


def expected_auc_macro(probability: FloatArray, label: FloatArray, weight: FloatArray) -> float:
    """Return the macro area that is to be expected if the probabilities mean what they say."""
    del label
    return _macro([expected_area(p, weight) for p in probability.T if p.any()])


def expected_accuracy(probability: FloatArray, label: FloatArray, weight: FloatArray) -> float:
    """Return the mean probability of the answers."""
    del label
    return mean_of(probability.max(axis=1, initial=0.0), weight)


def number_metrics(number: FloatArray) -> dict[str, ClassMetric]:
    """Return the metrics of classes that are numbers (C,), NaN for a class that is none: it does not count."""
    numeric = np.isfinite(number)

    def mean(votes: FloatArray, label: FloatArray, weight: FloatArray) -> float:
        del label
        said = numeric[: votes.shape[1]]
        count = weight @ votes[:, said]
        return mean_of(number[: votes.shape[1]][said], count)

    def of_difference(loss: Callable[[FloatArray], FloatArray]) -> ClassMetric:
        table = loss(number[:, None] - number[None, :])  # said, true

        def metric(votes: FloatArray, label: FloatArray, weight: FloatArray) -> float:
            place, said = label.astype(np.int64), np.flatnonzero(numeric[: votes.shape[1]])
            fine = numeric[place]
            count = weight[fine, None] * votes[np.ix_(fine, said)]
            return mean_of(table[said][:, place[fine]].T, count)

        return metric

    def rmse(votes: FloatArray, label: FloatArray, weight: FloatArray) -> float:
        return float(np.sqrt(of_difference(np.square)(votes, label, weight)))

    return {
        "prediction_mean": mean,
        "mae": of_difference(np.abs),
        "bias": of_difference(np.positive),
        "rmse": rmse,
    }


def _macro(areas: list[float]) -> float:
    found = [value for value in areas if np.isfinite(value)]
    return float(np.mean(found)) if found else float("nan")


def _of_decided(metric: ClassMetric) -> ClassMetric:
    return lambda answers, label, weight: metric(decided(answers), label, weight)


def vote_metrics(number: FloatArray) -> dict[str, ClassMetric]:
    """Return the metrics of a model that logs classes only; `number` (C,) are the classes' numbers."""
    return {"accuracy": accuracy, "f1": f1_macro} | number_metrics(number)


def probability_metrics(number: FloatArray) -> dict[str, ClassMetric]:
    """Return the metrics of a model that logs probabilities; `number` (C,) are the classes' numbers."""
    return {name: _of_decided(metric) for name, metric in vote_metrics(number).items()} | {
        "logloss": logloss,
        "brier": brier,
        "auc": auc_macro,
        "estimated_auc": expected_auc_macro,
        "estimated_accuracy": expected_accuracy,
    }


def as_votes(place: IntArray, classes: int) -> FloatArray:
    """Return (N, K) the whole vote for the given classes (N,); none for one outside."""
    return np.asarray(place[:, None] == np.arange(classes), dtype=np.float64)
