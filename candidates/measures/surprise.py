"""How surprising each value of each row is to the baseline, column by column.

A value's surprise is -log of its tail probability in the baseline: the two-sided empirical tail for numbers, the
total share of values no more frequent than it for categories; a number that the column could not even hold
(`resolution`) surprises as much as such numbers are rare. In the baseline it is about exponential with mean 1 whatever
the column, so that surprises of different columns can be added.

References
----------
Li et al., "ECOD: unsupervised outlier detection using empirical cumulative distribution functions", IEEE TKDE 2022
(tails of numbers); Goldstein and Dengel, "Histogram-based outlier score (HBOS)", KI 2012 (categories).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from candidates.measures.resolution import off_grid, unseen
from schemas.evidence import BoolArray, ColumnProfile, FloatArray, IntArray, ModelEvidence, Rows

KINDS = frozenset({"numeric", "boolean", "category"})
"""Kinds of columns read: a timestamp is always new, the parts of a vector say little one by one."""
FARTHEST = 4.0
"""Normal scores are cut here, standard deviations."""
SCORES = np.array([-4.0, -3.0, -2.0, -1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0])
LEVELS = np.array(
    [3.17e-5, 0.00135, 0.02275, 0.0668, 0.1587, 0.3085, 0.5, 0.6915, 0.8413, 0.9332, 0.97725, 0.99865, 1 - 3.17e-5]
)
"""Points of the normal distribution function, to interpolate its inverse in."""


@dataclass(frozen=True, slots=True)
class Surprise:
    """Rows by column: `amount` (N, C) of surprise, nats; `score` (N, C) the value as a normal score, 0 where unknown.

    A category's score is its place in the order of the baseline's mean predictions. `off` (N, C): a number that the
    column could not even hold.
    """

    keys: tuple[str, ...]
    amount: FloatArray
    score: FloatArray
    off: BoolArray

    def only(self, keep: BoolArray) -> "Surprise":
        """Return the surprise of the columns (C,) that are kept."""
        kept = tuple(key for key, fine in zip(self.keys, keep, strict=True) if fine)
        return Surprise(kept, self.amount[:, keep], self.score[:, keep], self.off[:, keep])


def readable(model: ModelEvidence, rows: Rows) -> list[str]:
    """Return the keys of the columns that can be read row by row, in order."""
    return sorted(k for k in rows.bins if k in model.columns and model.columns[k].kind in KINDS)


def surprise(model: ModelEvidence, rows: Rows, chosen: IntArray, keys: Sequence[str]) -> Surprise:
    """Return the surprise of some rows (N,) of positions in the sample, in some columns.

    The baseline's rows among them are what is usual; there must be at least one.
    """
    base = ~rows.after[chosen]
    shape = (len(chosen), len(keys))
    amount, score, off = np.zeros(shape), np.zeros(shape), np.zeros(shape, dtype=bool)
    prediction = rows.prediction[chosen]
    for c, key in enumerate(keys):
        profile, place = model.columns[key], rows.bins[key][chosen]
        values = rows.values.get(profile.column)
        if profile.kind == "numeric" and values is not None and np.isfinite(values[chosen][base]).any():
            amount[:, c], score[:, c], off[:, c] = _of_numbers(values[chosen], base)
        else:
            amount[:, c], score[:, c] = _of_bins(profile, place, prediction, base)
    return Surprise(tuple(keys), amount, score, off)


def _of_numbers(values: FloatArray, base: BoolArray) -> tuple[FloatArray, FloatArray, BoolArray]:
    known = np.isfinite(values)
    usual = np.sort(values[base & known])
    n, size = len(usual), int(base.sum())
    left, right = _places(usual, values)
    tail = np.minimum(1.0, 2 * np.minimum(right, n - left) / n)
    amount = -np.log(np.maximum(tail, 1 / (n + 1)))
    width = max(float(np.subtract(*np.quantile(usual, [0.75, 0.25]))), float(usual[-1] - usual[0]) / 10, 1e-12)
    beyond = np.maximum(usual[0] - values, 0) + np.maximum(values - usual[-1], 0)
    amount += np.log1p(np.where(known, beyond, 0.0) / width)
    between, fresh = off_grid(values, base), unseen(values, base)
    for new, share in (between, fresh):
        amount = np.maximum(amount, np.where(new, -np.log(share), 0.0))
    rare = -np.log((size - n + 1) / (size + 1))
    score = np.interp((left + right) / (2 * n), LEVELS, SCORES)
    return np.where(known, amount, rare), np.where(known, _centred(score, base & known), 0.0), between[0]


def _places(usual: FloatArray, values: FloatArray) -> tuple[IntArray, IntArray]:
    """Return (N,) how many of the usual values lie below each value, and how many do not lie above it."""
    each, rows = np.unique(usual, return_counts=True)
    ends = np.append(0, np.cumsum(rows))
    place = np.searchsorted(each, values)
    same = np.append(each, np.nan)[place] == values
    return ends[place], ends[place + same]


def _of_bins(
    profile: ColumnProfile, place: IntArray, prediction: FloatArray, base: BoolArray
) -> tuple[FloatArray, FloatArray]:
    size = len(profile.roles)
    count = np.bincount(place[base], minlength=size).astype(float)
    order = np.argsort(count, kind="stable")
    tail = np.empty(size)
    tail[order] = np.cumsum(count[order])
    tied = np.searchsorted(count[order], count, side="right") - 1
    tail = tail[order][tied]
    amount = -np.log((tail + 1) / (count.sum() + 1))
    fine = base & np.isfinite(prediction)
    total = np.bincount(place[fine], prediction[fine], minlength=size)
    mean = float(prediction[fine].mean()) if fine.any() else 0.0
    effect = (total + 5 * mean) / (np.bincount(place[fine], minlength=size) + 5)
    return amount[place], _centred(effect[place], base)


def _centred(score: FloatArray, base: BoolArray) -> FloatArray:
    """Return scores of mean 0 and variance 1 over the baseline, cut at `FARTHEST`."""
    sd = float(score[base].std())
    if sd < 1e-9:
        return np.zeros(len(score))
    return np.asarray(np.clip((score - float(score[base].mean())) / sd, -FARTHEST, FARTHEST))
