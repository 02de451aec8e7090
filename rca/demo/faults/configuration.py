"""The scorer behaves differently with the same version and the same inputs: settings, flags, run time."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rca.demo.domain import Domain
from rca.demo.extent import Extent
from rca.demo.world import Stage, Truth, World

Scores = NDArray[np.float64]


def _logit(scores: Scores) -> Scores:
    clipped = np.clip(scores, 1e-6, 1 - 1e-6)
    return np.asarray(np.log(clipped / (1 - clipped)))


def _sigmoid(logits: Scores) -> Scores:
    return np.asarray(1 / (1 + np.exp(-logits)))


def _temperature(scores: Scores, amount: float, binary: bool) -> Scores:
    """Flatten (binary: logits divided by `amount`; else: spread around the mean divided by it)."""
    if binary:
        return _sigmoid(_logit(scores) / amount)
    return np.asarray(scores.mean() + (scores - scores.mean()) / amount)


def _offset(scores: Scores, amount: float, binary: bool) -> Scores:
    """Shift (binary: logits plus `amount`; else: plus `amount` standard deviations)."""
    return _sigmoid(_logit(scores) + amount) if binary else scores + amount * scores.std()


def _cap(scores: Scores, amount: float, _: bool) -> Scores:
    """Cap at the quantile `amount` of the scores."""
    return np.minimum(scores, np.quantile(scores, amount))


def _stale(scores: Scores, amount: float, _: bool) -> Scores:
    """Answer with an older request's score: the one `amount` requests ago."""
    return np.roll(scores, max(int(amount), 1))


SETTINGS: dict[str, tuple[str, str, Callable[[Scores, float, bool], Scores], float]] = {
    "temperature": ("calibration.temperature", "config", _temperature, 1.0),
    "offset": ("calibration.offset", "config", _offset, 0.0),
    "cap": ("score_cap_quantile", "config", _cap, 1.0),
    "stale": ("serve_cached_scores", "flag", _stale, 0.0),
}
"""Kind -> (key, kind of change event, what it does, the value before)."""


@dataclass(frozen=True, slots=True)
class ScorerSetting:
    """A setting of a model's scorer changes its answers; no version, no data involved."""

    node: str
    kind: str
    amount: float
    extent: Extent
    stage: Stage = "scores"

    def apply(self, world: World) -> None:
        """Change the touched requests' predictions and record the change."""
        key, event, change, before = SETTINGS[self.kind]
        mask = world.touched(self.extent, f"setting {self.kind}")
        scores = world.predictions[self.node]
        scores[mask] = change(scores, self.amount, world.domain.spec(self.node).task == "binary")[mask]
        world.changes.append(
            {
                "ts": world.moment(self.extent.onset),
                "node": self.node,
                "kind": event,
                "title": f"{self.node}: set {key}",
                "before": {key: before},
                "after": {key: self.amount},
            }
        )

    def cause(self, domain: Domain) -> Truth:  # noqa: ARG002 - every fault is asked the same way
        """Return the right answer."""
        key, title = SETTINGS[self.kind][0], f"{self.node}: set {SETTINGS[self.kind][0]}"
        return Truth("config_change", self.node, key, self.kind, self.extent.predicate, (title,))
