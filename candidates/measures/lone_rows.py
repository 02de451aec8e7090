"""One row, or two or three, out of all proportion: the metric is theirs, and without them it is as before.

A mean over rows with heavy tails is now and then carried by one of them. How far out a row may lie by chance is told
from the tail of the baseline's own losses: beyond a high threshold they fall like a power law, whatever their
distribution, and the chance that one of the window's rows lies so far out follows.

References
----------
Hill, "A simple general approach to inference about the tail of a distribution", Annals of Statistics 3(5), 1975.
"""

import math
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from candidates.measures.clock import to_datetime
from candidates.measures.diagnosis import diagnose
from candidates.measures.influence import clip, influence
from candidates.measures.leave_out import metric_over
from schemas.evidence import Evidence, FloatArray

MOST = 3
"""Rows that are called a few; more are a burst."""

FEWEST, TAIL = 200, 0.05
"""Rows of the baseline whose tail, of this share of them, is believed."""

MOSTLY = 0.5
"""Share of the symptom that goes without them."""

SURE = 1e-3
"""Chance of a row as far out, below which it is no longer one of the baseline's; a thousand times less is plain."""


@dataclass(frozen=True, slots=True)
class LoneRows:
    """A few rows that carry the symptom.

    Parameters
    ----------
    count
        How many they are.
    share
        Of the symptom that goes away without them, [0, 1].
    p_value
        Chance of rows as far out under the tail of the baseline's losses.
    at
        When the first of them was logged.
    loss, usual
        The largest loss among them, and the largest of the baseline, in the unit of the logged rows' loss.
    prediction, label
        What was answered and what came true in the row of the largest loss; NaN when unknown.
    """

    node: str
    count: int
    share: float
    p_value: float
    at: datetime
    loss: float
    usual: float
    prediction: float
    label: float

    @property
    def plain(self) -> float:
        """Return how plainly they are none of the baseline's, [0, 1]."""
        return clip(math.log10(SURE / max(self.p_value, 1e-300)) / 3.0)


def lone_rows(evidence: Evidence, node: str) -> LoneRows | None:
    """Return the few rows that carry a model's symptom; None where there are none, or chance may bring them."""
    model, diagnosis = evidence.models.get(node), diagnose(evidence, node)
    rows = model.rows if model else None
    if model is None or rows is None or diagnosis is None or not np.isfinite(diagnosis.unit) or not diagnosis.unit:
        return None
    score = np.where(np.isfinite(rows.score), rows.score, -np.inf)
    before, since = rows.score[~rows.after & np.isfinite(rows.score)], np.flatnonzero(rows.after)
    if len(before) < FEWEST or len(since) <= MOST:
        return None
    over = metric_over(model, rows, diagnosis.metric)
    worst = since[np.argsort(-score[since], kind="stable")[:MOST]]
    for count in range(1, MOST + 1):
        left = rows.after.copy()
        left[worst[:count]] = False
        share = clip((over(rows.after) - over(left)) / diagnosis.unit) * influence(evidence, node)
        if share >= MOSTLY:
            p = chance_of(before, float(score[worst[count - 1]]), count, len(since))
            first = worst[0]
            found = LoneRows(
                node=node,
                count=count,
                share=share,
                p_value=p,
                at=to_datetime(rows.ts[worst[:count]].min()),
                loss=float(score[first]),
                usual=float(before.max()),
                prediction=float(rows.prediction[first]),
                label=float(rows.label[first]),
            )
            return found if p < SURE else None
    return None


def chance_of(before: FloatArray, loss: float, count: int, rows: int) -> float:
    """Return the chance that so many of some rows have at least a loss, by the tail of the losses (T,) before."""
    size = max(int(TAIL * len(before)), 2)
    tail = np.sort(before)[-size:]
    threshold = float(tail[0])
    if threshold <= 0 or not math.isfinite(loss) or loss <= threshold:
        return 1.0
    gentle = float(np.log(tail / threshold).mean())
    # a tail estimated from so many losses may be heavier by two standard errors
    gentle *= 1.0 + 2.0 / math.sqrt(size)
    if gentle <= 0:
        return 1.0
    alone = TAIL * math.exp(-math.log(loss / threshold) / gentle)
    return min((rows * alone) ** count, 1.0)
