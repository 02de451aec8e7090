"""Which of several columns that drifted together is the one that drives the others.

If the population was resampled by one column, then given that column the others are as before:
reweighting the baseline to its new distribution makes their shifts vanish too, while reweighting by
a follower leaves the leader's shift unexplained (selection on one variable leaves the conditional
distribution given it invariant: Shimodaira, "Improving predictive inference under covariate shift",
J. Stat. Planning and Inference 90, 2000).
"""

import math
from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType

import numpy as np

from candidates.measures.distances import jensen_shannon, shares
from candidates.measures.standing import FAINT, Standing, standing
from schemas.evidence import BoolArray, FloatArray, IntArray

MAX_WEIGHT = 50.0
PARSIMONY = 0.05
LEAST, TIE = 0.15, 0.12
"""Least factor of a column that another carried along; what may be lost between equals."""
LEAST_TOGETHER, MAIN = 4, 0.4
"""Columns from which a shift may be a common one; part of what the best leader explains from which another is one."""
FEWEST = 50.0
"""Rows that must be left of reweighted ones, for anything to be explained by them."""
ALONE = 0.9
"""Share of its own shift that no other column explains, from which a column drifted by itself."""


def _counts(position: IntArray, size: int, weight: FloatArray | None = None) -> FloatArray:
    return np.bincount(position, weight, minlength=size).astype(float)


def leadership(
    bins: Mapping[str, IntArray],
    sizes: Mapping[str, int],
    after: BoolArray,
    columns: Sequence[str],
    barred: Mapping[str, Collection[str]] = MappingProxyType({}),
) -> dict[str, float]:
    """Return how well each of some drifting columns explains itself and the others, in [0, 1].

    Parameters
    ----------
    bins, sizes
        Key -> (N,) bin positions and number of bins.
    after
        (N,) True for rows of the window.
    columns
        The keys that drifted; a single one leads itself.
    barred
        Key -> keys that it cannot lead, because it follows them (a model's answer and its inputs).

    Returns
    -------
    dict
        Key -> product of the share of its own shift that no other column explains (at least 0.15)
        and of the share of the others' shifts that it explains, relative to its best rival; less where another
        column explains it and it does not explain that one (`_leading`), and where nobody leads (`common_shift`).
        A column that drifted by itself leads itself: 1, and is nobody's leader.
    """
    if len(columns) < 2:
        return dict.fromkeys(columns, 1.0)
    n = len(columns)
    whole, share_left, values = _reweighted(bins, sizes, after, columns)
    np.fill_diagonal(share_left, 1.0)
    closed = np.array([[k in barred.get(j, ()) for k in columns] for j in columns])
    share_left[closed] = 1.0
    own = share_left.min(axis=0)
    found = standing(bins, sizes, after, columns)
    follows = found.carried & ~closed.T
    bound = follows | follows.T
    shared = own < ALONE
    together = shared | bound.any(axis=0)
    # what no other explains concerns only those that follow it, or that it follows
    concerns = shared[None, :] | bound
    related = (share_left < ALONE) | (share_left.T < ALONE) | bound
    rivals = (related & concerns & ~closed & ~closed.T) | np.eye(n, dtype=bool)
    np.fill_diagonal(share_left, 0.0)
    moved = whole * concerns
    np.fill_diagonal(moved, 0.0)
    others = 1 - (share_left * moved).sum(axis=1) / np.maximum(moved.sum(axis=1), 1e-9)
    # of columns that explain as much, the one with fewer values says it more simply
    simple = np.maximum(values, 2.0) ** -PARSIMONY
    score = np.maximum(0.15, own) * np.clip(others, 0.05, 1.0) * simple
    score *= _leading(found.z, follows)
    best = np.where(rivals, score, 0.0).max(axis=1)
    lead = np.where(together, score / best, 1.0)
    lead *= 1 - _common(found) * (1 - 1 / np.maximum(found.half_led, 1))
    return {c: float(lead[i]) for i, c in enumerate(columns)}


def common_shift(
    bins: Mapping[str, IntArray],
    sizes: Mapping[str, int],
    after: BoolArray,
    columns: Sequence[str],
) -> float:
    """Return how far several columns moved together without one that leads them, [0, 1]; parameters of `leadership`.

    Whichever is taken for the leader, some of those that moved with it moved otherwise than it tells.
    """
    return _common(standing(bins, sizes, after, columns)) if len(columns) >= LEAST_TOGETHER else 0.0


def _common(found: Standing) -> float:
    if len(found.whole) < LEAST_TOGETHER:
        return 0.0
    led = (np.clip(1 - found.share, 0, 1) * found.whole).sum(axis=1) - found.whole  # a column tells all of itself
    main = led >= MAIN * led.max(initial=0.0)
    return float(np.clip((found.half_led[main].min() - 1) / 2, 0, 1)) if led.max(initial=0.0) > 0 else 0.0


def _reweighted(
    bins: Mapping[str, IntArray], sizes: Mapping[str, int], after: BoolArray, columns: Sequence[str]
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return (n,) the columns' shifts, (n, n) the share of k's that reweighting by j leaves, (n,) numbers of values."""
    n = len(columns)
    before_bins = [bins[c][~after] for c in columns]
    p = [shares(_counts(b, sizes[c])) for b, c in zip(before_bins, columns, strict=True)]
    q = [shares(_counts(bins[c][after], sizes[c])) for c in columns]
    left = np.zeros((n, n))
    for j in range(n):
        ratio = np.divide(q[j], p[j], out=np.zeros_like(q[j]), where=p[j] > 0)
        weight = np.minimum(ratio, MAX_WEIGHT)[before_bins[j]]
        effective = max(float(weight.sum()) ** 2 / max(float((weight**2).sum()), 1e-12), 1.0)
        for k in range(n):
            reweighted = shares(_counts(before_bins[k], sizes[columns[k]], weight))
            noise = (sizes[columns[k]] - 1) / 8 * (1 / effective + 1 / max(int(after.sum()), 1))
            left[j, k] = max(0.0, float(jensen_shannon(reweighted, q[k])) - noise) if effective >= FEWEST else math.inf
    whole = np.array([max(float(jensen_shannon(a, b)), 1e-9) for a, b in zip(p, q, strict=True)])
    values = np.array([float((a + b > 0).sum()) for a, b in zip(p, q, strict=True)])
    return whole, np.minimum(left / whole, 1.0), values


def _leading(z: FloatArray, follows: BoolArray) -> FloatArray:
    """Return (n,) how far each column may still be the leader, in [`LEAST`, 1], given the clearest that it is not.

    A column whose shift another explains, while in rows alike in it that other one still stands otherwise than
    before, was carried along, however much of the other's shift it reflects.

    Parameters
    ----------
    z, follows
        (n, n) standard errors by which column k still moved among rows alike in column j; whether k carried j along.
    """
    still = np.maximum(z, 0.0)
    over = np.where(follows, np.maximum(still - FAINT - 2 * still.T, 0.0), 0.0)
    rest = np.where(follows & follows.T, still, 0.0)  # between equals, the one that leaves less
    equal = 1 - TIE * np.minimum(rest.max(axis=1) / FAINT, 1.0)
    return np.asarray(np.maximum(equal / (1 + over.max(axis=1) / 2), LEAST))
