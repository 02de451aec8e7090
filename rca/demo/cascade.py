"""Train a domain's models, for real, one after the other in scoring order."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rca.demo.boosting import fit_boosting
from rca.demo.domain import Columns, Domain, Model, ModelSpec
from rca.demo.table import take


@dataclass(frozen=True, slots=True)
class Cascade:
    """Trained models, the rows the final one was trained on, rows of that time held out, and rows to serve.

    `models` is node -> model, in scoring order.
    """

    domain: Domain
    models: Mapping[str, Model]
    trained_on: Columns
    validation: Columns
    pool: Columns

    @property
    def pool_size(self) -> int:
        """Return the number of rows that can be served."""
        return len(next(iter(self.pool.values())))

    @property
    def final(self) -> Model:
        """Return the model that decides."""
        return self.models[self.domain.final.node]

    def importance(self, column: str) -> float:
        """Return the share of the final model's importance that a column carries, directly or by the cascade."""
        return self._importance(self.domain.final, column)

    def _importance(self, spec: ModelSpec, column: str) -> float:
        gain = self.models[spec.node].gain
        through = (gain[name] * self._importance(maker, column) for name, maker in inner(self.domain, spec))
        return gain.get(column, 0.0) + sum(through)

    def scored(self, columns: Columns) -> Columns:
        """Return the columns with every model's output added, healthy models scoring in turn."""
        known = dict(columns)
        for model in self.models.values():
            if model.spec.output is not None:
                known[model.spec.output] = as_input(model, model.predict(known))
        return known

    def predict(self, columns: Columns) -> NDArray[Any]:
        """Return the final model's healthy predictions of rows without the models' outputs."""
        return self.final.predict(self.scored(columns))


def inner(domain: Domain, spec: ModelSpec) -> Iterator[tuple[str, ModelSpec]]:
    """Yield the inputs of a model that other models produce, with those models."""
    return ((name, maker) for name, maker in domain.outputs.items() if name in spec.inputs)


def as_input(model: Model, prediction: NDArray[Any]) -> NDArray[Any]:
    """Return a prediction as later models read it: of a multiclass model the likeliest class, else as it is."""
    if not model.classes:
        return prediction.copy()
    return np.asarray(np.array(model.classes, dtype=object)[prediction.argmax(axis=1)])


def fit(spec: ModelSpec, columns: Columns, target: NDArray[Any], seed: int) -> Model:
    """Train one model on the given rows by its own learner."""
    return (spec.learner or fit_boosting)(spec, columns, target, seed)


def train(domain: Domain, seed: int = 0, most: int = 30_000) -> Cascade:
    """Train the cascade, each model on its own part of the training rows, so that outputs are read as in serving.

    Parameters
    ----------
    most
        At most so many training rows are used.
    """
    columns = domain.load()
    rng = np.random.default_rng([seed, 1])
    n = len(next(iter(columns.values())))
    order = np.arange(n) if domain.in_order else rng.permutation(n)
    n_train = int(n * domain.train_share)
    training = rng.permutation(order[:n_train])[:most]
    parts = np.array_split(training, [len(training) * i // len(domain.models) for i in range(1, len(domain.models))])
    cascade = Cascade(domain, {}, {}, {}, take(columns, order[n_train:]))
    for spec, part in zip(domain.models, parts, strict=True):
        rows = cascade.scored(take(columns, part))
        held_out = len(training) // 10 if spec == domain.final else 0
        validation, fitted = take(rows, np.arange(held_out)), take(rows, np.arange(held_out, len(part)))
        model = fit(spec, fitted, fitted[spec.target], seed)
        cascade = Cascade(domain, {**cascade.models, spec.node: model}, fitted, validation, cascade.pool)
    return cascade


def retrain(model: Model, columns: Columns, target: NDArray[Any], seed: int) -> Model:
    """Return a new model of the same kind, trained on other rows."""
    return fit(model.spec, columns, target, seed)
