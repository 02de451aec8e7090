"""Whether the model learned its training rows by heart.

Every model does better on the rows it was fitted to. It overfits when it does worse elsewhere than it could: its
answers are too sure of themselves on rows it has not seen (calibration slope well under 1), or a plain regularised fit
to the same training rows beats it there, or its errors on its own rows are next to nothing. A forest ranks its own
rows perfectly and is sound elsewhere: that is no fault. Without validation rows only the last sign tells overfitting
from a fault of serving; the first as far as nothing served differs.

References
----------
Steyerberg, "Clinical Prediction Models", 2019, chapter 15 (the calibration slope as a measure of overfitting); Copas,
"Regression, prediction and shrinkage", JRSS B 45(3), 1983.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from candidates.measures.leave_out import metric_over
from candidates.measures.outcome import Outcomes, expect
from schemas.evidence import BoolArray, FloatArray, ModelEvidence, Rows

SOUND, SEVERE = 0.85, 0.6
"""Calibration slope of a sound model, and of one that surely overfits."""
STEEPER = 0.3
"""The slope over the training rows is higher by at least so much."""
SHOWN = 0.25
"""Share of the gap that the validation rows must show for it to be one of fitting."""
WON_BACK = 0.1
"""Share of the gap that a plain fit must win back to show that the model overfits."""
ORDINARILY, KNOWN = 0.15, 0.5
"""Share of the gap by which a sound model may do better on its training rows than a plain fit, and one that knows them
by heart does."""
ORDINARY, BY_HEART = 4.0, 12.0
"""Times the errors on its training rows that a sound model makes on others, and one that learned them by heart."""
SOUND_THERE, STEEP_THERE = 1.2, 2.0
"""Calibration slope over its training rows of a sound model at most, and of one that knows them by heart."""
UNSEEN = 0.5
"""How far too sure answers tell it where there is production only: what is served wrongly is too sure as well."""
FEWEST = 100
STEPS, WIDEST = 12, 8.0
FOLDS = 8


@dataclass(frozen=True, slots=True)
class Overfit:
    """The metric over the splits, and the signs of overfitting.

    Parameters
    ----------
    train, validation, production
        The metric; NaN where a split is missing.
    share
        Of the gap between training and production rows that validation rows show as well (1 where there are none),
        [0, 1].
    slope, slope_train
        Calibration slopes, on rows not fitted (validation, else production) and on the training rows.
    sure
        How surely the model overfits, [0, 1].
    z
        Of the gap, in standard errors over folds of the rows.
    """

    train: float
    validation: float
    production: float
    share: float
    slope: float
    slope_train: float
    sure: float
    z: float

    @property
    def validated(self) -> bool:
        """Return whether there are validation rows."""
        return math.isfinite(self.validation)


def overfit(model: ModelEvidence, rows: Rows, metric: str) -> Overfit | None:
    """Return what the splits say of overfitting; None without training rows that carry predictions and labels."""
    if rows.split is None:
        return None
    train, validation = ((~rows.after & (rows.split == name)) for name in ("train", "validation"))
    over = metric_over(model, rows, metric)
    values = [over(side) for side in (train, validation, rows.after)]
    if not math.isfinite(values[0]) or not math.isfinite(values[2]):
        return None
    validated = math.isfinite(values[1])
    unseen = validation if validated else rows.after
    gap = values[0] - values[2]
    shared = (values[0] - values[1]) / gap if validated and gap else 1.0
    slopes = [_slope(model, rows, side) for side in (unseen, train)]
    error = math.hypot(*(_fold_error(over, side) for side in (train, rows.after)))
    if validated and (shared <= SHOWN or not gap):
        sure = _memorised(rows, train, unseen)
    else:
        sure = _sure(model, rows, metric, (train, unseen), slopes, gap, validated=validated)
    return Overfit(
        train=values[0],
        validation=values[1],
        production=values[2],
        share=float(np.clip(shared, 0, 1)),
        slope=slopes[0],
        slope_train=slopes[1],
        sure=sure,
        z=abs(gap) / max(error, 1e-12),
    )


def _fold_error(over: Callable[[BoolArray], float], side: BoolArray) -> float:
    place = np.cumsum(side) % FOLDS
    values = np.array([over(side & (place == k)) for k in range(FOLDS)])
    values = values[np.isfinite(values)]
    return float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else float("inf")


def _sure(  # noqa: PLR0917 (all that the signs are read from)
    model: ModelEvidence,
    rows: Rows,
    metric: str,
    sides: tuple[BoolArray, BoolArray],
    slopes: list[float],
    gap: float,
    *,
    validated: bool,
) -> float:
    """Return how surely the model overfits, by validation rows or else, with doubt, by those of production."""
    sure = _memorised(rows, *sides)
    if sure < 1:
        sure = max(sure, _too_sure(*slopes) * (1.0 if validated else _told_by_training(slopes[1])))
    # without validation rows: a fault of serving is beaten as well, but knew its own rows no better than a plain fit
    train = None if validated else sides[0]
    doubt = 1.0 if validated else UNSEEN
    return max(sure, doubt * _beaten(model, rows, metric, gap, train)) if sure < doubt else sure


def _memorised(rows: Rows, train: BoolArray, unseen: BoolArray) -> float:
    """Return how far the errors on the training rows are next to nothing beside those on others, [0, 1]."""
    error = np.abs(rows.prediction - rows.label) if rows.proba is None else 1 - _probability_of_label(rows)
    means = [float(np.mean(error[side & np.isfinite(error)])) for side in (unseen, train)]
    ratio = means[0] / max(means[1], 1e-9)
    return float(np.clip(np.log(ratio / ORDINARY) / np.log(BY_HEART / ORDINARY), 0, 1)) if means[0] > 0 else 0.0


def _probability_of_label(rows: Rows) -> FloatArray:
    """Return (N,) the probability that was given to the true class; NaN where the label is not known."""
    if rows.proba is None:
        return np.full(len(rows.label), np.nan)
    known = np.isfinite(rows.label) & (rows.label < rows.proba.shape[1])
    place = np.where(known, rows.label, 0).astype(np.int64)
    return np.where(known, rows.proba[np.arange(len(place)), place], np.nan)


def _told_by_training(slope_train: float) -> float:
    """Return how far production alone tells: nothing of a model that is calibrated on the rows it was fitted to.

    One that is better there than it says, a forest too, may know them by heart, or be served wrongly.
    """
    return UNSEEN * float(np.clip((slope_train - SOUND_THERE) / (STEEP_THERE - SOUND_THERE), 0, 1))


def _too_sure(slope: float, slope_train: float) -> float:
    if not math.isfinite(slope) or not math.isfinite(slope_train) or slope_train - slope < STEEPER:
        return 0.0
    return float(np.clip((SOUND - slope) / (SOUND - SEVERE), 0, 1))


def _slope(model: ModelEvidence, rows: Rows, side: BoolArray) -> float:
    """Return the calibration slope over some rows; NaN where it cannot be told."""
    said, true = _confidence(model, rows)
    fine = side & np.isfinite(said) & np.isfinite(true)
    if fine.sum() < FEWEST or float(said[fine].std()) < 1e-9:
        return float("nan")
    x, y = said[fine], true[fine]
    if model.node.task in {"binary", "multiclass"}:
        return _logistic_slope(x, y)
    return float(np.cov(x, y)[0, 1] / x.var(ddof=1))


def _confidence(model: ModelEvidence, rows: Rows) -> tuple[FloatArray, FloatArray]:
    """Return what is said and what is true (N,): log-odds and outcome, of being right for several classes."""
    if model.node.task == "multiclass":
        if rows.proba is None:
            return np.full(len(rows.after), np.nan), rows.label
        right = np.where(np.isfinite(rows.label), (rows.prediction == rows.label).astype(float), np.nan)
        return _log_odds(rows.proba.max(axis=1)), right
    if model.node.task == "binary":
        return _log_odds(rows.prediction), rows.label
    return rows.prediction, rows.label


def _log_odds(p: FloatArray) -> FloatArray:
    p = np.clip(p, 1e-6, 1 - 1e-6)
    return np.clip(np.log(p / (1 - p)), -WIDEST, WIDEST)


def _logistic_slope(x: FloatArray, y: FloatArray) -> float:
    """Return the slope of a logistic regression of y on x (Newton's method, a whiff of ridge)."""
    design = np.stack([np.ones(len(x)), x], axis=1)
    beta = np.zeros(2)
    for _ in range(STEPS):
        p = 1 / (1 + np.exp(-np.clip(design @ beta, -30, 30)))
        weight = p * (1 - p)
        hessian = (design * weight[:, None]).T @ design + 1e-3 * np.eye(2)
        step = np.linalg.solve(hessian, design.T @ (y - p) - 1e-3 * beta)
        beta = np.clip(beta + step, -20, 20)
    return float(beta[1])


def _beaten(model: ModelEvidence, rows: Rows, metric: str, gap: float, train: BoolArray | None) -> float:
    """Return how surely an additive ridge fit to the training rows beats the model in production, [0, 1].

    Given the training rows, (N,), as far as the model does better there than that fit.
    """
    found = plain_fit(model, rows)
    if found is None or found.expected.shape[1] != 1 or gap == 0:
        return 0.0
    said = np.full(len(rows.after), np.nan)
    said[found.rows] = found.expected[:, 0]
    side = rows.after & np.isfinite(said)
    place, plain = np.cumsum(side) % FOLDS, metric_over(model, replace(rows, prediction=said), metric)
    own = metric_over(model, rows, metric)
    folds = [side & (place == k) for k in range(FOLDS)]
    ahead = np.array([(plain(fold) - own(fold)) / gap for fold in folds])
    ahead = ahead[np.isfinite(ahead)]
    if len(ahead) < FOLDS // 2:
        return 0.0
    z = float(ahead.mean() / max(float(ahead.std(ddof=1)) / np.sqrt(len(ahead)), 1e-9))
    known = train & np.isfinite(said) if train is not None else None
    ahead_there = 1.0 if known is None else (own(known) - plain(known)) / gap
    better = np.clip((ahead_there - ORDINARILY) / (KNOWN - ORDINARILY), 0, 1)
    return float(better * np.clip((z - 1) / 3, 0, 1) * np.clip(ahead.mean() / WON_BACK - 1 / 2, 0, 1))


def plain_fit(model: ModelEvidence, rows: Rows) -> Outcomes | None:
    """Return the outcomes with what an additive ridge fit to the training rows expects of them."""
    keys = sorted(k for k in rows.bins if k in model.columns)
    sizes = {key: len(model.columns[key].roles) for key in keys}
    return expect(rows, model.node.task or "regression", sizes, keys, answer=False)
