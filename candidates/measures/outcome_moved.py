"""How surely, and in which way, the outcome given the inputs moved between baseline and window."""

import math
from dataclasses import dataclass, replace

import numpy as np

from candidates.measures.outcome import FEWEST, TENTHS, Outcomes
from schemas.evidence import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class Moved:
    """How surely, and how far, the outcome given the inputs moved.

    Parameters
    ----------
    z
        The clearest of five signs (level, slope, structure, spread, one input's relation), in standard errors,
        corrected for their number.
    offset
        Mean change of the residual, in the outcome's unit; of the class that moved most.
    lost
        Share of what the inputs said about the outcome that is gone, [0, 1]; outcomes that moved alike lost nothing.
    one_way
        How far the outcome moved in one direction only, whatever was expected, [0, 1].
    kept
        Slope of the outcome on its expectation, as a share of the baseline's.
    uneven
        How surely the outcome depends on single inputs otherwise than that slope says, in standard errors.
    """

    z: float
    offset: float
    lost: float
    one_way: float
    kept: float = 1.0
    uneven: float = math.inf


def how_moved(found: Outcomes) -> Moved:
    """Return how surely and how far the outcome given the inputs moved between baseline and window."""
    base, window = found.held_out, found.after & found.known
    if window.sum() < FEWEST or base.sum() < FEWEST // 3:
        return Moved(0.0, 0.0, 0.0, 0.0)
    residual = found.residual
    offsets, errors = _welch(residual[base], residual[window])
    level = offsets / errors
    k = int(np.abs(level).argmax())
    signs = [
        float(np.abs(level).max()),
        _slope(found, base, window),
        _structure(found, base, window),
        _spread(found, base),
        _relations(found, base, window),
    ]
    return Moved(
        # five looks at the same rows: the clearest of five nulls reaches about 1 standard error by itself
        z=max(0.0, max(signs) - 1.0),
        offset=float(offsets[k]),
        lost=_lost(found, base, window),
        one_way=_one_way(found, base, window, k),
        **_evenness(found, base, window),
    )


def _welch(x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return (K,) differences of the means of y and x and their standard errors."""
    error = np.sqrt(x.var(axis=0) / max(len(x), 1) + y.var(axis=0) / max(len(y), 1))
    return y.mean(axis=0) - x.mean(axis=0), np.maximum(error, 1e-9)


def _slope(found: Outcomes, base: BoolArray, window: BoolArray) -> float:
    """Return how surely the outcome answers to its expectation otherwise than before, in standard errors."""
    products = []
    for rows in (base, window):
        expected = found.expected[rows] - found.expected[rows].mean(axis=0)
        residual = found.residual[rows] - found.residual[rows].mean(axis=0)
        scale = max(float((expected**2).mean()), 1e-12)
        products.append(((expected * residual).sum(axis=1) / scale)[:, None])
    change, error = _welch(*products)
    return float(abs(change[0]) / error[0])


def _structure(found: Outcomes, base: BoolArray, window: BoolArray) -> float:
    """Return how surely the residuals depend on what is expected otherwise than before: tenths, on two halves.

    What the stand-in misses in the baseline as well is subtracted, each half by a half of the baseline.
    """
    k = int(found.expected[window].var(axis=0).argmax())
    edges = np.quantile(found.expected[window, k], np.linspace(0, 1, TENTHS + 1)[1:-1])
    places = np.searchsorted(edges, found.expected[:, k]).astype(np.int64)
    return _repeated(places, found.residual[:, k], base, window)


def _relations(found: Outcomes, base: BoolArray, window: BoolArray) -> float:
    """Return how surely the residuals depend on one of the inputs otherwise than before, in standard errors.

    An input whose relation turned round leaves the level and the spread as they were.
    """
    k = int(found.expected[window].var(axis=0).argmax())
    # one extreme outcome must not stand for a relation
    residual = np.clip(found.residual[:, k], *np.quantile(found.residual[base, k], (0.01, 0.99)))
    signs = [_repeated(place, residual, base, window) for place in found.bins.values()]
    # the clearest of so many nulls
    return max(signs, default=0.0) - max(0.0, float(np.sqrt(2 * np.log(max(len(signs), 1)))) - 1.0)


def _evenness(found: Outcomes, base: BoolArray, window: BoolArray) -> dict[str, float]:
    """Return `kept` and `uneven` of `Moved`: how much of the relation is left, and whether evenly of all inputs'.

    Labels that err at random shrink what was expected towards one value, whatever the inputs are.
    """
    k = int(found.expected[window].var(axis=0).argmax())
    expected, slopes = found.expected.copy(), []
    for side, rows in ((~found.after, base), (found.after, window)):
        centred = found.expected[:, k] - found.expected[rows, k].mean()
        slopes.append(float((centred[rows] * found.truth[rows, k]).sum() / max((centred[rows] ** 2).sum(), 1e-12)))
        expected[side, k] = found.truth[rows, k].mean() + slopes[-1] * centred[side]
    even = replace(found, expected=expected)
    kept = slopes[1] / slopes[0] if abs(slopes[0]) > 1e-9 else 1.0
    return {"kept": kept, "uneven": _relations(even, base, window)}


def _repeated(place: IntArray, residual: FloatArray, base: BoolArray, window: BoolArray) -> float:
    """Return how surely one half of the window repeats the other's mean residuals in some bins, in standard errors."""
    size = int(place.max()) + 1
    halves = []
    for half in (0, 1):
        usual = np.flatnonzero(base)[half::2]
        chosen = np.flatnonzero(window)[half::2]
        means = _means(place[usual], residual[usual], size)
        halves.append((place[chosen], residual[chosen] - means[place[chosen]]))
    (first_place, first), (second_place, second) = halves
    product = _means(first_place, first, size)[second_place] * second
    return float(product.mean() / max(float(product.std()) / np.sqrt(max(len(product), 1)), 1e-12))


def _means(place: IntArray, value: FloatArray, size: int) -> FloatArray:
    return np.asarray(np.bincount(place, value, size) / np.maximum(np.bincount(place, minlength=size), 1))


def _spread(found: Outcomes, base: BoolArray) -> float:
    """Return how surely the outcome varies more around its expectation than before, in standard errors."""
    window = found.after & found.known
    square = (found.residual**2).sum(axis=1)
    if found.truth.shape[1] > 1 or set(np.unique(found.truth)) <= {0.0, 1.0}:
        # a probability says itself how much its outcome varies
        square = square - (found.expected * (1 - found.expected)).sum(axis=1)
    change, error = _welch(square[base][:, None], square[window][:, None])
    return float(change[0] / error[0])


def _told(found: Outcomes, rows: BoolArray) -> float:
    """Return the share of the outcome's variation that follows what was expected, whatever its level and scale."""
    truth, expected = (side[rows] - side[rows].mean(axis=0) for side in (found.truth, found.expected))
    spread = float((truth**2).sum() * (expected**2).sum())
    return max(0.0, float((truth * expected).sum())) ** 2 / spread if spread > 0 else 0.0


def _lost(found: Outcomes, base: BoolArray, window: BoolArray) -> float:
    before, after = _told(found, base), _told(found, window)
    return float(np.clip(1 - after / before, 0, 1)) if before > 0.01 else 0.0


def _one_way(found: Outcomes, base: BoolArray, window: BoolArray, k: int) -> float:
    """Return |sum| over sum of |change| of the mean residual in the tenths of what was expected."""
    edges = np.quantile(found.expected[base, k], np.linspace(0, 1, TENTHS + 1)[1:-1])
    means = []
    for rows in (base, window):
        tenth = np.searchsorted(edges, found.expected[rows, k])
        count = np.bincount(tenth, minlength=TENTHS)
        means.append((count, np.bincount(tenth, found.residual[rows, k], TENTHS) / np.maximum(count, 1)))
    (n_base, was), (n_window, now) = means
    enough = (n_base >= 5) & (n_window >= 5)
    weight = np.where(enough, n_window, 0)
    change = (now - was) * weight
    total = float(np.abs(change).sum())
    return float(abs(change.sum()) / total) if total > 0 else 0.0
