"""Did the outcomes move when an event says so? The window's rows before the event held against those since."""

import math
from collections.abc import Sequence
from datetime import datetime

from candidates.measures.clock import to_numpy
from candidates.measures.outcome import Outcomes
from schemas.evidence import BoolArray, FloatArray, Rows

FEW = 60
"""Labelled rows on a side of the event within the window that say anything."""
FOLLOWED = 1.0
"""Standard errors by which the outcomes since an event must lie farther off than those of the window before it. Lenient
towards the event: one of five that changed nothing passes."""


def follows(looks: Sequence[Outcomes], rows: Rows, moment: datetime) -> bool:
    """Return whether outcomes lie farther from what the baseline expects since a moment than in the window before it.

    Either beside it, in the direction in which the whole window's lie, or around it. True as well where too few rows of
    the window are older or younger to tell.
    """
    for found in looks:
        since = rows.ts[found.rows] >= to_numpy(moment)
        known = found.after & found.known
        before, after = known & ~since, known & since
        if min(before.sum(), after.sum()) >= FEW:
            residual = found.residual
            beside = residual @ residual[known].mean(axis=0)
            around = (residual**2).sum(axis=1)
            return max(_farther(each, before, after) for each in (beside, around)) >= FOLLOWED
    return True


def _farther(values: FloatArray, before: BoolArray, after: BoolArray) -> float:
    """Return by how many standard errors the mean of some rows lies above that of others."""
    one, other = values[before], values[after]
    error = math.sqrt(float(one.var() / len(one) + other.var() / len(other)))
    return float(other.mean() - one.mean()) / max(error, 1e-12)
