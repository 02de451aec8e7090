"""An additive stand-in for a logged model: prediction ~ intercept + sum over columns of effect(bin).

Fitted by ridge regression on one-hot bins over the baseline's logged rows, it says what each column
contributes to each row's prediction, so that a column can be put back to normal, or a fault put
into the baseline, without having the model. The gram matrix is computed once; every further
regression (what a column's effect should be, given the others) is a small solve.

References
----------
Hastie and Tibshirani, "Generalized Additive Models", 1990; Hoerl and Kennard, "Ridge regression",
Technometrics 12(1), 1970.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from schemas.evidence import BoolArray, FloatArray, IntArray

RIDGE = 5.0
"""Penalty in rows: an effect seen in five rows is halved."""


@dataclass(frozen=True, slots=True)
class Surrogate:
    """A fitted additive surrogate.

    Parameters
    ----------
    columns
        The columns it reads, in order; column c owns the features `start[c]:start[c + 1]`.
    effect
        (F,) effect of each bin, centred per column over the fitted rows.
    seen
        (F,) fitted rows per bin: an effect with none is a guess.
    gram, inverse, mean
        (F, F) centred second moments of the one-hot features over the fitted rows, the inverse of that
        plus the ridge, and (F,) the features' means.
    intercept, residual_sd, r2
        Of the fit; `residual_sd` and `r2` are out of sample.
    importance
        (C,) standard deviation of each column's effect over the fitted rows, on the link scale.
    """

    columns: tuple[str, ...]
    start: IntArray
    effect: FloatArray
    seen: FloatArray
    gram: FloatArray
    inverse: FloatArray
    mean: FloatArray
    intercept: float
    residual_sd: float
    r2: float
    importance: FloatArray

    def predict(self, index: IntArray) -> FloatArray:
        """Return (N,) the surrogate's prediction on the link scale."""
        return np.asarray(self.intercept + self.effect[index].sum(axis=1))

    def from_others(self, features: IntArray, target: FloatArray) -> FloatArray:
        """Return (F,) weights that predict some features' effect from all the other features.

        Ridge regression without the rows and columns of `features`, from the inverse of the whole
        system: (A_oo)^-1 = P_oo - P_os P_ss^-1 P_so (Boyd and Vandenberghe, "Convex Optimization", A.5.5).

        Parameters
        ----------
        features
            (K,) the features left out as predictors.
        target
            (F,) their effects; zero elsewhere.
        """
        wanted = self.gram @ target
        wanted[features] = 0.0
        weights = self.inverse @ wanted
        inner = self.inverse[np.ix_(features, features)]
        weights -= self.inverse[:, features] @ np.linalg.solve(inner, weights[features])
        weights[features] = 0.0
        return np.asarray(weights)


def feature_index(
    bins: Mapping[str, IntArray], columns: Sequence[str], sizes: Mapping[str, int]
) -> tuple[IntArray, IntArray]:
    """Return (N, C) global feature numbers and (C + 1,) block starts for the columns' bin positions."""
    start = np.concatenate([[0], np.cumsum([sizes[c] for c in columns])]).astype(np.int64)
    index = np.stack([bins[c] for c in columns], axis=1) + start[:-1]
    return index.astype(np.int64), start


def _one_hot(index: IntArray, features: int) -> NDArray[np.float32]:
    """Return (N, F) in single precision: the gram matrix is the costly product, counts stay exact in it."""
    matrix = np.zeros((len(index), features), dtype=np.float32)
    np.put_along_axis(matrix, index, 1.0, axis=1)
    return matrix


def fit_surrogate(
    index: IntArray, start: IntArray, columns: Sequence[str], target: FloatArray, held_out: BoolArray
) -> Surrogate:
    """Fit on the rows outside `held_out`; measure the fit on the rows inside.

    Parameters
    ----------
    index, start
        From `feature_index`, baseline rows only: (N, C) and (C + 1,).
    target
        (N,) logged predictions on the link scale, finite.
    held_out
        (N,) rows kept for the out-of-sample figures.
    """
    features = int(start[-1])
    fit = ~held_out if (~held_out).any() else np.ones(len(target), dtype=bool)
    matrix = _one_hot(index[fit], features)
    rows = max(1, int(fit.sum()))
    intercept = float(target[fit].mean())
    flat = index[fit].ravel()
    seen = np.bincount(flat, minlength=features).astype(float)
    cross = np.bincount(flat, np.repeat(target[fit] - intercept, len(columns)), minlength=features)
    mean = seen / rows
    gram = (matrix.T @ matrix).astype(np.float64) - rows * np.outer(mean, mean)
    inverse = np.asarray(np.linalg.inv(gram + RIDGE * np.eye(features)), dtype=np.float64)
    effect = inverse @ cross
    importance = np.empty(len(columns))
    for c in range(len(columns)):
        own = slice(int(start[c]), int(start[c + 1]))
        centre = float((mean[own] * effect[own]).sum())
        effect[own] -= centre
        effect[own][seen[own] == 0] = 0.0
        importance[c] = float(np.sqrt((mean[own] * effect[own] ** 2).sum()))
    judge = held_out if held_out.any() else fit
    residual = target[judge] - intercept - effect[index[judge]].sum(axis=1)
    spread = float(np.var(target[judge]))
    r2 = 1 - float(np.var(residual)) / spread if spread > 0 else 0.0
    return Surrogate(
        columns=tuple(columns),
        start=start,
        effect=effect,
        seen=seen,
        gram=gram,
        inverse=inverse,
        mean=mean,
        intercept=intercept,
        residual_sd=float(residual.std()),
        r2=r2,
        importance=importance,
    )
