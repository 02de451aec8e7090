"""Random forests."""

from typing import Any

from numpy.typing import NDArray

from benchmarks.incidents.models.estimator import EstimatorModel, fit_estimator
from rca.demo.domain import Columns, ModelSpec


def make_forest(spec: ModelSpec, seed: int) -> Any:
    """Return the estimator of a task."""
    from sklearn.ensemble import (  # noqa: PLC0415 - loaded when a model is trained
        RandomForestClassifier,
        RandomForestRegressor,
    )

    kind = RandomForestRegressor if spec.task == "regression" else RandomForestClassifier
    settings = {"n_estimators": spec.rounds, "min_samples_leaf": 5, "max_features": 0.5, "n_jobs": 1}
    return kind(random_state=seed % 2**32, **settings)


def fit_forest(spec: ModelSpec, columns: Columns, target: NDArray[Any], seed: int) -> EstimatorModel:
    """Train a random forest of `spec.rounds` trees."""
    return fit_estimator(spec, columns, target, seed, make_forest)
