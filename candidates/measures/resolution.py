"""Values that lie between the values a column can take: finer than it was ever logged, or new where nothing is new.

Counts, ages and prices are logged to some decimal place. Numbers made by a machine that knows only their range (noise
added by somebody who probes a model, a generator of requests) are not, though each lies well within the range.

References
----------
Good, "The population frequencies of species and the estimation of population parameters", Biometrika 40, 1953: the
share of values seen once estimates the share of values still unseen.
"""

import numpy as np

from schemas.evidence import BoolArray, FloatArray

PLACES = 6
"""Decimal places looked at."""
REGULAR = 0.999
"""Share of the baseline's values that must lie on a grid for it to be the column's."""
NEAR = 1e-3
"""Distance, in steps of the grid, within which a value lies on it: numbers are kept in binary."""
FEWEST = 50
COARSEST = -3
"""Coarsest grid looked for: thousands."""
ROUND, BETWEEN = 0.98, 0.5
"""Share of the values that lie on a grid when they were rounded to it, and at most when they were not."""
TENTHS, STRAY = (0.1, 0.25, 0.5, 0.75, 0.9), 0.2
"""Quantiles that stay within a step and this part of their spread."""
DISTINCT = 3
"""Fewer lines of the grid than this are no rounded numbers, but one or two values that took over."""


def off_grid(values: FloatArray, base: BoolArray) -> tuple[BoolArray, float]:
    """Return (N,) which values lie off the baseline's decimal grid, and the probability that a usual one does.

    Parameters
    ----------
    values
        (N,) NaN where unknown.
    base
        (N,) rows of the baseline.
    """
    known = np.isfinite(values)
    usual = values[known & base]
    if len(usual) < FEWEST:
        return np.zeros(len(values), dtype=bool), 1.0
    for places in range(PLACES):
        on = on_grid(usual, places)
        share = float(on.mean())
        if share >= REGULAR:
            return known & ~on_grid(np.where(known, values, 0.0), places), 1 - share + 1 / len(usual)
    return np.zeros(len(values), dtype=bool), 1.0


def unseen(values: FloatArray, base: BoolArray) -> tuple[BoolArray, float]:
    """Return (N,) which values the baseline never held, and the probability that a usual row's is one (Good, 1953)."""
    known = np.isfinite(values)
    usual, counts = np.unique(values[known & base], return_counts=True)
    total = int(counts.sum())
    if total < FEWEST:
        return np.zeros(len(values), dtype=bool), 1.0
    place = np.minimum(np.searchsorted(usual, values), len(usual) - 1)
    return known & (usual[place] != values), (int((counts == 1).sum()) + 1) / (total + 1)


def coarser(old: FloatArray, new: FloatArray) -> tuple[float, float, float] | None:
    """Return the step of the grid that nearly all new values lie on, and the shares of old and new ones there; or None.

    Of several the coarsest, up to thousands, of which the new values hold a few lines at least. Old values must mostly
    lie between: a column of whole numbers is none. And about where the new ones lie: cents are whole as well.

    Parameters
    ----------
    old, new
        (N,) and (M,) finite values.
    """
    if min(len(old), len(new)) < FEWEST:
        return None
    for places in range(COARSEST, PLACES):
        was, now = (float(on_grid(values, places).mean()) for values in (old, new))
        if now >= ROUND and was <= BETWEEN and len(np.unique(_lines(new, places))) >= DISTINCT:
            step = 10.0**-places
            return (step, was, now) if _alike(old, new, step) else None
    return None


def _alike(old: FloatArray, new: FloatArray, step: float) -> bool:
    """Return whether two samples lie where one would that was rounded to a step, which is no more than their spread."""
    was, now = (np.quantile(values, TENTHS) for values in (old, new))
    spread = was[-1] - was[0]
    return bool(step <= spread and (np.abs(now - was) <= step + STRAY * spread).all())


def _lines(values: FloatArray, places: int) -> FloatArray:
    """Return (N,) the lines of a decimal grid that the values are next to."""
    with np.errstate(over="ignore"):
        return np.asarray(np.rint(values * 10.0**places))


def on_grid(values: FloatArray, places: int) -> BoolArray:
    """Return (N,) which values have no more than so many decimal places."""
    with np.errstate(over="ignore", invalid="ignore"):
        return np.asarray(np.abs(values * 10.0**places - _lines(values, places)) < NEAR)
