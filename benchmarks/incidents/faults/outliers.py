"""People who probe the model: small steps in several inputs, chosen to mislead it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rca.demo.domain import Columns, Domain
from rca.demo.extent import Extent
from rca.demo.table import take
from rca.demo.world import Stage, Truth, World


def losses(prediction: NDArray[np.float64], outcome: NDArray[np.float64], binary: bool) -> NDArray[np.float64]:
    """Return each row's loss: log loss of probabilities, squared error of values."""
    if not binary:
        return np.asarray(np.square(prediction - outcome))
    clipped = np.clip(prediction, 1e-6, 1 - 1e-6)
    return np.asarray(-np.where(outcome == 1, np.log(clipped), np.log(1 - clipped)))


@dataclass(frozen=True, slots=True)
class Adversarial:
    """Somebody moves several numbers of the touched requests a little, so that the model errs the most.

    Of `tries` random steps of up to `size` standard deviations in every given column, each request
    takes the one with the greatest loss.
    """

    columns: tuple[str, ...]
    size: float
    extent: Extent
    tries: int = 10
    stage: Stage = "rows"

    def apply(self, world: World) -> None:
        """Perturb the touched requests."""
        rows = np.flatnonzero(world.touched(self.extent, "adversarial"))
        if not len(rows):
            return
        best = worst_of(world, self, take(world.columns, rows))
        for column in self.columns:
            world.columns[column][rows] = best[column]

    def cause(self, domain: Domain) -> Truth:
        """Return the right answer."""
        return Truth("outliers", domain.final.node, None, "adversarial", self.extent.predicate)


def worst_of(world: World, attack: Adversarial, inputs: Columns) -> Columns:
    """Return the inputs as each request's most harmful try has them."""
    rng, spec = world.rng("adversarial steps"), world.domain.final
    outcome, binary = inputs[spec.target], spec.task == "binary"
    best, loss = inputs, losses(world.cascade.predict(inputs), outcome, binary)
    for _ in range(attack.tries):
        tried = dict(inputs)
        for column in attack.columns:
            pool = world.cascade.pool[column]
            step = rng.uniform(-1, 1, len(outcome)) * attack.size * float(np.nanstd(pool))
            tried[column] = np.clip(inputs[column] + step, np.nanmin(pool), np.nanmax(pool))
        now = losses(world.cascade.predict(tried), outcome, binary)
        worse = now > loss
        best = {name: np.where(worse, tried[name], best[name]) for name in attack.columns}
        loss = np.where(worse, now, loss)
    return best
