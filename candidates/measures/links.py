"""The scale on which what the columns contribute adds up to a model's answers.

Log-odds of a binary model's probability; centred log-probabilities of several classes; a value, or the votes of
classes, as they are.

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
    """Return the inverse of `link`."""
    if scale == "binary":
        return np.asarray(1 / (1 + np.exp(-np.clip(value, -30, 30))))
    if scale == "multiclass":
        odds = np.exp(value - value.max(axis=-1, keepdims=True))
        return np.asarray(odds / odds.sum(axis=-1, keepdims=True))
    return value
