"""How well does a classifier do where no labels are known? Confidence-based performance estimation (CBPE).

If a score is the probability of the class, a row answered with the class is right with that probability; the sum
over rows is the expected confusion matrix, and every metric follows from it. Scores are calibrated first, on labelled
rows of the baseline, where that helps.

It misleads
* under **concept drift**: labels are not looked at, so a change of P(y | x) cannot show. An estimate that stays
  while the realised metric falls is the very sign of concept drift (or of changed labels);
* where inputs are **broken** or lie where the model never learned: its confidence there means nothing;
* when calibrated on rows that the model was trained on: it is too confident of those;
* on few rows: the estimate is an expectation, and the realised metric scatters around it.

References
----------
NannyML, "Estimation of performance of the monitored model" (documentation, "How it works"); Bialek et al.,
"Estimating Model Performance Under Covariate Shift Without Labels", 2024.
"""

from dataclasses import dataclass

import numpy as np

from candidates.measures.isotonic import Isotonic, fit_isotonic, needs_calibration
from candidates.measures.scores import metric_function
from schemas.evidence import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class Performance:
    """Expected performance over some rows.

    Parameters
    ----------
    confusion
        (K, K) expected rows by true class (first axis) and answered class.
    accuracy, f1, auc
        Of the positive class for two classes, else means over the classes (one against the rest); NaN where
        undefined.
    """

    confusion: FloatArray
    accuracy: float
    f1: float
    auc: float


@dataclass(frozen=True, slots=True)
class PerformanceChange:
    """Expected performance over baseline and window, and whether the scores were calibrated for it."""

    before: Performance
    after: Performance
    calibrated: bool

    @property
    def change(self) -> dict[str, float]:
        """After minus before, by metric."""
        return {name: getattr(self.after, name) - getattr(self.before, name) for name in ("accuracy", "f1", "auc")}


def binary_performance(probability: FloatArray, answer: BoolArray) -> Performance:
    """Return the expected performance of yes-or-no answers.

    Parameters
    ----------
    probability
        (N,) calibrated probabilities of the positive class.
    answer
        (N,) True where the model said yes (its raw score reached its threshold).

    Examples
    --------
    >>> found = binary_performance(np.array([0.9, 0.6, 0.2]), np.array([True, True, False]))
    >>> found.confusion.round(1).tolist(), round(found.accuracy, 3)
    ([[0.8, 0.5], [0.2, 1.5]], 0.767)
    """
    p = np.clip(np.asarray(probability, dtype=np.float64), 0.0, 1.0)
    return multiclass_performance(np.stack([1 - p, p], axis=1), np.asarray(answer).astype(np.int64))


def multiclass_performance(probability: FloatArray, answer: IntArray) -> Performance:
    """Return the expected performance of answers among K classes.

    Parameters
    ----------
    probability
        (N, K) calibrated probabilities; rows sum to 1.
    answer
        (N,) the class answered, 0 to K - 1.

    Raises
    ------
    ValueError
        When a probability is not finite.
    """
    if not np.isfinite(probability).all():
        raise ValueError("probabilities must be finite; leave rows without a score out first")
    n, classes = probability.shape
    confusion = np.zeros((classes, classes))
    np.add.at(confusion.T, answer, probability)
    said, true, hit = confusion.sum(axis=0), confusion.sum(axis=1), np.diag(confusion)
    f1 = np.divide(2 * hit, said + true, out=np.full(classes, np.nan), where=said + true > 0)
    area = metric_function("estimated_auc", "binary", 0.5)
    some = range(1, 2) if classes == 2 else range(classes)
    areas = [area(probability[:, k], probability[:, k], np.ones(n)) if n else np.nan for k in some]
    return Performance(
        confusion=confusion,
        accuracy=float(hit.sum() / n) if n else np.nan,
        f1=float(f1[list(some)].mean()),
        auc=float(np.mean(areas)),
    )


def cbpe(
    before: FloatArray, label: FloatArray, after: FloatArray, threshold: float = 0.5, seed: int = 0
) -> PerformanceChange:
    """Estimate a binary classifier's performance in a window without labels, beside the baseline.

    Parameters
    ----------
    before, label
        (N,) scores in [0, 1] and labels 0 or 1 of the baseline, NaN where not known; no rows of training.
    after
        (M,) scores of the window.
    threshold
        From which score the answer is yes.
    seed
        Of the splits that decide whether to calibrate.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> p = rng.beta(2, 2, 4000)
    >>> label = (rng.random(4000) < p).astype(float)
    >>> found = cbpe(p, label, rng.beta(6, 6, 4000))  # scores nearer to 0.5: harder rows
    >>> {name: round(value, 2) for name, value in found.change.items()}
    {'accuracy': -0.07, 'f1': -0.08, 'auc': -0.1}
    """
    known = np.isfinite(before) & np.isfinite(label)
    calibrate = calibrator(before[known], label[known], seed)
    sides = [side[np.isfinite(side)] for side in (before, after)]
    estimates = [binary_performance(calibrate(side) if calibrate else side, side >= threshold) for side in sides]
    return PerformanceChange(estimates[0], estimates[1], calibrate is not None)


def cbpe_multiclass(
    before: FloatArray, label: IntArray, after: FloatArray, answers: tuple[IntArray, IntArray], seed: int = 0
) -> PerformanceChange:
    """Estimate a classifier of K classes likewise: each class is calibrated by itself, then rows sum to 1.

    Parameters
    ----------
    before, after
        (N, K) and (M, K) scores, finite.
    label
        (N,) true classes of the baseline, -1 where not known.
    answers
        (N,) and (M,) the classes answered.
    """
    known = label >= 0
    maps = [calibrator(before[known, k], (label[known] == k).astype(np.float64), seed) for k in range(before.shape[1])]
    estimates = [
        multiclass_performance(_normalised(side, maps), answer)
        for side, answer in zip((before, after), answers, strict=True)
    ]
    return PerformanceChange(estimates[0], estimates[1], any(m is not None for m in maps))


def calibrator(score: FloatArray, label: FloatArray, seed: int = 0) -> Isotonic | None:
    """Return the isotonic function that calibrates the scores, None where it would not help."""
    return fit_isotonic(score, label) if needs_calibration(score, label, seed) else None


def _normalised(score: FloatArray, maps: list[Isotonic | None]) -> FloatArray:
    mapped = np.stack([m(score[:, k]) if m else score[:, k] for k, m in enumerate(maps)], axis=1)
    total = mapped.sum(axis=1, keepdims=True)
    return np.where(total > 0, mapped / np.where(total > 0, total, 1.0), 1.0 / len(maps))
