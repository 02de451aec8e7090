"""A scikit-learn estimator as a model of a cascade."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.incidents.models.matrix import Matrix, learn_matrix, sample
from rca.demo.domain import Columns, ModelSpec

ASKED = 1500
"""Rows on which the inputs' importance is measured."""


@dataclass(frozen=True, slots=True)
class EstimatorModel:
    """A fitted estimator, and how it reads rows."""

    spec: ModelSpec
    estimator: Any
    matrix: Matrix
    gain: dict[str, float]
    classes: tuple[str, ...] = ()

    def predict(self, columns: Columns) -> NDArray[np.float64]:
        """Return the probability (binary) or the value (regression), (N,); multiclass: (N, K)."""
        rows = self.matrix.read(columns)
        if self.spec.task == "regression":
            return np.asarray(self.estimator.predict(rows), dtype=float)
        scores = np.asarray(self.estimator.predict_proba(rows), dtype=float)
        return scores if self.spec.task == "multiclass" else scores[:, -1]


def fit_estimator(
    spec: ModelSpec, columns: Columns, target: NDArray[Any], seed: int, make: Callable[[ModelSpec, int], Any]
) -> EstimatorModel:
    """Fit the estimator that `make` returns for a spec and a seed, and measure its inputs' importance."""
    matrix = learn_matrix(columns, spec.inputs)
    target = target.astype(str) if spec.task == "multiclass" else target
    estimator = make(spec, seed).fit(matrix.read(columns), target)
    classes = tuple(str(name) for name in estimator.classes_) if spec.task == "multiclass" else ()
    model = EstimatorModel(spec, estimator, matrix, {}, classes)
    return replace(model, gain=permutation_gain(model, sample(columns, ASKED, seed), seed))


def permutation_gain(model: Any, columns: Columns, seed: int) -> dict[str, float]:
    """Return input -> its share of how much the predictions move when each input alone is permuted.

    After Breiman, *Random Forests* (2001), section 10, with the prediction in the place of the loss.
    """
    rng, calm = np.random.default_rng(seed), model.predict(columns)
    moved = []
    for name in model.spec.inputs:
        other = columns | {name: rng.permutation(columns[name], axis=0)}
        moved.append(float(np.abs(model.predict(other) - calm).mean()))
    total = max(sum(moved), 1e-12)
    return {name: value / total for name, value in zip(model.spec.inputs, moved, strict=True)}
