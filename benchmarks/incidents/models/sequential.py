"""A text classifier that is fine-tuned domain by domain, and so can forget (McCloskey and Cohen, 1989)."""

import copy
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.incidents.models.estimator import ASKED, permutation_gain
from benchmarks.incidents.models.matrix import Matrix, learn_matrix, sample
from benchmarks.incidents.models.texts import hashed
from rca.demo.domain import Columns, ModelSpec
from rca.demo.table import take

TEXT = "text"
REHEARSALS = 2
"""Passes over all domains together after the steps, without which the model would know the last one only."""

SCALE = 0.1
"""Weight of the plain inputs against the words."""


@dataclass(frozen=True, slots=True)
class SequentialModel:
    """A linear classifier of words and plain inputs, trained by stochastic gradient descent."""

    spec: ModelSpec
    estimator: Any
    matrix: Matrix
    gain: dict[str, float]
    classes: tuple[str, ...] = ()

    def predict(self, columns: Columns) -> NDArray[np.float64]:
        """Return the positive class's probability, (N,)."""
        return np.asarray(self.estimator.predict_proba(self.read(columns))[:, 1], dtype=float)

    def read(self, columns: Columns) -> Any:
        """Return the sparse matrix of words and plain inputs."""
        from scipy.sparse import csr_matrix, hstack  # noqa: PLC0415 - loaded when a model is trained

        return hstack([hashed(columns, TEXT), csr_matrix(self.matrix.read(columns) * SCALE)], format="csr")


def fit_sequential(spec: ModelSpec, columns: Columns, target: NDArray[Any], seed: int) -> SequentialModel:
    """Train on one domain after the other, the largest first, then rehearse all of them."""
    from sklearn.linear_model import SGDClassifier  # noqa: PLC0415 - loaded when a model is trained

    estimator = SGDClassifier(
        loss="log_loss", alpha=1e-5, learning_rate="constant", eta0=0.5, average=False, random_state=seed % 2**32
    )
    matrix = learn_matrix(columns, tuple(name for name in spec.inputs if name != TEXT))
    model = SequentialModel(spec, estimator, matrix, {})
    domains, counts = np.unique(columns["domain"].astype(str), return_counts=True)
    for name in domains[np.argsort(-counts)]:
        chosen = columns["domain"] == name
        model = fine_tune(model, take(columns, chosen), target[chosen], seed)
    model = fine_tune(model, columns, target, seed, passes=REHEARSALS)
    return replace(model, gain=permutation_gain(model, sample(columns, ASKED, seed), seed))


def fine_tune(
    model: SequentialModel, columns: Columns, target: NDArray[Any], seed: int, passes: int = 3
) -> SequentialModel:
    """Return a new version trained further on these rows alone: better on them, worse on what it leaves out."""
    estimator, rows = copy.deepcopy(model.estimator), model.read(columns)
    rng = np.random.default_rng(seed)
    for _ in range(passes):
        order = rng.permutation(len(target))
        for block in np.array_split(order, max(len(order) // 500, 1)):
            estimator.partial_fit(rows[block], target[block], classes=[0.0, 1.0])
    return replace(model, estimator=estimator)
