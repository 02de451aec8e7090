"""Each row's error as a matched filter sees it: against what its answer lets expect, and what it could become.

An answer near a class's share errs as usual whether or not it still belongs to its request; a confident one errs
greatly once it does not. So a degraded slice shows most in the answers that have most to lose. Per bin of the answer,
the baseline says what error is usual and how it varies, and drawing labels at random says what error is to be had
when answers and labels no longer belong together. The rows' errors are then `residual = amplitude x gain + noise`,
with noise of variance one, and the least-squares amplitude over any rows is sum(gain x residual) / sum(gain^2).

References
----------
Turin, "An introduction to matched filters", IRE Transactions on Information Theory 6(3), 1960.
"""

from dataclasses import dataclass

import numpy as np

from candidates.measures.outcome import answer_bins
from candidates.measures.scores import PREDICTION_METRICS
from schemas.evidence import BoolArray, FloatArray, IntArray, Rows

LABELS = 101
"""Labels drawn, at equal steps of the baseline's distribution."""
DAMAGED = 0.35
"""Weight of the variance of damaged rows against that of healthy ones."""
NARROW = 0.01
"""Smallest variance of a bin, in that of the most varied bin."""
FEWEST = 100


@dataclass(frozen=True, slots=True)
class RowErrors:
    """The rows (N,) that can be judged, by position; their `error` in its own unit, `residual` and `gain`.

    `expected`: what the model used to answer (a class's position, or a number on some scale), where answers are judged.
    """

    rows: IntArray
    error: FloatArray
    residual: FloatArray
    gain: FloatArray
    expected: FloatArray | None = None

    def only(self, chosen: IntArray) -> "RowErrors":
        """Return some of the rows, by their places among these."""
        expected = None if self.expected is None else self.expected[chosen]
        return RowErrors(self.rows[chosen], self.error[chosen], self.residual[chosen], self.gain[chosen], expected)


def row_errors(rows: Rows, task: str, metric: str) -> RowErrors | None:
    """Return the rows' errors of the kind that a metric is about; None when a side has too few of them.

    A signed metric (bias) and one without labels have no error that could only grow: their score is taken as it is.
    """
    plain = (
        metric in PREDICTION_METRICS
        or metric in {"bias", "null_rate"}
        or task
        not in {
            "binary",
            "multiclass",
            "regression",
        }
    )
    error = rows.score if plain else _error(rows.prediction, rows.label, task)
    chosen = np.flatnonzero(np.isfinite(error) & np.isfinite(rows.prediction))
    after = rows.after[chosen]
    if min(after.sum(), (~after).sum()) < FEWEST:
        return None
    error = error[chosen]
    if plain:
        spread = max(float(error[~after].std()), 1e-12)
        limit = np.quantile(error, [0.002, 0.998])
        return RowErrors(chosen, error, np.clip(error, *limit) / spread, np.ones(len(error)))
    residual, gain = _matched(rows.prediction[chosen], rows.label[chosen], error, after, task)
    return RowErrors(chosen, error, residual, gain)


def _error(prediction: FloatArray, label: FloatArray, task: str) -> FloatArray:
    if task == "binary":
        return np.square(prediction - np.where(np.isfinite(label), label >= 0.5, np.nan))
    if task == "multiclass":
        return np.where(np.isfinite(label), prediction != label, np.nan)
    return np.abs(prediction - label)


def _matched(
    prediction: FloatArray, label: FloatArray, error: FloatArray, after: BoolArray, task: str
) -> tuple[FloatArray, FloatArray]:
    """Return (residual, gain), both (N,), scaled to noise of variance one."""
    place, size = answer_bins(prediction, after, task)
    base = np.bincount(place[~after], minlength=size)

    def mean(values: FloatArray) -> FloatArray:
        total = np.bincount(place[~after], values[~after], minlength=size)
        return np.asarray(np.where(base > 0, total / np.maximum(base, 1), values[~after].mean()))

    usual = mean(error)
    healthy = mean(error**2) - usual**2
    drawn = np.quantile(label[~after], np.linspace(0, 1, LABELS), method="nearest")
    answer = np.bincount(place, prediction, minlength=size) / np.maximum(np.bincount(place, minlength=size), 1)
    could = np.asarray(_error(answer[:, None], drawn[None, :], task), dtype=np.float64)
    gain = np.maximum(could.mean(axis=1) - usual, 0.0)
    variance = (1 - DAMAGED) * healthy + DAMAGED * could.var(axis=1)
    scale = np.sqrt(np.maximum(variance, max(NARROW * float(variance.max()), 1e-12)))
    if not (gain * base).sum() > 0:
        gain = scale  # the answers never said anything: all errors may grow alike
    return ((error - usual[place]) / scale[place]), (gain / scale)[place]
