"""An embedding of raw text: latent semantic analysis of hashed word counts (Deerwester et al., 1990)."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.incidents.models.texts import hashed
from rca.demo.domain import Columns, ModelSpec

WIDTH = 16


@dataclass(frozen=True, slots=True)
class EmbedderModel:
    """Turns a text into a vector of `WIDTH` numbers, each of unit variance on the training rows."""

    spec: ModelSpec
    weights: NDArray[np.float64]
    directions: NDArray[np.float64]
    gain: dict[str, float] = field(default_factory=dict)
    classes: tuple[str, ...] = ()

    def predict(self, columns: Columns) -> NDArray[np.float64]:
        """Return the vectors, (N, WIDTH), to four digits."""
        rows = hashed(columns, self.spec.inputs[0])
        return np.asarray(rows.multiply(self.weights).tocsr() @ self.directions).round(4)


def fit_embedder(spec: ModelSpec, columns: Columns, target: NDArray[Any], seed: int) -> EmbedderModel:
    """Learn the directions; of words, those count most that tell the target's classes apart.

    A word's weight is |log odds ratio| of its use between the positive and the other rows, as in
    Martineau and Finin, *Delta TFIDF* (2009); without it the directions follow topics alone.
    """
    from sklearn.decomposition import TruncatedSVD  # noqa: PLC0415 - loaded when a model is trained

    rows = hashed(columns, spec.inputs[0])
    yes = np.asarray(target == 1)
    used = np.stack([np.asarray((rows[side] > 0).sum(axis=0)).ravel() for side in (yes, ~yes)]) + 1.0
    odds = used / (np.array([[yes.sum()], [(~yes).sum()]]) - used + 2.0).clip(1.0)
    weights = 0.3 + np.abs(np.log(odds[0] / odds[1]))
    reduction = TruncatedSVD(WIDTH, random_state=seed % 2**32).fit(rows.multiply(weights).tocsr())
    spread = np.sqrt(reduction.explained_variance_).clip(1e-9)
    return EmbedderModel(spec, weights, reduction.components_.T / spread, {spec.inputs[0]: 1.0})
