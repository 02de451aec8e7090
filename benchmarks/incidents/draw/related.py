"""Which inputs depend on other inputs, so that a broken joint distribution can be seen."""

import numpy as np
from numpy.typing import NDArray

from rca.demo.cascade import Cascade
from rca.demo.table import is_text

BINS = 8
SAMPLE = 4000
TELLING = 0.03
"""Least share of a column's (binned) entropy that one other column must explain, beyond chance."""


def codes(values: NDArray[np.generic]) -> NDArray[np.int64]:
    """Return a small code per row: quantile bin, or one of the most frequent categories; null is its own."""
    if is_text(values):
        texts, place, counts = np.unique(values.astype(str), return_inverse=True, return_counts=True)
        kept = np.full(len(texts), BINS)
        kept[np.argsort(-counts)[:BINS]] = np.arange(min(BINS, len(texts)))
        return kept[place]
    finite = np.isfinite(values.astype(float))
    edges = np.unique(np.quantile(values[finite], np.linspace(0, 1, BINS + 1)[1:-1])) if finite.any() else np.array([])
    return np.where(finite, np.searchsorted(edges, values.astype(float), "right"), BINS)


def shared_information(a: NDArray[np.int64], b: NDArray[np.int64]) -> float:
    """Return the share of a's entropy that b explains, less what chance would give (Miller's bias)."""
    joint = np.zeros((BINS + 1, BINS + 1))
    np.add.at(joint, (a, b), 1)
    p = joint / joint.sum()
    rows, columns = p.sum(1), p.sum(0)
    inside = p > 0
    information = float((p[inside] * np.log(p[inside] / np.outer(rows, columns)[inside])).sum())
    chance = ((rows > 0).sum() - 1) * ((columns > 0).sum() - 1) / 2 / len(a)
    entropy = float(-(rows[rows > 0] * np.log(rows[rows > 0])).sum())
    return (information - chance) / entropy if entropy > 0 else 0.0


def related(cascade: Cascade) -> list[str]:
    """Return the inputs that another input of the same model tells something about."""
    pool, found = cascade.pool, []
    rows = slice(0, SAMPLE)
    names = [name for name in cascade.domain.columns if pool[name].ndim == 1 and cascade.domain.readers(name)]
    coded = {name: codes(pool[name][rows]) for name in names}
    for name in names:
        beside = {other for spec in cascade.domain.readers(name) for other in spec.inputs if other in coded}
        if any(shared_information(coded[name], coded[other]) > TELLING for other in beside - {name}):
            found.append(name)
    return [name for name in found if name not in cascade.domain.segments]


FEWEST_VALUES = 3
TWIN, IMPLIED = 0.75, 0.9
"""Shares of (binned) entropy: from which two columns tell each other, and one value or column is implied by another."""


def has_twin(cascade: Cascade, name: str, value: object = None) -> bool:
    """Return whether a change of a column's mix looks just like a change of another's mix.

    So it is for two spellings of one quantity and for a category (`value`) that another column implies: no data say
    which of the two was chosen by.
    """
    pool, rows = cascade.pool, slice(0, SAMPLE)
    own = codes(pool[name][rows])
    if value is None and len(np.unique(own)) < FEWEST_VALUES:
        return False
    chosen = own if value is None else (pool[name][rows] == value).astype(np.int64)
    for other in cascade.domain.columns:
        if other == name or pool[other].ndim != 1:
            continue
        its = codes(pool[other][rows])
        told = shared_information(chosen, its)
        if (value is not None and told > IMPLIED) or (value is None and min(told, shared_information(its, own)) > TWIN):
            return True
    return False
