"""scikit-learn's own gradient-boosted trees on histograms."""

from typing import Any

from numpy.typing import NDArray

from benchmarks.incidents.models.estimator import EstimatorModel, fit_estimator
from rca.demo.domain import Columns, ModelSpec


def make_histgb(spec: ModelSpec, seed: int) -> Any:
    """Return the estimator of a task."""
    from sklearn.ensemble import (  # noqa: PLC0415 - loaded when a model is trained
        HistGradientBoostingClassifier,
        HistGradientBoostingRegressor,
    )

    kind = HistGradientBoostingRegressor if spec.task == "regression" else HistGradientBoostingClassifier
    return kind(max_iter=spec.rounds, max_leaf_nodes=15, learning_rate=0.15, random_state=seed % 2**32)


def fit_histgb(spec: ModelSpec, columns: Columns, target: NDArray[Any], seed: int) -> EstimatorModel:
    """Train boosted trees of `spec.rounds` rounds."""
    return fit_estimator(spec, columns, target, seed, make_histgb)
