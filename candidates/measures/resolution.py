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


def on_grid(values: FloatArray, places: int) -> BoolArray:
    """Return (N,) which values have no more than so many decimal places."""
    scaled = values * 10.0**places
    return np.asarray(np.abs(scaled - np.rint(scaled)) < NEAR)
