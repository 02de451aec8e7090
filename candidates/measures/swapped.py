"""Two columns that changed places: each now holds what the other one used to.

Positional columns that were reordered, or two fields filled the wrong way round, leave every value valid somewhere. The
sign is in the pair: one column may come to look like another one by chance, hardly both at once.
"""

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from candidates.measures.distances import kolmogorov_smirnov
from candidates.measures.signatures import Signature
from schemas.evidence import FloatArray, Rows

FEWEST = 50
"""Fewer values on a side say nothing."""
APART, LEFT = 0.15, 0.25
"""Least distance of two columns' values (Kolmogorov-Smirnov); part of it that changing places may leave."""
CHANCE = 1.6
"""Units of chance that it may leave."""
MOST = 50


def swapped(columns: Sequence[str], rows: Rows | None) -> dict[str, Signature]:
    """Return column -> the sign that it changed places with another one, of some that moved.

    Parameters
    ----------
    columns
        Most moved first; the first `MOST` numeric ones are held against each other.
    """
    asked = [column for column in columns if rows is not None and column in rows.values][:MOST]
    sides = {column: _sides(rows, column) for column in asked if rows is not None}
    found: dict[str, Signature] = {}
    for one, other in combinations(asked, 2):
        if _changed_places(sides[one], sides[other]):
            for column, place in ((one, other), (other, one)):
                words = f"it holds what {place} used to hold, and the other way round"
                found.setdefault(column, Signature("swapped", 0.95, 1.0, words))
    return found


def _sides(rows: Rows, column: str) -> tuple[FloatArray, FloatArray]:
    values = rows.values[column]
    finite = np.isfinite(values)
    return values[finite & ~rows.after], values[finite & rows.after]


def _changed_places(one: tuple[FloatArray, FloatArray], other: tuple[FloatArray, FloatArray]) -> bool:
    if min(map(len, (*one, *other))) < FEWEST:
        return False
    # the middle tells most pairs apart, for a hundredth of the cost
    pairs = [(old, new, place) for (old, new), (place, _) in ((one, other), (other, one))]
    if any(abs(float(np.mean(place <= np.median(new))) - 1 / 2) > _left(1.0, new, place) for _, new, place in pairs):
        return False
    for old, new, place in pairs:
        apart = kolmogorov_smirnov(old, new)
        if apart < APART or kolmogorov_smirnov(place, new) > _left(apart, new, place):
            return False
    return True


def _left(apart: float, new: FloatArray, place: FloatArray) -> float:
    """Return the most that changing places may leave of a distance."""
    return max(LEFT * apart, CHANCE * float(np.sqrt(1 / len(place) + 1 / len(new))))
