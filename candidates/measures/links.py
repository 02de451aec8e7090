"""The scale on which what the columns contribute adds up to a model's answers.

Log-odds of a binary model's probability; centred log-probabilities of several classes; a value as it is. Of a model
that logs classes only the votes are their own outputs, and the stand-in's fit is their log-odds.

References
----------
Aitchison, "The Statistical Analysis of Compositional Data", J. R. Statist. Soc. B 44(2), 1982 (centred logarithms of
shares).
"""

import numpy as np

from candidates.measures.class_scores import PROBABILITY_CLIP
from schemas.evidence import FloatArray

CLIP = 1e-6
"""Probabilities of a binary model are kept this far from 0 and 1 in logarithms."""


def link(value: FloatArray, scale: str) -> FloatArray:
    """Return answers on the additive scale of the surrogate."""
    if scale == "binary":
        p = np.clip(value, CLIP, 1 - CLIP)
        return np.asarray(np.log(p / (1 - p)))
    if scale == "multiclass":
        logarithm = np.log(np.clip(value, PROBABILITY_CLIP, 1.0))
        return np.asarray(logarithm - logarithm.mean(axis=-1, keepdims=True))
    return value


def unlink(value: FloatArray, scale: str) -> FloatArray:
    """Return the inverse of `link`; of votes, what is expected of them."""
    if scale == "binary":
        return np.asarray(1 / (1 + np.exp(-np.clip(value, -30, 30))))
    if scale in {"multiclass", "votes"}:
        return softmax(value)
    return value


def softmax(value: FloatArray) -> FloatArray:
    """Return the probabilities of log-odds along the last axis."""
    odds = np.exp(value - value.max(axis=-1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=-1, keepdims=True))


def deviation(output: FloatArray, fit: FloatArray, scale: str, stretch: float = 1.0) -> FloatArray:
    """Return how far outputs (N, K) lie from the stand-in's fit, on the scale of the effects.

    A vote is all or nothing: it is held against its expectation, and a unit of probability counts as `stretch`.
    """
    return stretch * (output - softmax(fit)) if scale == "votes" else output - fit


def edited(output: FloatArray, fit: FloatArray, added: FloatArray, scale: str) -> FloatArray:
    """Return answers (N, K) as they would be with something added on the scale of the effects.

    Votes change by what is expected of them: a row's may then lie outside [0, 1], their sums over rows do not.
    """
    if scale == "votes":
        return np.asarray(output + softmax(fit + added) - softmax(fit))
    return unlink(output + added, scale)
