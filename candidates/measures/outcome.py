"""Did P(y | x) move? The outcome given the inputs, learned on the baseline and held against the window.

An additive stand-in for the outcome (as `surrogate` is for the model) is fitted to the baseline's labels. In the
window its residuals say whether the same inputs have other outcomes. It is asked twice: with every input, which sees
through a real shift of the population; and with only the inputs that kept their distribution, which sees through
wrong values (broken inputs always look as if the outcome given them had changed). Only a change that both see is
one of the outcome.

References
----------
Cai, Namkoong and Yadlowsky, "Diagnosing model performance under distribution shift", 2023 (the split of a change of
loss into P(x) and P(y | x)).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from candidates.measures.surrogate import feature_index, fit_surrogate
from schemas.evidence import BoolArray, FloatArray, IntArray, Rows

MAX_ROWS = 6_000
"""Labelled rows read of each side."""
MAX_COLUMNS = 40
FEWEST = 60
THIRDS = 3
"""One of so many labelled rows of the baseline is not fitted, and says how far outcomes lie from what is expected."""
"""Fewer labelled rows on a side say nothing about the outcome."""
TENTHS = 10
MEASURED = frozenset({"regression", "ranking"})
"""Tasks whose outcome is a number (a relevance too), not one of several classes."""
MATTERS = 0.02
"""Share of what is said of the outcome from which a column's unknown values make a row unknown."""
PREDICTION, LABEL = "\0prediction", "\0label"
"""Names of the model's own answer and of the label among the columns; no column has them."""


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Labelled rows of both sides with what the baseline says of their outcome.

    Parameters
    ----------
    rows
        (N,) positions in the sampled rows.
    after, held_out
        (N,) rows of the window; rows of the baseline that were not fitted.
    truth, expected
        (N, K) the outcome as numbers (K = 1, or one column per class) and what the baseline predicts.
    known
        (N,) rows whose values were seen in the baseline, in every column that says something of the outcome.
    bins
        column -> (N,) bins of what the outcome is expected from.
    """

    rows: IntArray
    after: BoolArray
    held_out: BoolArray
    truth: FloatArray
    expected: FloatArray
    known: BoolArray
    bins: Mapping[str, IntArray] = field(default_factory=dict)

    @property
    def residual(self) -> FloatArray:
        """Return (N, K) outcome minus expectation."""
        return np.asarray(self.truth - self.expected)


def labelled(rows: Rows) -> IntArray:
    """Return the positions of the labelled rows that are read: at most `MAX_ROWS` a side, evenly spread."""
    fine = np.isfinite(rows.label) & np.isfinite(rows.prediction)
    out = []
    for side in (~rows.after, rows.after):
        chosen = np.flatnonzero(fine & side)
        if len(chosen) > MAX_ROWS:
            chosen = chosen[np.linspace(0, len(chosen) - 1, MAX_ROWS).astype(int)]
        out.append(chosen)
    return np.concatenate(out)


def truth_of(label: FloatArray, task: str) -> FloatArray:
    """Return (N, K) the labels as numbers to predict: one column per class for multiclass, else one."""
    if task != "multiclass":
        return label[:, None].astype(float)
    known = np.unique(label)
    return np.asarray(label[:, None] == known[None, :], dtype=float)


def answer_bins(prediction: FloatArray, after: BoolArray, task: str) -> tuple[IntArray, int]:
    """Return (N,) bins of the model's own answer (its class, or twentieths of the baseline), and their number."""
    if task == "multiclass":
        classes, place = np.unique(prediction, return_inverse=True)
        return place.astype(np.int64), len(classes)
    edges = np.unique(np.quantile(prediction[~after], np.linspace(0, 1, 21)[1:-1]))
    return np.searchsorted(edges, prediction).astype(np.int64), len(edges) + 1


def label_position(rows: Rows, task: str) -> tuple[IntArray, int]:
    """Return (N,) the label's class, or its tenth of the baseline's labels, -1 where unknown; and their number."""
    known = np.isfinite(rows.label)
    place = np.full(len(rows.label), -1, dtype=np.int64)
    if task in MEASURED:
        base = rows.label[known & ~rows.after]
        edges = np.unique(np.quantile(base, np.linspace(0, 1, TENTHS + 1)[1:-1])) if len(base) else np.zeros(0)
        place[known] = np.searchsorted(edges, rows.label[known])
        return place, len(edges) + 1
    classes = np.unique(rows.label[known])
    place[known] = np.searchsorted(classes, rows.label[known])
    return place, max(len(classes), 1)


def label_shares(place: IntArray, size: int, after: BoolArray) -> tuple[FloatArray, FloatArray, float]:
    """Return the shares of the labels' positions before and since, and by how many standard errors one moved most."""
    before, since = place[(place >= 0) & ~after], place[(place >= 0) & after]
    if min(len(before), len(since)) < FEWEST:
        return np.zeros(size), np.zeros(size), 0.0
    p, q = (np.bincount(side, minlength=size) / len(side) for side in (before, since))
    error = np.sqrt(p * (1 - p) * (1 / len(before) + 1 / len(since))) + 1e-9
    return p, q, float(np.abs((q - p) / error).max())


def expect(
    rows: Rows, task: str, sizes: Mapping[str, int], columns: Sequence[str], *, answer: bool, turn: int = 0
) -> Outcomes | None:
    """Return the labelled rows with what some columns predict of their outcome; None with too few labels.

    Parameters
    ----------
    sizes
        Key -> number of its bins.
    columns
        Keys to predict from.
    answer
        Whether the model's own answer may be read as well.
    turn
        Which of `THIRDS` parts of the baseline is not fitted.
    """
    chosen = labelled(rows)
    after = rows.after[chosen]
    if after.sum() < FEWEST or (~after).sum() < FEWEST:
        return None
    truth = truth_of(rows.label[chosen], task)
    bins = {key: rows.bins[key][chosen] for key in columns}
    size = {key: sizes[key] for key in columns}
    if answer or not bins:
        bins[PREDICTION], size[PREDICTION] = answer_bins(rows.prediction[chosen], after, task)
    keys = _telling(bins, size, truth, after)
    index, start = feature_index(bins, keys, size)
    held_out = ~after & (np.cumsum(~after) % THIRDS == turn)
    base = ~after
    fit = fit_surrogate(index[base], start, keys, truth[base], held_out[base])
    expected = fit.predict(index)
    matter = fit.importance**2 >= MATTERS * float((fit.importance**2).sum())
    known = np.asarray(((fit.seen[index] > 0) | ~matter[None, :]).all(axis=1), dtype=bool)
    if task == "binary":
        expected = np.clip(expected, 0.001, 0.999)
    elif task == "multiclass":
        expected = np.clip(expected, 0.001, 1.0)
        expected /= expected.sum(axis=1, keepdims=True)
    return Outcomes(chosen, after, held_out, truth, expected, known, {key: bins[key] for key in keys})


def _telling(bins: Mapping[str, IntArray], sizes: Mapping[str, int], truth: FloatArray, after: BoolArray) -> list[str]:
    """Return the keys whose bins say most about the outcome in the baseline, at most `MAX_COLUMNS`."""
    keys = sorted(bins)
    if len(keys) <= MAX_COLUMNS:
        return keys
    centred = (truth - truth[~after].mean(axis=0))[~after]
    said = []
    for key in keys:
        own = bins[key][~after]
        count = np.maximum(np.bincount(own, minlength=sizes[key]), 1)
        sums = [np.bincount(own, centred[:, k], minlength=sizes[key]) for k in range(centred.shape[1])]
        said.append(float(sum((total**2 / count).sum() for total in sums)))
    best = np.argsort(-np.array(said), kind="stable")[:MAX_COLUMNS]
    return [keys[i] for i in sorted(best)]
