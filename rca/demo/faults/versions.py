"""New model versions: a worse one, one with another output, and a harmless one."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from rca.demo.cascade import Model, retrain
from rca.demo.domain import Domain
from rca.demo.extent import Extent
from rca.demo.table import take
from rca.demo.world import Stage, Truth, World

Role = Literal["upstream", "downstream"]


def announce_version(world: World, role: Role, version: str, days_before_end: float) -> None:
    """Record the deployment of a model's version."""
    moment = world.moment(days_before_end)
    old = str(world.versions[role][max(int(np.searchsorted(world.ts, moment)) - 1, 0)])
    world.changes.append(
        {
            "ts": moment,
            "node": world.domain.model(role).node,
            "kind": "deploy",
            "title": f"deploy {world.domain.model(role).node} {version}",
            "before": old,
            "after": version,
        }
    )


@dataclass(frozen=True, slots=True)
class NewVersion:
    """A retrain that behaves as before: only the version's name is new."""

    role: Role
    version: str
    extent: Extent

    @property
    def stage(self) -> Stage:
        """Return the stage at which the model answers."""
        return self.role

    def apply(self, world: World) -> None:
        """Log the new version from the onset on."""
        world.versions[self.role][self.extent.active(world.ts, world.end)] = self.version
        announce_version(world, self.role, self.version, self.extent.onset)


def train_badly(world: World, how: str, share: float) -> Model:
    """Return a downstream model trained on scrambled labels, on few rows, or without one segment's rows."""
    cascade, rng = world.cascade, world.rng("bad retrain")
    rows = cascade.trained_on
    target = rows[world.domain.downstream.target].copy()
    n = len(target)
    if how == "scrambled":
        scrambled = rng.random(n) < share
        target[scrambled] = rng.permutation(target[scrambled])
        return retrain(cascade.downstream, rows, target, world.seed)
    if how == "few_rows":
        chosen = rng.permutation(n)[: max(int(n * (1 - share)), 120)]
    else:
        segment = rows[world.domain.segments[0]]
        texts, counts = np.unique(segment[[v is not None for v in segment]].astype(str), return_counts=True)
        chosen = np.flatnonzero(segment != texts[counts.argmax()])
    return retrain(cascade.downstream, take(rows, chosen), target[chosen], world.seed)


@dataclass(frozen=True, slots=True)
class BadRetrain:
    """The symptomatic model's new version is really worse.

    `how`: `scrambled` (a share of the training labels permuted), `few_rows` (that share of the rows
    missing), `forgetting` (the largest segment missing from the training rows).
    """

    how: Literal["scrambled", "few_rows", "forgetting"]
    version: str
    extent: Extent
    share: float = 0.9
    stage: Stage = "downstream"

    def apply(self, world: World) -> None:
        """Let the bad version answer the touched requests."""
        mask = world.touched(self.extent, "bad retrain")
        bad = train_badly(world, self.how, self.share)
        world.predictions["downstream"][mask] = bad.predict(take(world.columns, mask))
        world.versions["downstream"][mask] = self.version
        announce_version(world, "downstream", self.version, self.extent.onset)

    def cause(self, domain: Domain) -> Truth:
        """Return the right answer."""
        return Truth("model_change", domain.downstream.node, self.version, self.how, self.extent.predicate)


@dataclass(frozen=True, slots=True)
class UpstreamOutput:
    """The upstream model's output means something else from the onset on.

    `how`: `rescaled` (times `amount`), `shifted` (plus `amount` standard deviations), `flipped`
    (mirrored in its range). Either a new `version` does it, or a configuration `key` (then the
    version stays).
    """

    how: Literal["rescaled", "shifted", "flipped"]
    extent: Extent
    amount: float = 0.5
    version: str | None = None
    key: str | None = None
    stage: Stage = "upstream"

    def apply(self, world: World) -> None:
        """Change the output of the touched requests and record what was deployed."""
        output = world.predictions["upstream"]
        mask = world.touched(self.extent, "upstream output")
        low, high = np.quantile(output, [0.005, 0.995])
        changed = {
            "rescaled": output * self.amount,
            "shifted": output + self.amount * float(output.std()),
            "flipped": low + high - output,
        }[self.how]
        if world.domain.upstream.task == "binary":
            changed = np.clip(changed, 0.0, 1.0)
        output[mask] = changed[mask]
        if self.version is not None:
            world.versions["upstream"][mask] = self.version
            announce_version(world, "upstream", self.version, self.extent.onset)
        else:
            node = world.domain.upstream.node
            event = {"node": node, "kind": "config", "title": f"{node}: set {self.key}"}
            values = {"before": {self.key: 1.0}, "after": {self.key: self.amount}}
            world.changes.append({"ts": world.moment(self.extent.onset), **event, **values})

    def cause(self, domain: Domain) -> Truth:
        """Return the right answer."""
        node, subject = domain.upstream.node, self.version or self.key
        return Truth(
            "upstream_model_change", node, subject, self.how, self.extent.predicate,
            () if self.version else (f"{node}: set {self.key}",),
        )  # fmt: skip
