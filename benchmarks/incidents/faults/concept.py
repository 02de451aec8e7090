"""Concept drift: the same inputs lead to other outcomes."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from rca.demo.domain import Domain
from rca.demo.extent import DAY, Extent
from rca.demo.faults.drift import ranks
from rca.demo.table import take
from rca.demo.world import Stage, Truth, World

Way = Literal["flipped", "reversed", "moved"]
Values = NDArray[Any]


def mirrored(values: Values, pool: Values) -> Values:
    """Return the pool's values at the mirrored rank: the largest for the smallest; text: categories in turn."""
    if values.dtype == object:
        known, place = np.unique(values.astype(str), return_inverse=True)
        return known[::-1][place].astype(object)
    finite = np.sort(pool[np.isfinite(pool)])
    place = ((1 - ranks(values)) * (len(finite) - 1)).astype(int)
    return np.where(np.isfinite(values), finite[place], values)


def flipped(outcome: Values) -> Values:
    """Return the opposite outcomes: 1 - y; values mirrored in their range; classes put in turn."""
    if outcome.dtype == object:
        known, place = np.unique(outcome.astype(str), return_inverse=True)
        return known[(place + 1) % len(known)].astype(object)
    low, high = np.nanquantile(outcome, [0.01, 0.99])
    return low + high - outcome if len(np.unique(outcome)) > 2 else 1 - outcome  # noqa: PLR2004


def coupled(outcome: Values, before: Values, after: Values, rng: np.random.Generator) -> Values:
    """Return outcomes with probability `after` that agree with those of probability `before` as often as can be."""
    keep = np.clip(after / np.maximum(before, 1e-9), 0, 1)
    rise = np.clip((after - before) / np.maximum(1 - before, 1e-9), 0, 1)
    dice = rng.random(len(outcome))
    return np.where(outcome == 1, dice < keep, dice < rise).astype(float)


@dataclass(frozen=True, slots=True)
class ConceptDrift:
    """P(y|x) moves for the touched requests.

    `way`: `flipped` (the opposite outcome), `reversed` (the outcome follows `columns` the other way
    round, as the healthy models understand them), `moved` (regression: larger by `amount` standard
    deviations of the outcome). `period`: days after which the new concept comes back, present
    half of the time; 0 stays.
    """

    target: str
    way: Way
    extent: Extent
    columns: tuple[str, ...] = ()
    amount: float = 1.0
    period: float = 0.0
    stage: Stage = "rows"

    def apply(self, world: World) -> None:
        """Change the touched requests' true outcomes."""
        mask = world.touched(self.extent, "concept")
        if self.period:
            since = (world.ts - world.moment(self.extent.onset)) / DAY
            mask &= since % self.period < self.period / 2
        rows = np.flatnonzero(mask)
        outcome = world.columns[self.target]
        outcome[rows] = self.changed(world, rows, outcome[rows])

    def changed(self, world: World, rows: NDArray[np.int64], outcome: Values) -> Values:
        """Return the new outcomes of some requests."""
        if self.way == "flipped":
            return flipped(outcome)
        if self.way == "moved":
            return outcome + self.amount * float(np.nanstd(world.cascade.pool[self.target]))
        inputs = take(world.columns, rows)
        pool = world.cascade.pool
        other = inputs | {column: mirrored(inputs[column], pool[column]) for column in self.columns}
        before, after = (world.cascade.predict(columns) for columns in (inputs, other))
        if world.domain.final.task == "binary":
            return coupled(outcome, before, after, world.rng("concept coupled"))
        return outcome + after - before

    def cause(self, domain: Domain) -> Truth:
        """Return the right answer."""
        kind = "recurring" if self.period else "gradual" if self.extent.ramp else "sharp"
        return Truth("concept_drift", domain.final.node, None, f"{self.way}_{kind}")
