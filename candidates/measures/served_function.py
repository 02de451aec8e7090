"""Whether the served function is still the baseline's, and what of the metric's change comes from that.

The logged outputs are held against the stand-in of the baseline's function. Deviations add up over classes; a bend
is looked for in each class by itself.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from candidates.measures.changepoint import step_of
from candidates.measures.laboratory import Laboratory
from schemas.evidence import BoolArray, FloatArray, IntArray, Onset, TimeArray

SUSPECT_RATIO = 1.15
"""Deviation ratio from which it is asked whether one function could explain both sides."""
ENOUGH = 0.05
"""Share of familiar rows from which only they are read."""
PARTS = 10
FEWEST = 20
FUNCTION_RATIO, FUNCTION_SHIFT = 1.3, 0.5
"""Deviations from the old function, and shift of its mean, from which the function counts as changed."""
SURE = 5.0
"""Standard errors from which a bend is believed."""


@dataclass(frozen=True, slots=True)
class Deviations:
    """How far some rows' answers lie from the baseline's function.

    Parameters
    ----------
    part
        (N,) 0 of held-out baseline rows, 1 of the window's, 2 of those between baseline and window.
    row
        (N,) positions among the model's sampled rows, or among those between.
    size
        (N,) added up over classes.
    ts, version
        (N,) when a row was answered, and by which version.
    """

    part: IntArray
    row: IntArray
    size: FloatArray
    ts: TimeArray
    version: NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class FunctionChange:
    """How the served function changed.

    Parameters
    ----------
    undone
        What of the metric's change goes away with the old function, in the metric's unit.
    ratio
        Mean squared deviation from the baseline's function, window over held-out baseline.
    energy
        The difference of the two, on the link scale.
    bend
        Largest shift of the mean deviation within a tenth of the fitted outputs, in its standard deviations.
    onset
        Since when the logged outputs deviate; None where no step is seen.
    deviation
        Row by row, of held-out baseline rows and the familiar ones of the window and before it.
    """

    undone: float
    ratio: float
    energy: float
    bend: float
    onset: Onset | None = None
    deviation: Deviations | None = None

    @property
    def moved(self) -> bool:
        """Return whether the served function changed beyond the stand-in's own error."""
        return has_changed(self.ratio, self.bend)


def has_changed(ratio: float, bend: float) -> bool:
    """Return whether a served function of such deviations changed beyond the stand-in's own error."""
    return ratio > FUNCTION_RATIO or bend > FUNCTION_SHIFT


def function_change(lab: Laboratory, bucket_seconds: float) -> FunctionChange:
    """Return whether, how far, since when and to what effect the served function changed."""
    window, base = lab.window, lab.base
    usual = lab.surrogate.residual_sd**2
    fit_base, fit_window = lab.fit
    left_base, left_window = lab.deviation(base.output, fit_base), lab.deviation(window.output, fit_window)
    familiar = lab.familiar
    keep = familiar | (float(familiar.mean()) < ENOUGH)
    energy = _mean_square(left_window[keep]) if keep.any() else usual
    undone = lab.value(window, keep=keep) - lab.value(window, lab.fitted(fit_window), keep=keep)
    usual_loss = lab.value(base, keep=lab.held_out) - lab.value(base, lab.fitted(fit_base), keep=lab.held_out)
    bent = _bend(lab, (fit_base, left_base), (fit_window, left_window), keep)
    ratio = energy / max(usual, 1e-9)
    if ratio > SUSPECT_RATIO or bent > 0:
        one, bent_one = _one_function(lab, keep)
        ratio, bent = min(ratio, one), min(bent, bent_one)
    found = _deviations(lab, left_base, left_window, keep)
    moved = ratio > SUSPECT_RATIO or bent > 0
    return FunctionChange(
        undone=undone - usual_loss,
        ratio=ratio,
        energy=max(0.0, ratio - 1) * usual,
        bend=bent,
        onset=step_of(found.ts, found.size, bucket_seconds) if moved else None,
        deviation=found,
    )


def _deviations(lab: Laboratory, left_base: FloatArray, left_window: FloatArray, keep: BoolArray) -> Deviations:
    held, (base, window) = lab.held_out, (lab.base, lab.window)
    parts = [(base, held, left_base), (window, keep, left_window)]
    if lab.between is not None:
        between = lab.between
        parts.append((between, ~lab.strange(between), lab.deviation(between.output, lab.said(between))))
    return Deviations(
        part=np.repeat(np.arange(len(parts)), [int(which.sum()) for _, which, _ in parts]),
        row=np.concatenate([side.row[which] for side, which, _ in parts]),
        size=np.concatenate([np.abs(left[which]).sum(axis=1) for _, which, left in parts]),
        ts=np.concatenate([side.ts[which] for side, which, _ in parts]),
        version=np.concatenate([side.version[which] for side, which, _ in parts]),
    )


def _mean_square(deviation: FloatArray) -> float:
    """Return the mean over rows of squared deviations (N, K), added up over classes."""
    return float((deviation**2).sum(axis=1).mean())


def _one_function(lab: Laboratory, keep: BoolArray) -> tuple[float, float]:
    """Return the deviation ratio and the bend if one function were to explain both sides.

    The baseline alone cannot tell apart columns that always moved together; rows that break them
    apart look like a new function then. If one function fits both sides, it did not change. A
    real change of size d leaves d/2 on each side, hence the factors 2 of it and 4 of its square.
    """
    s, n = lab.surrogate, len(lab.base.output)
    index = np.concatenate([lab.base.index, lab.window.index])
    output = np.concatenate([lab.base.output, lab.window.output])
    held = np.concatenate([lab.held_out, np.arange(len(lab.window.output)) % 4 == 3])
    if held[n:].sum() < FEWEST:
        return float("inf"), float("inf")
    fit = lab.stand_in(index, s.start, output, held, s).predict(index)
    left = lab.deviation(output, fit)
    mse = _mean_square(left[n:][held[n:]])
    bent = 2 * _bend(lab, (fit[:n], left[:n]), (fit[n:], left[n:]), keep)
    return 1 + 4 * max(0.0, mse / max(s.residual_sd**2, 1e-9) - 1), bent


def _bend(
    lab: Laboratory, base: tuple[FloatArray, FloatArray], window: tuple[FloatArray, FloatArray], keep: BoolArray
) -> float:
    """Return the largest bend among the classes, from fits and deviations (N, K) of both sides."""
    held = lab.held_out
    if not held.any():
        return 0.0
    bends = []
    for k, sd in enumerate(lab.surrogate.class_sd):
        was, now = ((fit[rows, k], left[rows, k]) for (fit, left), rows in ((base, held), (window, keep)))
        bends.append(_bend_of_class(was, now, max(float(sd), 1e-9)))
    return max(bends)


def _bend_of_class(base: tuple[FloatArray, FloatArray], window: tuple[FloatArray, FloatArray], sd: float) -> float:
    """Return the bend from (fit, deviation from it) of both sides' rows, and the deviations' usual size."""
    edges = np.quantile(base[0], np.linspace(0, 1, PARTS + 1)[1:-1])
    (n_base, mean_base), (n_window, mean_window) = (
        _means(np.searchsorted(edges, fit).astype(np.int64), left) for fit, left in (base, window)
    )
    enough = (n_base >= FEWEST) & (n_window >= FEWEST)
    shift = np.abs(mean_window - mean_base)[enough] / sd
    error = np.sqrt(1 / np.maximum(n_base, 1) + 1 / np.maximum(n_window, 1))[enough]
    sure = shift > SURE * error
    return float(shift[sure].max()) if sure.any() else 0.0


def _means(part: IntArray, value: FloatArray) -> tuple[IntArray, FloatArray]:
    count = np.bincount(part, minlength=PARTS)
    return count, np.bincount(part, value, minlength=PARTS) / np.maximum(count, 1)
