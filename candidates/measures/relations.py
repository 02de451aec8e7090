"""How much of a column's relation to the others, or to the label, is gone though its distribution stayed."""

import math

import numpy as np

from schemas.evidence import FloatArray

MIN_CORRELATION = 0.15


def correlation(x: FloatArray, y: FloatArray, weight: FloatArray | None = None) -> float:
    """Return the correlation of two (N,) or (N, K), rows weighed; of several classes that of their summed products."""
    if len(x) < 10:
        return 0.0
    w = np.ones(len(x)) if weight is None else weight
    x, y = x - np.average(x, axis=0, weights=w), y - np.average(y, axis=0, weights=w)
    (xx, xy, yy) = (float(((a * b).T @ w).sum()) / len(x) for a, b in ((x, x), (x, y), (y, y)))
    spread = math.sqrt(xx * yy)
    return xy / spread if spread > 1e-24 else 0.0


def relation_loss(
    effect_before: FloatArray,
    expected_before: FloatArray,
    effect_after: FloatArray,
    expected_after: FloatArray,
    weight: FloatArray | None = None,
) -> float:
    """Return the share of a column's relation to the others that is gone, in [0, 1].

    Compares the correlation of the column's effect with what the other columns predict it to be,
    before and after; 0 unless the fall is beyond chance (Fisher's z-transform, |z| > 5). Where what they predict varies
    less than before (a Saturday has no working days) the same relation correlates less, and no more is asked
    (Thorndike, "Personnel Selection", 1949). Nor is more asked than what relation the baseline's rows have that are
    like the window's, by their `weight` (N,). Effects are (N,) or, of several classes, (N, K): as many figures of a row
    count as one.
    """
    was, now = correlation(effect_before, expected_before), correlation(effect_after, expected_after)
    if was < MIN_CORRELATION or len(effect_after) < 50:
        return 0.0
    was = _narrowed(was, _spread(expected_after) / _spread(expected_before))
    if weight is not None:
        was = min(was, correlation(effect_before, expected_before, weight))
    if was < MIN_CORRELATION:
        return 0.0
    spread = math.sqrt(1 / max(len(effect_before) - 3, 1) + 1 / max(len(effect_after) - 3, 1))
    z = (math.atanh(min(was, 0.999)) - math.atanh(min(max(now, -0.999), 0.999))) / spread
    return float(min(1.0, max(0.0, 1 - now / was))) if z > 5 else 0.0


def _spread(x: FloatArray) -> float:
    return math.sqrt(float(((x - x.mean(axis=0)) ** 2).sum()) / len(x))


def _narrowed(r: float, narrower: float) -> float:
    """Return what a correlation is where the predictor's spread is so many times the former; never more than it was."""
    u = min(1.0, narrower)
    return r * u / math.sqrt(1 - r * r + r * r * u * u)


def label_slopes(contributions: FloatArray, label: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return (C,) slopes of the label on each column's contribution, jointly, and their standard errors.

    A model that is right has slopes of one sign; a column that no longer says anything about the
    label (a misjoined key) has slope zero while the others keep theirs.

    Parameters
    ----------
    contributions, label
        (N, C) and (N,); of several classes (N, C, K) and (N, K): one slope for all of them, with the error
        of as many independent rows as there are (Liang and Zeger, Biometrika 73(1), 1986).
    """
    rows, columns = contributions.shape[:2]
    if rows < columns + 20:
        return np.zeros(columns), np.full(columns, np.inf)
    x = (contributions - contributions.mean(axis=0)).reshape(rows, columns, -1)
    y = (label - label.mean(axis=0)).reshape(rows, -1)
    stacked = np.ascontiguousarray(x.transpose(0, 2, 1)).reshape(-1, columns)
    gram = stacked.T @ stacked + 1e-6 * np.eye(columns) * max(rows, 1)
    inverse = np.linalg.inv(gram)
    slope = inverse @ (stacked.T @ y.ravel())
    left = (y.ravel() - stacked @ slope).reshape(y.shape)
    if y.shape[1] == 1:
        variance = np.diag(inverse) * float((left**2).sum()) / max(rows - columns, 1)
    else:
        moment = np.einsum("nck,nk->nc", x, left)
        variance = np.diag(inverse @ (moment.T @ moment) @ inverse) * rows / max(rows - columns, 1)
    return np.asarray(slope), np.asarray(np.sqrt(np.maximum(variance, 1e-18)))
