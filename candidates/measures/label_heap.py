"""Labels heaped on one value: recorded up to a limit, or given a default beyond it.

What the world does spreads over values; a limit of what is recorded gathers all that lay beyond it on itself.
"""

from dataclasses import dataclass

import numpy as np

from schemas.evidence import FloatArray, Rows

FEW = 50
CLEAR = 5.0
"""Standard errors by which the heap must have grown: the value is chosen among all."""
LEAST = 0.02
"""Share of the labels that a heap must have gained."""
NEW = 0.25
"""Most of the heap that was there before: more outcomes at the end of a scale are nothing new."""
CUT = 0.3
"""Share of what lay beyond the value that must be missing."""
TAKEN = 0.6
"""Share of the gain that must be missing beyond the value, and of what is missing that the value must have gained."""
ALONE = 0.5
"""Most of what is missing that one other value may have had: values written as another are no limit."""


@dataclass(frozen=True, slots=True)
class Heap:
    """A value's share of the labels before and since; `cut`: 1 when what lay above it is missing, -1 below."""

    value: float
    before: float
    after: float
    cut: int


def heap(rows: Rows) -> Heap | None:
    """Return the value on which the window's labels heap at the cost of all beyond it; None when there is none."""
    known = np.isfinite(rows.label)
    before, since = rows.label[known & ~rows.after], rows.label[known & rows.after]
    if min(len(before), len(since)) < FEW:
        return None
    values, counts = np.unique(since, return_counts=True)
    value = float(values[counts.argmax()])
    was, now = float(np.mean(before == value)), float(counts.max() / len(since))
    error = float(np.sqrt(max(now * (1 - now), 1e-9) / len(since) + was * (1 - was) / len(before)))
    if now - was < max(LEAST, CLEAR * error) or was > NEW * now:
        return None
    for cut in (1, -1):
        beyond = before[cut * before > cut * value]
        missing = len(beyond) / len(before) - float(np.mean(cut * since > cut * value))
        enough = missing > max(TAKEN * (now - was), CUT * len(beyond) / len(before))
        if enough and now - was > TAKEN * missing and _most(beyond) < ALONE * len(before) * missing:
            return Heap(value, was, now, cut)
    return None


def _most(values: FloatArray) -> int:
    """Return how many are of the most frequent value."""
    return int(np.unique(values, return_counts=True)[1].max()) if len(values) else 0
