"""Tell the window's rows from the baseline's: how well a classifier can is how far the inputs moved, jointly.

Logistic regression on the one-hot bins that the surrogate uses, cross-fitted: each row is scored by a fit that
has not seen it. Both samples weigh the same, so the odds of a row are the density ratio of its inputs.

References
----------
Lopez-Paz and Oquab, "Revisiting Classifier Two-Sample Tests", ICLR 2017; Bickel, Brueckner and Scheffer,
"Discriminative Learning Under Covariate Shift", JMLR 10, 2009 (weights); Boehning and Lindsay, "Monotonicity of
quadratic-approximation algorithms", Ann. Inst. Stat. Math. 40, 1988 (the fit).
"""

import math
from dataclasses import dataclass

import numpy as np

from schemas.evidence import BoolArray, FloatArray, IntArray

RIDGE = 5.0
"""Penalty in rows of the smaller sample."""
STEPS = 50
SETTLED = 1e-3
"""The fit ends when no log-odds of a bin moves by more."""
MAX_WEIGHT = 20.0


@dataclass(frozen=True, slots=True)
class DomainShift:
    """How well the two samples are told apart.

    Parameters
    ----------
    auc, p_value
        Mean over the folds of the area under the curve on rows not fitted (0.5: not at all), and the one-sided
        p-value of the rank test, conservative.
    log_odds
        (N,) cross-fitted log-odds of belonging to the window, samples of equal size.
    weight
        (N,) density ratio window / baseline of each row's inputs, at most 20, of mean 1 over the baseline's
        rows: baseline rows weighted so look like the window.
    importance
        (C,) standard deviation of each column's log-odds: which columns give the window away.
    """

    auc: float
    p_value: float
    log_odds: FloatArray
    weight: FloatArray
    importance: FloatArray

    @property
    def effective(self) -> float:
        """Share of the rows that the weights leave effective, in (0, 1] (Kish, 1965)."""
        return float(self.weight.mean() ** 2 / (self.weight**2).mean())


def domain_classifier(index: IntArray, start: IntArray, after: BoolArray, fold: IntArray | None = None) -> DomainShift:
    """Fit a classifier of baseline against window and judge it on rows it has not seen.

    Parameters
    ----------
    index, start
        From `surrogate.feature_index`: (N, C) and (C + 1,).
    after
        (N,) True for rows of the window.
    fold
        (N,) fold of each row, 0, 1, ...; default: three folds, by turns within each sample.

    Raises
    ------
    ValueError
        When a fold has no row of one of the samples.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> after = np.arange(2000) >= 1000
    >>> bins = np.where(rng.random(2000) < np.where(after, 0.7, 0.5), 1, 0)
    >>> found = domain_classifier(bins[:, None], np.array([0, 2]), after)
    >>> bool(found.auc > 0.55), found.p_value < 1e-6, [round(float(found.weight[bins == k].mean()), 1) for k in (0, 1)]
    (True, True, [0.6, 1.5])
    """
    fold = _turns(after) if fold is None else fold
    folds = int(fold.max(initial=-1)) + 1
    for k in range(max(folds, 1)):
        if len(np.unique(after[fold == k])) < 2:
            raise ValueError(f"fold {k} must have rows of the baseline and of the window")
    moments = [_moments(index[fold == k], int(start[-1]), after[fold == k]) for k in range(folds)]
    log_odds, areas, ranks = np.zeros(len(after)), np.full(folds, 0.5), np.zeros(folds)
    effects = np.zeros((folds, int(start[-1])))
    for k in range(folds):
        rest, own = (fold != k) if folds > 1 else (fold == k), fold == k
        gram = sum((m for j, m in enumerate(moments) if j != k or folds == 1), np.zeros_like(moments[0]))
        effects[k], intercept = _fit(index[rest], after[rest], gram)
        log_odds[own] = intercept + effects[k][index[own]].sum(axis=1)
        areas[k], spread = rank_auc(log_odds[own], after[own])
        ranks[k] = (areas[k] - 0.5) / spread if spread else 0.0
    odds = np.minimum(np.exp(np.minimum(log_odds, 30.0)), MAX_WEIGHT)
    return DomainShift(
        auc=float(areas.mean()),
        # the folds' fits share rows, so their tests go together: the mean counts as one test
        p_value=math.erfc(float(ranks.mean()) / math.sqrt(2)) / 2,
        log_odds=log_odds,
        weight=odds / odds[~after].mean(),
        importance=_importance(effects.mean(axis=0), index, start),
    )


def rank_auc(score: FloatArray, positive: BoolArray) -> tuple[float, float]:
    """Return the area under the curve and its standard deviation if scores told nothing, ties counted as halves.

    References
    ----------
    Mann and Whitney, "On a test of whether one of two random variables ...", Ann. Math. Stat. 18, 1947.
    """
    _, group, size = np.unique(score, return_inverse=True, return_counts=True)
    rank = (np.cumsum(size) - (size - 1) / 2)[group]
    total, ones = len(score), int(positive.sum())
    pairs = ones * (total - ones)
    if not pairs:
        return 0.5, 0.0
    area = (float(rank[positive].sum()) - ones * (ones + 1) / 2) / pairs
    tied = float((size.astype(np.float64) ** 3 - size).sum()) / (total * (total - 1))
    return area, math.sqrt(max(total + 1 - tied, 0.0) / (12 * pairs))


def _turns(after: BoolArray, folds: int = 3) -> IntArray:
    folds = max(1, min(folds, int(after.sum()), int((~after).sum())))
    return np.where(after, np.cumsum(after), np.cumsum(~after)) % folds


def _moments(index: IntArray, features: int, after: BoolArray) -> FloatArray:
    """Return (2, F + 1, F + 1) second moments of one-hot bins and a constant, of the baseline's and window's rows."""
    out = np.empty((2, features + 1, features + 1))
    for side in (0, 1):
        own = index[after == bool(side)]
        matrix = np.zeros((len(own), features + 1), dtype=np.float32)
        np.put_along_axis(matrix, own, 1.0, axis=1)
        matrix[:, features] = 1.0
        out[side] = matrix.T @ matrix
    return out


def _fit(index: IntArray, after: BoolArray, moments: FloatArray) -> tuple[FloatArray, float]:
    """Return (F,) log-odds of the bins and the constant: Newton's steps with the curvature at its largest, 1/4.

    One inverse serves all steps, and each step gains likelihood.
    """
    rows, features = moments[:, -1, -1], moments.shape[1] - 1
    balance = rows.min() / rows
    ridge = np.full(features + 1, RIDGE)
    ridge[features] = 1e-6
    inverse = np.linalg.inv(np.tensordot(balance, moments, 1) / 4 + np.diag(ridge))
    weight, wanted = balance[after.astype(np.int64)], after.astype(np.float64)
    effect = np.zeros(features + 1)
    for _ in range(STEPS):
        score = effect[index].sum(axis=1) + effect[features]
        left = weight * (wanted - 1 / (1 + np.exp(-np.clip(score, -30, 30))))
        slope = np.bincount(index.ravel(), np.repeat(left, index.shape[1]), minlength=features + 1)
        slope[features] = left.sum()
        move = inverse @ (slope - ridge * effect)
        effect += move
        if np.abs(move).max() < SETTLED:
            break
    return effect[:features], float(effect[features])


def _importance(effect: FloatArray, index: IntArray, start: IntArray) -> FloatArray:
    return np.asarray(effect[index].std(axis=0)) if len(index) else np.zeros(len(start) - 1)
