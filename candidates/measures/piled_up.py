"""Values that pile up at a bound: all that lay beyond it before now lies exactly on it.

An instrument that saturates, a cast that clamps or a filter that cuts leaves this sign and no other: the mass that one
value gained is the mass that was lost beyond it, and below the bound nothing changed. A real drift puts no such mass on
one point; a default value takes it from everywhere; rounding takes it from both sides.
"""

from dataclasses import dataclass

import numpy as np

from candidates.measures.distances import kolmogorov_smirnov
from schemas.evidence import BoolArray, FloatArray

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
    """A bound: its value, whether it is an upper one, the share that moved to it, and the part gone from beyond."""

    bound: float
    upper: bool
    moved: float
    gone: float


def piled_up(old: FloatArray, new: FloatArray) -> PiledUp | None:
    """Return the bound at which the new values (N,) pile up as the old ones (M,) did not; None without one.

    Examples
    --------
    >>> hours = np.arange(1000) % 60.0
    >>> found = piled_up(hours, np.minimum(hours, 40.0))
    >>> found.bound, found.upper, round(found.moved, 2), found.gone
    (40.0, True, 0.3, 1.0)
    """
    if min(len(old), len(new)) < FEWEST:
        return None
    values, counts = np.unique(new, return_counts=True)
    bounds = {float(values[0]), float(values[-1]), float(values[counts.argmax()])}
    found = [_at(old, new, bound, upper=upper) for bound in sorted(bounds) for upper in (True, False)]
    return max((one for one in found if one), key=lambda one: (one.gone, one.moved), default=None)


def _at(old: FloatArray, new: FloatArray, bound: float, *, upper: bool) -> PiledUp | None:
    beyond_old, beyond_new = (_beyond(x, bound, upper=upper) for x in (old, new))
    was, now = float(beyond_old.mean()), float(beyond_new.mean())
    lost, gained = was - now, float(np.mean(new == bound) - np.mean(old == bound))
    chance = float(np.sqrt(was * (1 - was) * (1 / len(old) + 1 / len(new))))
    if lost < max(LEAST, GONE * was) or gained < SURE * chance or abs(gained - lost) > UNEVEN * lost + 2 * chance:
        return None
    left_old, left_new = (x[(x != bound) & ~beyond] for x, beyond in ((old, beyond_old), (new, beyond_new)))
    if min(len(left_old), len(left_new)) < FEWEST:
        return None
    same = max(0.05, 1.95 * float(np.sqrt(1 / len(left_old) + 1 / len(left_new))))
    if kolmogorov_smirnov(left_old, left_new) > same:
        return None
    return PiledUp(bound, upper, gained, lost / was)


def _beyond(values: FloatArray, bound: float, *, upper: bool) -> BoolArray:
    return np.asarray(values > bound if upper else values < bound)
