"""Decisions are taken at another threshold: the scores stay, what is done with them changes."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rca.demo.domain import Domain
from rca.demo.extent import Extent
from rca.demo.faults.events import Announcement
from rca.demo.world import Stage, Truth, World

KEY = "decision.threshold"


@dataclass(frozen=True, slots=True)
class DecisionThreshold:
    """The final model's scores are acted on from another threshold on; only business figures feel it.

    `quantile` of the scores becomes the threshold.
    """

    quantile: float
    extent: Extent
    stage: Stage = "kpis"

    def apply(self, world: World) -> None:
        """Scale both figures by what the new decisions make of them, and record the change."""
        spec = world.domain.final
        score, outcome = world.predictions[spec.node], world.columns[spec.target]
        binary = spec.task == "binary"
        old = spec.threshold if binary else float(np.nanmedian(world.cascade.trained_on[spec.target]))
        new = float(np.quantile(score, self.quantile))
        level = self.extent.level(world.ts, world.end)
        accepted, missed = accepts(score, old, binary), accepts(score, new, binary)
        ratio = float(missed.mean() / max(accepted.mean(), 1e-9))
        world.kpi_factors[world.domain.rate_kpi] *= 1 + (ratio - 1) * level
        if binary:
            ratio = float(cost(score, new, outcome) / cost(score, old, outcome))
            world.kpi_factors[world.domain.cost_kpi] *= 1 + (ratio - 1) * level
        title = f"{spec.node}: set {KEY}"
        event = Announcement(spec.node, "config", title, self.extent.onset, {KEY: round(old, 4)}, {KEY: round(new, 4)})
        event.apply(world)

    def cause(self, domain: Domain) -> Truth:
        """Return the right answer."""
        node = domain.final.node
        return Truth("config_change", node, KEY, "threshold", None, (f"{node}: set {KEY}",))


def accepts(score: NDArray[np.float64], threshold: float, binary: bool) -> NDArray[np.bool_]:
    """Return which requests are let through: low risks, or large values."""
    return np.asarray(score < threshold if binary else score >= threshold)


def cost(score: NDArray[np.float64], threshold: float, outcome: NDArray[np.float64]) -> float:
    """Return the mean cost of the decisions' errors, as `row_costs` counts it."""
    return float((40.0 * np.abs((score >= threshold) - outcome) + 5.0).mean())
