"""The additive stand-in for a model that logs classes only: a multinomial logistic regression on the bins.

Every step is bounded by the same matrix, that of the least squares fit, so one inverse serves all steps.

References
----------
Boehning, "Multinomial logistic regression algorithm", Ann. Inst. Statist. Math. 44(1), 1992 (the bound); Nesterov, "A
method of solving a convex programming problem with convergence rate O(1/k^2)", 1983 (the momentum).
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from candidates.measures.links import softmax
from candidates.measures.moments import RIDGE
from candidates.measures.surrogate import Surrogate, centre, fit_surrogate, one_hot, summed
from schemas.evidence import BoolArray, FloatArray, IntArray

STEPS, FEWER_STEPS = 30, 10
CURVATURE = 0.1
"""What a row counts for on log-odds beside least squares: p (1 - p) at a fairly sure p = 0.89. The ridge, in rows,
is as many of these."""
MOST_STRETCH = 20.0
"""Deviations of probabilities are stretched at most so far onto the scale of the effects."""


def fit_votes(  # noqa: PLR0917 (as `fit_surrogate`, and where to begin)
    index: IntArray,
    start: IntArray,
    columns: Sequence[str],
    votes: FloatArray,
    held_out: BoolArray,
    nearby: Surrogate | None = None,
) -> Surrogate:
    """Fit log-odds of the classes; parameters as of `fit_surrogate`, the votes (N, K) being the target.

    Deviations (`residual_sd`, `class_sd`) are those of the votes from their expectation, on the scale of the effects.

    Parameters
    ----------
    nearby
        A fit to some of the rows, to begin from: then fewer steps are needed.
    """
    plain = fit_surrogate(index, start, columns, votes, held_out)
    fit = ~held_out if (~held_out).any() else np.ones(len(votes), dtype=bool)
    intercept, effect = _ascend(plain, index[fit], votes[fit], nearby)
    importance = centre(effect, start, plain.mean, plain.seen)
    judge = held_out if held_out.any() else fit
    said = softmax(intercept + summed(effect, index[judge]))
    left = (votes[judge] - said).var(axis=0)
    spread = float(votes[judge].var(axis=0).sum())
    stretch = _stretch(said)
    return replace(
        plain,
        effect=effect,
        intercept=intercept,
        importance=importance,
        residual_sd=stretch * float(np.sqrt(left.sum())),
        class_sd=stretch * np.sqrt(left),
        stretch=stretch,
        r2=1 - float(left.sum()) / spread if spread > 0 else 0.0,
    )


def _ascend(
    plain: Surrogate, index: IntArray, votes: FloatArray, nearby: Surrogate | None
) -> tuple[FloatArray, FloatArray]:
    """Return intercept (K,) and effects (F, K) after some bounded steps with momentum."""
    mean = plain.mean
    share = np.log(np.maximum(votes.mean(axis=0), 1 / (len(votes) + 1)))
    intercept = share - share.mean() if nearby is None else nearby.intercept + mean @ nearby.effect
    effect = np.zeros((len(mean), votes.shape[1])) if nearby is None else nearby.effect
    ahead, pace = effect, 1.0
    rows_of = np.ascontiguousarray(one_hot(index, len(mean)).T)
    for _ in range(STEPS if nearby is None else FEWER_STEPS):
        left = votes - softmax(intercept - mean @ ahead + summed(ahead, index))
        gradient = rows_of @ left.astype(np.float32) - np.outer(mean, left.sum(axis=0))
        intercept = intercept + 2 * left.mean(axis=0)
        # the bound is half of the least squares' moments plus ridge
        moved = ahead + plain.moments.inverse @ (2 * gradient - 2 * CURVATURE * RIDGE * ahead)
        following = (1 + np.sqrt(1 + 4 * pace**2)) / 2
        ahead, effect, pace = moved + (pace - 1) / following * (moved - effect), moved, following
    # effects are centred over the fitted rows, where they add up to `mean @ effect`
    return intercept - mean @ effect, effect


def _stretch(probability: FloatArray) -> float:
    """Return how many units of log-odds a unit of probability is on the whole, from probabilities (N, K)."""
    square, cube = (probability**2).sum(axis=1), (probability**3).sum(axis=1)
    # trace of the squared Jacobian of the softmax
    change = float((square - 2 * cube + square**2).mean()) if len(probability) else 0.0
    freedom = max(probability.shape[1] - 1, 1)
    return min(float(np.sqrt(freedom / change)), MOST_STRETCH) if change > 0 else MOST_STRETCH
