"""Do two records of one outcome still agree? Labels of two models, joined by the moment of the request.

When the world changes, all who record the outcome see it; when one of them records it otherwise, the others do not.
"""

from dataclasses import dataclass

import numpy as np

from candidates.measures.outcome import label_position
from schemas.evidence import BoolArray, FloatArray, IntArray, ModelEvidence, Rows

FEW = 50
"""Requests that both models must have labelled on a side."""
AGREED = 0.97
"""Share of the baseline's requests whose labels must follow from each other."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """Shares of requests whose labels follow from another model's, and requests, before and since."""

    before: float
    after: float
    n_before: int
    n_after: int

    @property
    def z(self) -> float:
        """Return by how many standard errors the agreement fell."""
        pooled = (self.before * self.n_before + self.after * self.n_after) / (self.n_before + self.n_after)
        spread = max(pooled * (1 - pooled), 1 / (self.n_before + self.n_after))
        return (self.before - self.after) / float(np.sqrt(spread * (1 / self.n_before + 1 / self.n_after)))


def agreement(model: ModelEvidence, other: ModelEvidence) -> Agreement | None:
    """Return how far a model's labels followed from another's, before and since; None unless they did before.

    Labels agree when they are equal, or else when they are what the baseline most often says of the other's label.
    """
    first, second = model.rows, other.rows
    if first is None or second is None:
        return None
    mine, its = _joined(first, second)
    after = first.after[mine]
    if min(int((~after).sum()), int(after.sum())) < FEW:
        return None
    follows = np.isclose(first.label[mine], second.label[its], rtol=1e-6, atol=1e-9)
    alike = model.node.task == other.node.task and first.classes == second.classes
    if not alike or follows[~after].mean() < AGREED:
        one, one_size = label_position(first, model.node.task or "regression")
        two, two_size = label_position(second, other.node.task or "regression")
        follows = _usual(one[mine], two[its], after, (one_size, two_size))
    found = Agreement(
        float(follows[~after].mean()), float(follows[after].mean()), int((~after).sum()), int(after.sum())
    )
    return found if found.before >= AGREED else None


def _joined(one: Rows, two: Rows) -> tuple[IntArray, IntArray]:
    """Return the positions of the labelled rows of both that are of one moment, which each of them logged once."""
    places = []
    for rows in (one, two):
        known = np.flatnonzero(np.isfinite(rows.label))
        _, first, count = np.unique(rows.ts[known], return_index=True, return_counts=True)
        places.append(known[first[count == 1]])
    _, left, right = np.intersect1d(one.ts[places[0]], two.ts[places[1]], assume_unique=True, return_indices=True)
    return places[0][left], places[1][right]


def _usual(one: IntArray, two: IntArray, after: BoolArray, sizes: tuple[int, int]) -> BoolArray:
    """Return (N,) whether each label is the one that the baseline most often has beside the other's; no constant is."""
    together: FloatArray = np.zeros(sizes)
    np.add.at(together, (one[~after], two[~after]), 1.0)
    if (together.sum(axis=1) > AGREED * together.sum()).any():
        return np.zeros(len(one), dtype=bool)
    return np.asarray(one == together.argmax(axis=0)[two])
