"""The rows of baseline and window, thinned and numbered, that what-if questions are asked of."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from candidates.measures.shifts import Shift
from candidates.measures.surrogate import feature_index
from schemas.evidence import BoolArray, FloatArray, IntArray, ModelEvidence, Rows, TimeArray

MAX_COLUMNS = 48
MAX_ROWS = 6_000
FEWEST_ROWS, MAX_CELLS = 1_500, 32 * MAX_ROWS
"""With very many classes fewer rows are read: about `MAX_CELLS` rows x classes, yet not less than the former."""


@dataclass(frozen=True, slots=True)
class Side:
    """Rows of one side (baseline or window), ready for what-if questions.

    Parameters
    ----------
    row
        (N,) positions among the sampled rows.
    index
        (N, C) feature numbers of the surrogate.
    output
        (N, K) answers on the surrogate's scale; K = 1 unless the model has several classes.
    answer
        (N,), of several classes (N, K): answers as metrics read them.
    label
        (N,) NaN where unknown.
    ts, version
        (N,) when the row was logged, and by which version it was answered.
    """

    row: IntArray
    index: IntArray
    output: FloatArray
    answer: FloatArray
    label: FloatArray
    ts: TimeArray
    version: NDArray[np.object_]

    def usable(self, *, needs_label: bool) -> BoolArray:
        """Return which rows a metric may read."""
        return np.isfinite(self.label) if needs_label else np.ones(len(self.label), dtype=bool)


def most_rows(classes: int) -> int:
    """Return how many rows of a side are read of a model with so many classes."""
    return int(np.clip(MAX_CELLS // max(classes, 1), FEWEST_ROWS, MAX_ROWS))


def thin(which: BoolArray, most: int) -> BoolArray:
    """Keep about `most` of the chosen rows, evenly spread (rows are in a hashed order already)."""
    chosen = np.flatnonzero(which)
    if len(chosen) <= most:
        return which
    kept = np.zeros_like(which)
    kept[chosen[np.linspace(0, len(chosen) - 1, most).astype(int)]] = True
    return kept


def _association(index: IntArray, target: FloatArray, start: IntArray) -> FloatArray:
    """Return (C,) the share of the target's variance (N, K) that lies between the bins of each column."""
    centred = target - target.mean(axis=0)
    out = np.zeros(index.shape[1])
    for c in range(index.shape[1]):
        size = int(start[c + 1] - start[c])
        own = index[:, c] - start[c]
        count = np.maximum(np.bincount(own, minlength=size), 1)
        totals = (np.bincount(own, part, minlength=size) for part in centred.T)
        out[c] = sum(float((total**2 / count).sum()) for total in totals)
    return out / max(float((centred**2).sum()), 1e-12)


def input_keys(model: ModelEvidence) -> list[str]:
    """Return the keys of the logged columns that a model may read: all but those that are only sliced by."""
    if model.rows is None:
        return []
    segments = set(model.node.segments) - set(model.node.features or ())
    return sorted(k for k in model.rows.bins if k in model.columns and model.columns[k].column not in segments)


def may_matter(model: ModelEvidence, column: str) -> bool:
    """Return whether a logged column may have to do with the answers: not if others are declared as all that is read.

    A segment is not read, yet stands for the rows in it.
    """
    read = model.node.features
    return not read or column in read or column in model.node.segments


def choose_columns(
    model: ModelEvidence, rows: Rows, shifts: Mapping[str, Shift], before: BoolArray, output: FloatArray
) -> list[str]:
    """Return the keys the surrogate reads: all, or the most telling and the moved ones of many.

    Parameters
    ----------
    before, output
        (N,) the baseline's rows, and (n, K) their answers on the surrogate's scale.
    """
    keys = input_keys(model)
    if len(keys) <= MAX_COLUMNS:
        return keys
    sizes = {key: len(model.columns[key].roles) for key in keys}
    index, start = feature_index({k: rows.bins[k][before] for k in keys}, keys, sizes)
    telling = _association(index, output, start)
    moved = np.array([min(shifts[k].strength, 50.0) / 50.0 for k in keys])
    best = np.argsort(-(telling + 0.1 * moved), kind="stable")[:MAX_COLUMNS]
    return [keys[i] for i in sorted(best)]
