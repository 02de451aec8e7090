"""Logistic and ridge regression."""

from typing import Any

from numpy.typing import NDArray

from benchmarks.incidents.models.estimator import EstimatorModel, fit_estimator
from rca.demo.domain import Columns, ModelSpec


def make_linear(spec: ModelSpec, _: int) -> Any:
    """Return the estimator of a task."""
    from sklearn.linear_model import LogisticRegression, Ridge  # noqa: PLC0415 - loaded when a model is trained

    return Ridge() if spec.task == "regression" else LogisticRegression(max_iter=2000, tol=1e-3)


def fit_linear(spec: ModelSpec, columns: Columns, target: NDArray[Any], seed: int) -> EstimatorModel:
    """Train a linear model."""
    return fit_estimator(spec, columns, target, seed, make_linear)
