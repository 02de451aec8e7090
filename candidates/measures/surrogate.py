"""An additive stand-in for a logged model: output ~ intercept + sum over columns of effect(bin).

Fitted by ridge regression on one-hot bins over the baseline's logged rows, it says what each column
contributes to each row's prediction, so that a column can be put back to normal, or a fault put
into the baseline, without having the model. The moments are computed once; every further
regression (another class's output; what a column's effect should be, given the others) is a small product.

References
----------
Hastie and Tibshirani, "Generalized Additive Models", 1990; Hoerl and Kennard, "Ridge regression",
Technometrics 12(1), 1970.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from candidates.measures.moments import Moments
from schemas.evidence import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class Surrogate:
    """A fitted additive surrogate.

    Parameters
    ----------
    columns
        The columns it reads, in order; column c owns the features `start[c]:start[c + 1]`.
    effect
        (F,) effect of each bin, of several outputs (F, K), centred per column over the fitted rows.
    seen
        (F,) fitted rows per bin: an effect with none is a guess.
    moments, mean
        Second moments of the one-hot features over the fitted rows, and (F,) their means.
    intercept
        () or (K,).
    residual_sd, r2
        Of the fit, out of sample; of several outputs the root of the summed variances, and the share of those.
    class_sd
        (K,) standard deviation of each output's residual, out of sample.
    stretch
        Units of the effects' scale that a unit of deviation counts as (`vote_surrogate`).
    importance
        (C,) standard deviation of each column's effect over the fitted rows, on the link scale; of several
        outputs the root of the summed variances.
    """

    columns: tuple[str, ...]
    start: IntArray
    effect: FloatArray
    seen: FloatArray
    moments: Moments
    mean: FloatArray
    intercept: FloatArray
    residual_sd: float
    class_sd: FloatArray
    r2: float
    importance: FloatArray
    stretch: float = 1.0

    def predict(self, index: IntArray) -> FloatArray:
        """Return the surrogate's output on the link scale: (N,), of several outputs (N, K)."""
        return np.asarray(self.intercept + summed(self.effect, index))

    def features_of(self, columns: Iterable[int]) -> IntArray:
        """Return the features of some columns, given by their positions."""
        blocks = [np.arange(self.start[c], self.start[c + 1]) for c in columns]
        return np.concatenate(blocks) if blocks else np.zeros(0, dtype=np.int64)

    def from_others(self, features: IntArray, target: FloatArray, inverse: FloatArray | None = None) -> FloatArray:
        """Return weights, of the target's shape, that predict some features' effect from all the other features.

        Ridge regression without the rows and columns of `features`, from the inverse of the whole
        system: (A_oo)^-1 = P_oo - P_os P_ss^-1 P_so (Boyd and Vandenberghe, "Convex Optimization", A.5.5).

        Parameters
        ----------
        features
            (S,) the features left out as predictors.
        target
            (F,) or (F, K) their effects; zero elsewhere.
        inverse
            (F, F) of `Moments.without`: others are left out already, none of `features` among them.
        """
        whole = self.moments.inverse if inverse is None else inverse
        wanted = self.moments.gram @ target
        wanted[features] = 0.0
        weights = whole @ wanted
        if len(features):
            inner = whole[np.ix_(features, features)]
            weights -= whole[:, features] @ np.linalg.solve(inner, weights[features])
            weights[features] = 0.0
        return np.asarray(weights)


def summed(effect: FloatArray, index: IntArray) -> FloatArray:
    """Return the sum over columns of the effects (F,) or (F, K) of each row's features (N, C): (N,) or (N, K)."""
    if effect.ndim == 1:
        return np.asarray(effect[index].sum(axis=1))
    if effect.shape[1] == 1:
        return np.asarray(effect[:, 0][index].sum(axis=1)[:, None])
    out = np.zeros((len(index), effect.shape[1]))
    for column in index.T:
        out += effect.take(column, axis=0)
    return out


def feature_index(
    bins: Mapping[str, IntArray], columns: Sequence[str], sizes: Mapping[str, int]
) -> tuple[IntArray, IntArray]:
    """Return (N, C) global feature numbers and (C + 1,) block starts for the columns' bin positions."""
    start = np.concatenate([[0], np.cumsum([sizes[c] for c in columns])]).astype(np.int64)
    index = np.stack([bins[c] for c in columns], axis=1) + start[:-1]
    return index.astype(np.int64), start


def one_hot(index: IntArray, features: int) -> NDArray[np.float32]:
    """Return (N, F) in single precision: what is multiplied by it is the costly product."""
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
        (N,) or (N, K) logged outputs on the link scale, finite; effects have the same last axis.
    held_out
        (N,) rows kept for the out-of-sample figures.
    """
    features = int(start[-1])
    fit = ~held_out if (~held_out).any() else np.ones(len(target), dtype=bool)
    outputs = target.reshape(len(target), -1)
    rows = max(1, int(fit.sum()))
    seen = np.bincount(index[fit].ravel(), minlength=features).astype(float)
    mean = seen / rows
    moments = Moments.of(index[fit], start, mean)
    intercept = outputs[fit].mean(axis=0)
    cross = _cross(index[fit], outputs[fit] - intercept, features)
    effect = moments.solve(cross)
    importance = centre(effect, start, mean, seen)
    judge = held_out if held_out.any() else fit
    left = (outputs[judge] - intercept - summed(effect, index[judge])).var(axis=0)
    spread = float(outputs[judge].var(axis=0).sum())
    several = target.ndim > 1
    return Surrogate(
        columns=tuple(columns),
        start=start,
        effect=effect if several else effect[:, 0],
        seen=seen,
        moments=moments,
        mean=mean,
        intercept=intercept if several else intercept[0],
        residual_sd=float(np.sqrt(left.sum())),
        class_sd=np.sqrt(left),
        r2=1 - float(left.sum()) / spread if spread > 0 else 0.0,
        importance=importance,
    )


def centre(effect: FloatArray, start: IntArray, mean: FloatArray, seen: FloatArray) -> FloatArray:
    """Centre each column's effects (F, K) in place; return (C,) the columns' importance."""
    importance = np.empty(len(start) - 1)
    for c in range(len(importance)):
        own = slice(int(start[c]), int(start[c + 1]))
        effect[own] -= mean[own] @ effect[own]
        effect[own][seen[own] == 0] = 0.0
        importance[c] = float(np.sqrt((mean[own] @ effect[own] ** 2).sum()))
    return importance


def _cross(index: IntArray, centred: FloatArray, features: int) -> FloatArray:
    """Return (F, K) the sums of each output (N, K) over the rows of each feature."""
    flat = index.ravel()
    sums = [np.bincount(flat, np.repeat(one, index.shape[1]), minlength=features) for one in centred.T]
    return np.stack(sums, axis=1)
