"""How much of a column's relation to the others, or to the label, is gone though its distribution stayed."""

import math

import numpy as np

from schemas.evidence import FloatArray

MIN_CORRELATION = 0.15


def _correlation(x: FloatArray, y: FloatArray) -> float:
    if len(x) < 10 or x.std() < 1e-12 or y.std() < 1e-12:
        return 0.0
    return float(np.corrcoef(x, y)[0, 1])


def relation_loss(
    effect_before: FloatArray, expected_before: FloatArray, effect_after: FloatArray, expected_after: FloatArray
) -> float:
    """Return the share of a column's relation to the others that is gone, in [0, 1].

    Compares the correlation of the column's effect with what the other columns predict it to be,
    before and after; 0 unless the fall is beyond chance (Fisher's z-transform, |z| > 5).
    """
    was, now = _correlation(effect_before, expected_before), _correlation(effect_after, expected_after)
    if was < MIN_CORRELATION or len(effect_after) < 50:
        return 0.0
    spread = math.sqrt(1 / max(len(effect_before) - 3, 1) + 1 / max(len(effect_after) - 3, 1))
    z = (math.atanh(min(was, 0.999)) - math.atanh(min(max(now, -0.999), 0.999))) / spread
    return float(min(1.0, max(0.0, 1 - now / was))) if z > 5 else 0.0


def label_slopes(contributions: FloatArray, label: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return (C,) slopes of the label on each column's contribution, jointly, and their standard errors.

    A model that is right has slopes of one sign; a column that no longer says anything about the
    label (a misjoined key) has slope zero while the others keep theirs.
    """
    rows, columns = contributions.shape
    if rows < columns + 20:
        return np.zeros(columns), np.full(columns, np.inf)
    x = contributions - contributions.mean(axis=0)
    y = label - label.mean()
    gram = x.T @ x + 1e-6 * np.eye(columns) * max(rows, 1)
    inverse = np.linalg.inv(gram)
    slope = inverse @ (x.T @ y)
    variance = float(((y - x @ slope) ** 2).sum()) / max(rows - columns, 1)
    return np.asarray(slope), np.asarray(np.sqrt(np.maximum(np.diag(inverse) * variance, 1e-18)))
