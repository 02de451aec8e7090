"""Whether the symptom comes and goes with a component's trouble inside the incident's window."""

import math
from dataclasses import dataclass

import numpy as np

from candidates.measures.clock import within
from candidates.measures.own_latency import in_buckets
from candidates.measures.robust import two_sided_p
from schemas.evidence import FloatArray, Series, Symptom

FEW = 6
UNEVEN = 0.4
"""From this coefficient of variation in the window on, a departure is no plain step: it comes and goes, or climbs."""

SURE = 0.01


@dataclass(frozen=True, slots=True)
class Tracking:
    """How the symptom follows a departure inside the window, once both have begun.

    Parameters
    ----------
    r, p_value
        Correlation of the buckets, and its chance (two-sided).
    share
        Of the symptom's change that the departure's regression line accounts for, [0, 1].
    """

    r: float
    p_value: float
    share: float

    @property
    def together(self) -> bool:
        """Return whether they rise together beyond chance."""
        return self.r > 0 and self.p_value < SURE


def tracking(symptom: Symptom, series: Series, excess: FloatArray) -> Tracking | None:
    """Return how the symptom follows a departure; None where it is a plain step or too few buckets are known.

    A step that lasts says nothing more than its timing; trouble that covers only some of the window's buckets, or
    climbs, should show in the symptom's buckets if it is the cause.

    Parameters
    ----------
    excess
        (T,) departure of `series` from its expected level; NaN for gaps.
    """
    seen = within(symptom.series.ts, symptom.window)
    starts, y = symptom.series.ts[seen], symptom.series.value[seen]
    if not len(starts):
        return None
    x = in_buckets(Series(series.node, series.metric, series.ts, excess, series.n), starts, symptom.bucket_seconds)
    known = np.isfinite(x) & np.isfinite(y)
    x, y = x[known], y[known] * (1.0 if symptom.direction == "up" else -1.0)
    if x.size < FEW or x.std() < UNEVEN * abs(float(x.mean())) or x.std() <= 0 or y.std() <= 0:
        return None
    r = float(np.clip(np.corrcoef(x, y)[0, 1], -1.0, 1.0))
    t = r * math.sqrt((x.size - 2) / max(1 - r * r, 1e-12))
    return Tracking(r, two_sided_p(abs(t), x.size - 2), _share(symptom, x, y, r))


def _share(symptom: Symptom, x: FloatArray, y: FloatArray, r: float) -> float:
    old = symptom.series.value[within(symptom.series.ts, symptom.baseline)]
    old = old[np.isfinite(old)] * (1.0 if symptom.direction == "up" else -1.0)
    change = float(y.mean() - old.mean()) if old.size else 0.0
    if change <= 0:
        return 0.0
    return min(max(r * float(y.std() / x.std()) * float(x.mean()) / change, 0.0), 1.0)
