"""Two columns that changed places: each now holds what the other one used to.

Positional columns that were reordered, or two fields filled the wrong way round, leave every value valid somewhere. The
sign is in the pair: one column may come to look like another one by chance, hardly both at once.
"""

from collections.abc import Iterable

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


def swapped(column: str, others: Iterable[str], rows: Rows | None) -> Signature | None:
    """Return the sign that a column changed places with one of some others that moved as well; None without one."""
    if rows is None or column not in rows.values:
        return None
    own = _sides(rows, column)
    for other in sorted(set(others) - {column}):
        theirs = _sides(rows, other) if other in rows.values else None
        if theirs and _changed_places(own, theirs):
            return Signature("swapped", 0.95, 1.0, f"it holds what {other} used to hold, and the other way round")
    return None


def _sides(rows: Rows, column: str) -> tuple[FloatArray, FloatArray]:
    values = rows.values[column]
    finite = np.isfinite(values)
    return values[finite & ~rows.after], values[finite & rows.after]


def _changed_places(one: tuple[FloatArray, FloatArray], other: tuple[FloatArray, FloatArray]) -> bool:
    if min(map(len, (*one, *other))) < FEWEST:
        return False
    for (old, new), (place, _) in ((one, other), (other, one)):
        apart, chance = kolmogorov_smirnov(old, new), float(np.sqrt(1 / len(place) + 1 / len(new)))
        if apart < APART or kolmogorov_smirnov(place, new) > max(LEFT * apart, CHANCE * chance):
            return False
    return True
