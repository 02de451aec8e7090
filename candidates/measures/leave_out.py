"""A model's metric over some of its sampled rows, and what leaving rows out does to the symptom."""

import math

import numpy as np

from candidates.measures.diagnosis import ModelDiagnosis
from candidates.measures.scores import PREDICTION_METRICS, metric_function
from schemas.evidence import BoolArray, FloatArray, ModelEvidence, Rows

PLACEBOS = 12
FEWEST = 20


def metric_of(
    model: ModelEvidence, rows: Rows, metric: str, which: BoolArray, prediction: FloatArray | None = None
) -> float:
    """Return a metric over the chosen rows (N,) that it can read, NaN when they are too few.

    Parameters
    ----------
    prediction
        (N,) other answers to judge instead of the logged ones.
    """
    said = rows.prediction if prediction is None else prediction
    fine = which & np.isfinite(said)
    if metric not in PREDICTION_METRICS:
        fine = fine & np.isfinite(rows.label)
    if fine.sum() < FEWEST:
        return float("nan")
    judge = metric_function(metric, model.node.task or "regression", model.node.threshold)
    return judge(said[fine], rows.label[fine], np.ones(int(fine.sum())))


def drop_share(
    model: ModelEvidence, diagnosis: ModelDiagnosis, rows: Rows, chosen: BoolArray, strange: BoolArray
) -> float:
    """Return the share of the metric's change that goes away without some of the window's rows, signed.

    What the same rule does to the baseline is subtracted, and so is what leaving out as many rows at random does.

    Parameters
    ----------
    chosen
        (N,) rows that are read at all.
    strange
        (N,) rows to leave out, of either side.
    """
    gone = []
    for side in (~rows.after & chosen, rows.after & chosen):
        whole = metric_of(model, rows, diagnosis.metric, side)
        gone.append(whole - metric_of(model, rows, diagnosis.metric, side & ~strange))
    change = gone[1] - gone[0]
    if not math.isfinite(change) or not math.isfinite(diagnosis.unit):
        return 0.0
    window, rng = np.flatnonzero(rows.after & chosen), np.random.default_rng(0)
    whole, chance = metric_of(model, rows, diagnosis.metric, rows.after & chosen), []
    for _ in range(PLACEBOS):
        left = rows.after & chosen
        left[rng.permutation(window)[: int(strange[window].sum())]] = False
        chance.append(whole - metric_of(model, rows, diagnosis.metric, left))
    noise = 2 * float(np.sqrt(np.nanmean(np.square(chance)))) if np.isfinite(chance).any() else 0.0
    return math.copysign(max(0.0, abs(change) - noise), change) / diagnosis.unit
