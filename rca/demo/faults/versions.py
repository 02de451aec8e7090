"""New model versions: a worse one, one with another output, and a harmless one."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from rca.demo.cascade import retrain
from rca.demo.domain import Domain, Model
from rca.demo.extent import Extent
from rca.demo.table import known_texts, take
from rca.demo.world import Stage, Truth, World


def announce_version(world: World, node: str, version: str, days_before_end: float) -> None:
    """Record the deployment of a model's version."""
    moment = world.moment(days_before_end)
    old = str(world.versions[node][max(int(np.searchsorted(world.ts, moment)) - 1, 0)])
    world.changes.append(
        {
            "ts": moment,
            "node": node,
            "kind": "deploy",
            "title": f"deploy {node} {version}",
            "before": old,
            "after": version,
        }
    )


@dataclass(frozen=True, slots=True)
class NewVersion:
    """A retrain that behaves as before: only the version's name is new."""

    node: str
    version: str
    extent: Extent
    stage: Stage = "scores"

    def apply(self, world: World) -> None:
        """Log the new version from the onset on."""
        world.versions[self.node][self.extent.active(world.ts, world.end)] = self.version
        announce_version(world, self.node, self.version, self.extent.onset)


def train_badly(world: World, node: str, how: str, share: float) -> Model:
    """Return a final model trained on scrambled labels, on few rows, or without one segment's rows."""
    cascade, rng = world.cascade, world.rng("bad retrain")
    model, rows = cascade.models[node], cascade.trained_on
    target = rows[model.spec.target].copy()
    n = len(target)
    if how == "scrambled":
        scrambled = rng.random(n) < share
        target[scrambled] = rng.permutation(target[scrambled])
        return retrain(model, rows, target, world.seed)
    if how == "few_rows":
        chosen = rng.permutation(n)[: max(int(n * (1 - share)), 120)]
    else:
        segment = rows[world.domain.segments[0]]
        texts, counts = np.unique(known_texts(segment), return_counts=True)
        chosen = np.flatnonzero(segment != texts[counts.argmax()])
    return retrain(model, take(rows, chosen), target[chosen], world.seed)


def answers_of(model: Model, world: World, node: str, mask: NDArray[np.bool_]) -> NDArray[Any]:
    """Return a version's answers to some requests; classes that it does not know get no probability."""
    answers = model.predict(take(world.columns, mask))
    known = world.cascade.models[node].classes
    if model.classes == known:
        return answers
    spread = np.zeros((len(answers), len(known)))
    spread[:, [known.index(name) for name in model.classes]] = answers
    return spread


@dataclass(frozen=True, slots=True)
class BadRetrain:
    """The symptomatic model's new version is really worse.

    `how`: `scrambled` (a share of the training labels permuted), `few_rows` (that share of the rows
    missing), `forgetting` (the largest segment missing from the training rows).
    """

    node: str
    how: Literal["scrambled", "few_rows", "forgetting"]
    version: str
    extent: Extent
    share: float = 0.9
    stage: Stage = "scores"

    def apply(self, world: World) -> None:
        """Let the bad version answer the touched requests."""
        mask = world.touched(self.extent, "bad retrain")
        bad = train_badly(world, self.node, self.how, self.share)
        world.predictions[self.node][mask] = answers_of(bad, world, self.node, mask)
        world.versions[self.node][mask] = self.version
        announce_version(world, self.node, self.version, self.extent.onset)

    def cause(self, domain: Domain) -> Truth:  # noqa: ARG002 - every fault is asked the same way
        """Return the right answer."""
        return Truth("model_change", self.node, self.version, self.how, self.extent.predicate)


@dataclass(frozen=True, slots=True)
class UpstreamOutput:
    """The upstream model's output means something else from the onset on.

    `how`: `rescaled` (times `amount`), `shifted` (plus `amount` standard deviations), `flipped`
    (mirrored in its range). Either a new `version` does it, or a configuration `key` (then the
    version stays).
    """

    node: str
    how: Literal["rescaled", "shifted", "flipped"]
    extent: Extent
    amount: float = 0.5
    version: str | None = None
    key: str | None = None
    stage: Stage = "scores"

    def apply(self, world: World) -> None:
        """Change the output of the touched requests and record what was deployed."""
        output = world.predictions[self.node]
        mask = world.touched(self.extent, "upstream output")
        low, high = np.quantile(output, [0.005, 0.995])
        changed = {
            "rescaled": output * self.amount,
            "shifted": output + self.amount * float(output.std()),
            "flipped": low + high - output,
        }[self.how]
        if world.domain.spec(self.node).task == "binary":
            changed = np.clip(changed, 0.0, 1.0)
        output[mask] = changed[mask]
        if self.version is not None:
            world.versions[self.node][mask] = self.version
            announce_version(world, self.node, self.version, self.extent.onset)
        else:
            event = {"node": self.node, "kind": "config", "title": f"{self.node}: set {self.key}"}
            values = {"before": {self.key: 1.0}, "after": {self.key: self.amount}}
            world.changes.append({"ts": world.moment(self.extent.onset), **event, **values})

    def cause(self, domain: Domain) -> Truth:  # noqa: ARG002 - every fault is asked the same way
        """Return the right answer."""
        return Truth(
            "upstream_model_change", self.node, self.version or self.key, self.how, self.extent.predicate,
            () if self.version else (f"{self.node}: set {self.key}",),
        )  # fmt: skip
