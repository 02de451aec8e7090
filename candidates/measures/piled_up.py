"""Values that pile up at a bound: all that lay beyond it before now lies exactly on it.

An instrument that saturates, a cast that clamps or a filter that cuts leaves this sign and no other: the mass that one
value gained is the mass that was lost beyond it, and within the bound, or two bounds, nothing changed. A real drift
puts no such mass on one point; a default value takes it from everywhere; rounding takes it from both sides.
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from candidates.measures.distances import kolmogorov_smirnov
from schemas.evidence import FloatArray

FEWEST = 50
"""Fewer values on a side say nothing."""
LEAST = 0.02
"""Least share of the values that must have moved to the bound."""
GONE = 0.6
"""Share of what lay beyond the bound that must be gone."""
SURE = 5.0
"""Standard errors (of a count) by which the bound must have gained."""
UNEVEN = 0.2
"""How far, in parts of it, what was lost beyond the bound may differ from what the bound gained."""


@dataclass(frozen=True, slots=True)
class PiledUp:
    """One bound or two: their values, infinite where there is none; the share that moved to them, the part gone."""

    low: float
    high: float
    moved: float
    gone: float


def piled_up(old: FloatArray, new: FloatArray) -> PiledUp | None:
    """Return the bounds at which the new values (N,) pile up as the old ones (M,) did not; None without any.

    Examples
    --------
    >>> hours = np.arange(1000) % 60.0
    >>> found = piled_up(hours, np.minimum(hours, 40.0))
    >>> found.low, found.high, round(found.moved, 2), found.gone
    (-inf, 40.0, 0.3, 1.0)
    >>> found = piled_up(hours, np.clip(hours, 10.0, 40.0))
    >>> found.low, found.high
    (10.0, 40.0)
    """
    if min(len(old), len(new)) < FEWEST:
        return None
    values, counts = np.unique(new, return_counts=True)
    usual = values[np.argsort(-counts, kind="stable")[:2]]  # two, where rows from before the onset are among the new
    bounds = [-np.inf, *np.unique([values[0], *usual, values[-1]]).tolist(), np.inf]
    found = [_within(old, new, *pair) for pair in combinations(bounds, 2) if pair != (-np.inf, np.inf)]
    return max((one for one in found if one), key=lambda one: (one.gone, one.moved), default=None)


def _within(old: FloatArray, new: FloatArray, low: float, high: float) -> PiledUp | None:
    """Return the two bounds, one of which may be infinite, if what lay beyond each lies on it now."""
    lost = gained = was = 0.0
    for bound, old_beyond, new_beyond in ((low, old < low, new < low), (high, old > high, new > high)):
        if np.isinf(bound):
            continue
        once, now = float(old_beyond.mean()), float(new_beyond.mean())
        more = float(np.mean(new == bound) - np.mean(old == bound))
        chance = float(np.sqrt(once * (1 - once) * (1 / len(old) + 1 / len(new))))
        less = once - now
        if less < max(LEAST, GONE * once) or more < SURE * chance or abs(more - less) > UNEVEN * less + 2 * chance:
            return None
        lost, gained, was = lost + less, gained + more, was + once
    left_old, left_new = (x[(x > low) & (x < high)] for x in (old, new))
    if min(len(left_old), len(left_new)) < FEWEST:
        return None
    same = max(0.05, 1.95 * float(np.sqrt(1 / len(left_old) + 1 / len(left_new))))
    return None if kolmogorov_smirnov(left_old, left_new) > same else PiledUp(low, high, gained, lost / was)
