"""Isotonic regression: the best increasing function of a score, and when it is worth applying."""

from dataclasses import dataclass

import numpy as np

from schemas.evidence import FloatArray, IntArray

SPLITS = 3
ECE_BINS = 10


@dataclass(frozen=True, slots=True)
class Isotonic:
    """An increasing function: straight lines between the knots (K,), level beyond them."""

    score: FloatArray
    value: FloatArray

    def __call__(self, score: FloatArray) -> FloatArray:
        """Return the function at scores (N,)."""
        return np.interp(score, self.score, self.value)


def fit_isotonic(score: FloatArray, target: FloatArray) -> Isotonic:
    """Return the increasing function of the score with the least squared error, by pooling adjacent violators.

    All runs of blocks that do not rise are pooled at once, pass by pass, until every block lies above the one
    before it; the order of pooling does not matter.

    Parameters
    ----------
    score, target
        (N,) finite, N >= 1. Equal scores share one value.

    Raises
    ------
    ValueError
        When there are no rows.

    References
    ----------
    Ayer, Brunk, Ewing, Reid and Silverman, "An empirical distribution function for sampling with incomplete
    information", Ann. Math. Stat. 26, 1955; Zadrozny and Elkan, "Transforming classifier scores into accurate
    multiclass probability estimates", KDD 2002.

    Examples
    --------
    >>> found = fit_isotonic(np.array([1.0, 2.0, 3.0, 4.0]), np.array([0.0, 1.0, 0.0, 1.0]))
    >>> found.value.tolist(), found(np.array([1.5, 9.0])).tolist()
    ([0.0, 0.5, 0.5, 1.0], [0.25, 1.0])
    """
    if not len(score):
        raise ValueError("an isotonic regression needs at least one row")
    knots, group = np.unique(score, return_inverse=True)
    weight, moment = _added(group, np.ones(len(score))), _added(group, target)
    block = np.arange(len(knots))  # which block each knot is in
    while True:
        level = moment / weight
        rises = np.concatenate([[True], level[1:] > level[:-1]])
        if rises.all():
            return Isotonic(knots, level[block])
        merged = np.cumsum(rises) - 1
        weight, moment = _added(merged, weight), _added(merged, moment)
        block = merged[block]


def _added(group: IntArray, value: FloatArray) -> FloatArray:
    return np.asarray(np.bincount(group, value), dtype=np.float64)


def calibration_error(probability: FloatArray, label: FloatArray, bins: int = ECE_BINS) -> float:
    """Return the expected calibration error over bins of equally many rows (N,), in [0, 1].

    References
    ----------
    Naeini, Cooper and Hauskrecht, "Obtaining Well Calibrated Probabilities Using Bayesian Binning", AAAI 2015.
    """
    order = np.argsort(probability, kind="stable")
    place = np.arange(len(order)) * bins // max(len(order), 1)
    apart = np.bincount(place, (probability - label)[order], minlength=bins)
    return float(np.abs(apart).sum() / max(len(order), 1))


def needs_calibration(score: FloatArray, label: FloatArray, seed: int = 0) -> bool:
    """Return whether calibrated scores have the smaller calibration error on rows not fitted.

    Three splits, stratified by the label; the mean error over the left-out parts decides.

    Parameters
    ----------
    score, label
        (N,) scores in [0, 1] and labels 0 or 1, of rows that the model was not trained on.
    """
    if len(np.unique(label)) < 2 or len(score) < 2 * SPLITS:
        return False
    fold = _stratified(label, np.random.default_rng(seed))
    raw = calibrated = 0.0
    for k in range(SPLITS):
        out = fold == k
        raw += calibration_error(score[out], label[out])
        calibrated += calibration_error(fit_isotonic(score[~out], label[~out])(score[out]), label[out])
    return calibrated < raw


def _stratified(label: FloatArray, rng: np.random.Generator) -> IntArray:
    shuffled = rng.permutation(len(label))
    order = shuffled[np.argsort(label[shuffled], kind="stable")]
    fold = np.empty(len(label), dtype=np.int64)
    fold[order] = np.arange(len(label)) % SPLITS
    return fold
