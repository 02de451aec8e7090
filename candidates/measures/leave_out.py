"""A model's metric over some of its sampled rows, and what leaving rows out does to the symptom."""

import math
from collections.abc import Callable

import numpy as np

from candidates.measures.answers import judge_of
from candidates.measures.diagnosis import ModelDiagnosis
from candidates.measures.scores import PREDICTION_METRICS
from schemas.evidence import BoolArray, ModelEvidence, Rows

PLACEBOS = 12
FEWEST = 20


def metric_over(model: ModelEvidence, rows: Rows, metric: str) -> Callable[[BoolArray], float]:
    """Return a metric as a function of the chosen rows (N,): NaN when too few of them can be read."""
    judge, answer = judge_of(model, rows, metric)
    readable = np.isfinite(rows.prediction)
    if metric not in PREDICTION_METRICS:
        readable &= np.isfinite(rows.label)

    def over(which: BoolArray) -> float:
        fine = which & readable
        count = int(fine.sum())
        return judge(answer[fine], rows.label[fine], np.ones(count)) if count >= FEWEST else float("nan")

    return over


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
    metric = metric_over(model, rows, diagnosis.metric)
    gone = [metric(side) - metric(side & ~strange) for side in (~rows.after & chosen, rows.after & chosen)]
    change = gone[1] - gone[0]
    if not math.isfinite(change) or not math.isfinite(diagnosis.unit):
        return 0.0
    window, rng = np.flatnonzero(rows.after & chosen), np.random.default_rng(0)
    whole, chance = metric(rows.after & chosen), []
    for _ in range(PLACEBOS):
        left = rows.after & chosen
        left[rng.permutation(window)[: int(strange[window].sum())]] = False
        chance.append(whole - metric(left))
    noise = 2 * float(np.sqrt(np.nanmean(np.square(chance)))) if np.isfinite(chance).any() else 0.0
    return math.copysign(max(0.0, abs(change) - noise), change) / diagnosis.unit
