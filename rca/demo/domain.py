"""What a table needs to say to become a production system: sources, a cascade of two models, segments."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from numpy.typing import NDArray

Columns = dict[str, NDArray[Any]]
"""Column name -> (N,) array: float64 with NaN for null, or object with None for null (text)."""


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """One model of the cascade: which column it predicts, from which columns."""

    node: str
    task: Literal["binary", "regression"]
    target: str
    inputs: tuple[str, ...]
    owner: str
    rounds: int = 60
    threshold: float = 0.5


@dataclass(frozen=True, slots=True)
class Domain:
    """A table seen as the traffic of a production system.

    Parameters
    ----------
    load
        Returns the whole table in the order in which the rows came about.
    sources
        Data set -> the columns that it delivers.
    upstream, downstream
        The two models; the upstream's prediction is the downstream's input column `output`.
    segments
        Columns that are logged to slice by, used by neither model.
    train_share
        Share of the rows that the models are trained on.
    in_order
        True: train on the first rows and serve the later ones; False: split at random.
    cost_kpi, rate_kpi
        Business nodes fed by the downstream model: cost of its errors, and what its decisions let through.
    """

    name: str
    load: Callable[[], Columns]
    sources: Mapping[str, tuple[str, ...]]
    upstream: ModelSpec
    output: str
    downstream: ModelSpec
    segments: tuple[str, ...]
    cost_kpi: str
    rate_kpi: str
    train_share: float = 0.5
    in_order: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """Return every column that a source delivers."""
        return tuple(column for columns in self.sources.values() for column in columns)

    def model(self, role: str) -> ModelSpec:
        """Return the model that plays the role `upstream` or `downstream`."""
        return self.upstream if role == "upstream" else self.downstream

    def producer(self, column: str) -> str:
        """Return the node that delivers an input column."""
        if column == self.output:
            return self.upstream.node
        return next(source for source, columns in self.sources.items() if column in columns)

    def readers(self, column: str) -> tuple[ModelSpec, ...]:
        """Return the models that read a column."""
        return tuple(model for model in (self.upstream, self.downstream) if column in model.inputs)
