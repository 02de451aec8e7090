"""Where exactly a slice's numeric ranges begin and end, from raw values."""

import numpy as np

from candidates.measures.slice_scan import FEWEST, Contrast, Items
from schemas.evidence import BoolArray, FloatArray

MOST_EDGES = 48
"""Values tried for each end."""


def refine(contrast: Contrast, values: FloatArray, others: BoolArray, items: Items, item: int) -> BoolArray:
    """Return the rows (N,) of a slice after moving the ends of one numeric range to where they fit best.

    Each end is tried at raw values up to half the range's rows away from where the bins put it.

    Parameters
    ----------
    values
        (N,) raw values of the range's column, NaN for null.
    others
        (N,) rows that meet the slice's other conditions.
    items, item
        The slice, and its one-dimensional slice whose ends are moved.
    """
    inside = others & contrast.space.inside(item)
    known = np.flatnonzero(others & np.isfinite(values))
    known = known[np.argsort(values[known], kind="stable")]
    level, start = np.unique(values[known], return_index=True)
    if len(level) < 3 or not inside.any():
        return inside
    bounds = np.append(start, len(known))
    own = values[inside & np.isfinite(values)]
    if not len(own):
        return inside
    low, high = np.searchsorted(level, own.min()), np.searchsorted(level, own.max()) + 1
    reach = max(int(inside.sum()) // 2, 1)
    lows, highs = (_near(bounds, int(at), reach) for at in (low, high))
    first, last = (grid.ravel() for grid in np.meshgrid(lows, highs, indexing="ij"))
    fine = (first < last) & ~((first == 0) & (last == len(level)))
    first, last = first[fine], last[fine]
    if not len(first):
        return inside
    open_end, closed = _costs(contrast, item)
    cost = contrast.cost(items) - contrast.space.cost[item]
    cost = cost + np.where((first == 0) | (last == len(level)), open_end, closed)
    judged = contrast.of_runs(known, bounds[first], bounds[last], cost, len(items))
    best = int(judged.worth.argmax())
    if judged.worth[best] <= 0:
        return inside
    out = np.zeros(len(values), dtype=bool)
    out[known[bounds[first[best]] : bounds[last[best]]]] = True
    return out


def _costs(contrast: Contrast, item: int) -> tuple[float, float]:
    """Return what naming a range open at one end, and a closed one, costs in a column."""
    s = contrast.space
    c = int(s.column[item])
    mine, last = s.column == c, int(s.runs[c]) - 1
    half = mine & ((s.first == 0) | (s.last == last)) & (s.first <= last)
    closed = mine & (s.first > 0) & (s.last < last)
    costs = [float(s.cost[which].min()) if which.any() else float(s.cost[item]) for which in (half, closed)]
    return costs[0], costs[1]


def _near(bounds: np.ndarray, at: int, reach: int) -> np.ndarray:
    """Return levels whose boundary lies within `reach` rows of that of level `at`, evenly thinned, `at` among them."""
    first, last = np.searchsorted(bounds, [bounds[at] - reach, bounds[at] + reach])
    near = np.arange(first, min(last + 1, len(bounds)))
    if len(near) > MOST_EDGES:
        near = near[np.linspace(0, len(near) - 1, MOST_EDGES).astype(int)]
    return np.unique(np.append(near, at))


def sharpness(contrast: Contrast, values: FloatArray, others: BoolArray, mask: BoolArray, rise: float) -> float:
    """Return how sharply errors rise at the ends of a numeric range, [0, 1]: 1 when all of it is gained at the end.

    What acts on a column as a whole (outcomes that follow it otherwise, say) grows errors bit by bit along the column;
    a slice begins at its ends. The third of the slice nearest to an end is compared with as many rows beyond it; the
    doubt of one standard error is in the slice's favour.

    Parameters
    ----------
    values
        (N,) raw values of the range's column.
    others, mask
        (N,) rows that meet the slice's other conditions; that meet the range.
    rise
        Growth of the errors in the slice beyond the other rows'.
    """
    known = np.flatnonzero(others & np.isfinite(values))
    known = known[np.argsort(values[known], kind="stable")]
    inside = np.flatnonzero(mask[known])
    if not len(inside) or rise <= 0:
        return 1.0
    first, last = int(inside[0]), int(inside[-1]) + 1
    near = max((last - first) // 3, 2 * FEWEST)
    jumps = []
    for inner, outer in (
        (known[first : first + near], known[max(first - near, 0) : first]),
        (known[max(last - near, 0) : last], known[last : last + near]),
    ):
        if len(outer) >= near // 2:
            gained, doubt = _gained(contrast, inner, outer)
            jumps.append((gained + doubt) / rise)
    return float(np.clip(min(jumps, default=1.0), 0.0, 1.0))


def _gained(contrast: Contrast, inner: np.ndarray, outer: np.ndarray) -> tuple[float, float]:
    """Return how much more the errors of some rows grew than those of others, and its standard error."""
    gained, doubt = 0.0, 0.0
    for rows, sign in ((inner, 1.0), (outer, -1.0)):
        for side, variance, way in (
            (contrast.after, contrast.variance[1], 1.0),
            (~contrast.after, contrast.variance[0], -1.0),
        ):
            own = rows[side[rows]]
            mass = float(contrast.mass[own].sum())
            if mass <= 0:
                return 0.0, float("inf")
            gained += sign * way * float(contrast.moment[own].sum()) / mass
            doubt += variance / mass
    return gained, float(np.sqrt(doubt))
