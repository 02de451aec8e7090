"""What a table needs to say to become a production system: sources, models in scoring order, segments."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from numpy.typing import NDArray

Columns = dict[str, NDArray[Any]]
"""Column name -> (N,) array: float64 with NaN for null, or object with None for null (text); (N, D) for vectors."""

Task = Literal["binary", "multiclass", "regression", "embedding"]
"""`embedding`: the model turns a row into a vector for others; nobody scores it against labels."""


class Model(Protocol):
    """A trained model."""

    @property
    def spec(self) -> "ModelSpec":
        """Return what it predicts, and from which columns."""

    @property
    def gain(self) -> Mapping[str, float]:
        """Return input column -> its share of the model's importance; they sum to 1."""

    @property
    def classes(self) -> tuple[str, ...]:
        """Return the classes in the order of the probabilities' columns; empty unless multiclass."""

    def predict(self, columns: Columns) -> NDArray[Any]:
        """Return the probability or the value, (N,); multiclass: (N, K) probabilities; embedding: (N, D) vectors."""


Learner = Callable[["ModelSpec", Columns, NDArray[Any], int], Model]
"""Trains a model: (spec, rows, target (N,), seed) -> model; the same arguments give the same model."""


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """One model of the cascade: which column it predicts, from which columns.

    Parameters
    ----------
    target
        Column of the true outcome: 0 and 1, class names, or a value.
    output
        Name of the column by which later models read its prediction; None when none does.
    rounds
        Rounds of boosting, for learners that boost.
    threshold
        Probability from which a binary model says yes.
    learner
        How it is trained; None for LightGBM.
    """

    node: str
    task: Task
    target: str
    inputs: tuple[str, ...]
    owner: str
    output: str | None = None
    rounds: int = 60
    threshold: float = 0.5
    learner: Learner | None = None

    @property
    def kind(self) -> str:
        """Return the kind of model in a word."""
        return "lightgbm" if self.learner is None else self.learner.__module__.rsplit(".", 1)[-1]


@dataclass(frozen=True, slots=True)
class Domain:
    """A table seen as the traffic of a production system.

    Parameters
    ----------
    load
        Returns the whole table in the order in which the rows came about.
    sources
        Data set -> the columns that it delivers.
    models
        One to three models in scoring order; a later one may read the output of an earlier one.
    segments
        Columns that are logged to slice by, used by no model.
    train_share
        Share of the rows that the models are trained on.
    in_order
        True: train on the first rows and serve the later ones; False: split at random.
    cost_kpi, rate_kpi
        Business nodes fed by the final model: cost of its errors, and what its decisions let through.
    hidden
        Columns that a model reads and nobody logs (raw text); no source delivers them.
    """

    name: str
    load: Callable[[], Columns]
    sources: Mapping[str, tuple[str, ...]]
    models: tuple[ModelSpec, ...]
    segments: tuple[str, ...]
    cost_kpi: str
    rate_kpi: str
    train_share: float = 0.5
    in_order: bool = False
    hidden: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """Return every column that a source delivers."""
        return tuple(column for columns in self.sources.values() for column in columns)

    @property
    def final(self) -> ModelSpec:
        """Return the model that decides, the last of the cascade."""
        return self.models[-1]

    @property
    def outputs(self) -> Mapping[str, ModelSpec]:
        """Return column -> the model whose prediction it carries."""
        return {spec.output: spec for spec in self.models if spec.output is not None}

    def spec(self, node: str) -> ModelSpec:
        """Return the model of a node."""
        return next(spec for spec in self.models if spec.node == node)

    def producer(self, column: str) -> str:
        """Return the node that delivers an input column."""
        if column in self.outputs:
            return self.outputs[column].node
        return next(source for source, columns in self.sources.items() if column in columns)

    def readers(self, column: str) -> tuple[ModelSpec, ...]:
        """Return the models that read a column."""
        return tuple(spec for spec in self.models if column in spec.inputs)
