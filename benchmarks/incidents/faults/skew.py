"""Serving differs from training from the first production row on."""

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from rca.demo.cascade import Cascade, retrain
from rca.demo.domain import Columns, Domain
from rca.demo.extent import Extent
from rca.demo.world import Fault, Stage, Truth, World

ALWAYS = Extent(onset=10_000.0)
"""Since long before the log begins."""


@dataclass(frozen=True, slots=True)
class Skewed:
    """A value or schema fault that serving has always had and training never.

    The cause lies with the first model that reads the column.
    """

    fault: Any
    mechanism: str

    @property
    def extent(self) -> Extent:
        """Return when it acts: always."""
        inner: Extent = self.fault.extent
        return inner

    @property
    def stage(self) -> Stage:
        """Return the stage of the fault within."""
        inner: Fault = self.fault
        return inner.stage

    def apply(self, world: World) -> None:
        """Do what the fault within does."""
        self.fault.apply(world)

    def cause(self, domain: Domain) -> Truth:
        """Return the right answer."""
        column = self.fault.column
        return Truth("training_serving_skew", domain.readers(column)[0].node, column, self.mechanism)


@dataclass(frozen=True, slots=True)
class Rounded:
    """Serving cuts a column to whole multiples of `step`, as another library or integer type does."""

    column: str
    step: float
    extent: Extent = ALWAYS
    stage: Stage = "rows"

    def apply(self, world: World) -> None:
        """Cut the values."""
        values = world.columns[self.column]
        mask = world.touched(self.extent, f"rounded {self.column}")
        values[mask] = np.floor(values[mask] / self.step) * self.step


def refitted(cascade: Cascade, change: Any) -> Cascade:
    """Return the cascade with the final model trained on changed training and validation rows."""
    spec = cascade.domain.final
    trained, validation = change(cascade.trained_on, 1), change(cascade.validation, 2)
    model = retrain(cascade.models[spec.node], trained, trained[spec.target], 0)
    models = {**cascade.models, spec.node: model}
    return replace(cascade, models=models, trained_on=trained, validation=validation)


@dataclass(frozen=True, slots=True)
class Leakage:
    """In the training rows a column already knew the outcome; in production it does not.

    `strength`: share of the training rows whose value was recorded after the outcome.
    """

    column: str
    strength: float
    extent: Extent = ALWAYS
    stage: Stage = "changes"

    def prepare(self, cascade: Cascade) -> Cascade:
        """Return the cascade whose final model learned from the leak."""
        return refitted(cascade, lambda rows, seed: self.leaked(rows, cascade.domain.final.target, seed))

    def leaked(self, rows: Columns, target: str, seed: int) -> Columns:
        """Return the rows with the column's values put in the order of the outcome for some of them."""
        rng = np.random.default_rng(seed)
        values, outcome = rows[self.column].copy(), rows[target]
        code = np.unique(outcome.astype(str), return_inverse=True)[1] if outcome.dtype == object else outcome
        known = np.flatnonzero((rng.random(len(values)) < self.strength) & np.isfinite(values))
        order = np.lexsort((rng.random(len(known)), code[known]))
        values[known[order]] = np.sort(values[known])
        return rows | {self.column: values}

    def apply(self, world: World) -> None:
        """Do nothing: production is as it is."""

    def cause(self, domain: Domain) -> Truth:
        """Return the right answer."""
        return Truth("training_serving_skew", domain.final.node, self.column, "leakage")


@dataclass(frozen=True, slots=True)
class Overfitting:
    """The final model learned few training rows by heart: only they are scored well."""

    rows: int
    kind: Literal["overfitting"] = "overfitting"
    extent: Extent = ALWAYS
    stage: Stage = "changes"

    def prepare(self, cascade: Cascade) -> Cascade:
        """Return the cascade with a final model of many rounds on few rows."""
        spec = cascade.domain.final
        few = {name: values[: self.rows] for name, values in cascade.trained_on.items()}
        model = cascade.models[spec.node]
        eager = replace(model, spec=replace(spec, rounds=spec.rounds * 8))
        fitted = replace(retrain(eager, few, few[spec.target], 0), spec=spec)
        return replace(cascade, models={**cascade.models, spec.node: fitted}, trained_on=few)

    def apply(self, world: World) -> None:
        """Do nothing: production is as it is."""

    def cause(self, domain: Domain) -> Truth:
        """Return the right answer."""
        return Truth("training_serving_skew", domain.final.node, None, self.kind)
