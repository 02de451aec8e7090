"""Whether the answers changed with a version, row by row, or merely at about the time when it came in.

Every row says which version answered it. How far its answer deviates from the old function is, by a likelihood ratio,
evidence for an old or for a changed answer. The rows on which the two accounts disagree decide between them: those that
the new version answered before the step in time that fits best, and those that the old one answered since. The best of
many steps in time fits a little better by chance: that is allowed for.
"""

import math

import numpy as np

from schemas.evidence import BoolArray, FloatArray, TimeArray

FEWEST = 30
"""Rows that each version must have answered."""
LEVELS = np.array([0.25, 0.5, 0.75, 0.9, 0.97])
"""Quantiles of the usual deviations between which deviations are counted."""
CHANCE = 3.0
"""Nats by which the best step in time fits better, beside the cost of its place, before it is believed."""


def with_version(size: FloatArray, ts: TimeArray, new: BoolArray, base: BoolArray) -> float:
    """Return how far the deviations came and went with a version rather than at another moment, [0, 1].

    Parameters
    ----------
    size
        (N,) how far each row's answer lies from the old function.
    ts, new, base
        (N,) when it was answered, whether by the new version, and whether it is of the baseline.

    Returns
    -------
    float
        1 when the version fits as well as any moment, or when too few rows can tell; towards 0 the more surely another
        moment fits better, yet never below the version's own part where both moved the answers.
    """
    if min(int(base.sum()), int(new.sum())) < FEWEST:
        return 1.0
    order = np.argsort(ts, kind="stable")
    size, new, base = size[order], new[order], base[order]
    says = _evidence(size, new, base)
    ahead = np.append(np.cumsum(says[::-1])[::-1], 0.0)
    step = int(ahead.argmax())
    better = float(ahead[step] - says[new].sum()) - CHANCE - 0.5 * math.log(int(new.sum()))
    if better <= 0:
        return 1.0
    since = np.arange(len(says)) >= step
    own, moment = _parts(says, new, since)
    return math.exp(-better) + (1.0 - math.exp(-better)) * own / max(own + moment, 1e-12)


def _evidence(size: FloatArray, new: BoolArray, base: BoolArray) -> FloatArray:
    """Return (N,) the log likelihood ratio of each deviation: of a changed answer against a usual one.

    What changed answers look like is read off the later half of the new version's rows, where both accounts agree.
    """
    place = np.searchsorted(np.unique(np.quantile(size[base], LEVELS)), size, side="right")
    changed = np.flatnonzero(new)[int(new.sum()) // 2 :]
    count = [np.bincount(place[which], minlength=len(LEVELS) + 1) + 1.0 for which in (base, changed)]
    usual, now = (one / one.sum() for one in count)
    return np.asarray(np.log(now / usual)[place])


def _parts(says: FloatArray, new: BoolArray, since: BoolArray) -> tuple[float, float]:
    """Return what a version and a moment each add to the evidence, by least squares, not below 0.

    Where the moment fits better the version is given only what is beyond its standard error.
    """
    design = np.stack([np.ones(len(says)), new, since], axis=1).astype(np.float64)
    inverse = np.linalg.pinv(design.T @ design)
    found = inverse @ design.T @ says
    error = math.sqrt(max(float(inverse[1, 1]), 0.0)) * float((says - design @ found).std())
    return max(float(found[1]) - error, 0.0), max(float(found[2]), 0.0)
