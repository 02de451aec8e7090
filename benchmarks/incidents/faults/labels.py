"""Labels that mean something else: guidelines, sources, vocabularies. The outcomes themselves stay."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from benchmarks.incidents.faults.slices import Slice
from rca.demo.domain import Domain
from rca.demo.extent import Extent
from rca.demo.faults.events import Announcement
from rca.demo.world import Stage, Truth, World

Values = NDArray[Any]


def label_truth(node: str, mechanism: str) -> Truth:
    """Return the cause `label_change`; the labels' producer is not declared, so the model bears it."""
    return Truth("label_change", node, None, mechanism)


@dataclass(frozen=True, slots=True)
class Guideline:
    """Reviewers label by another rule from the onset on, in one direction only.

    Among the requests of `where`, labels `old` become `new` (classes), or labels beyond `old`
    become `new` (regression: the threshold up to which they are recorded).
    """

    node: str
    where: Slice | None
    old: str | float
    new: str | float
    extent: Extent
    announced: bool = True
    stage: Stage = "labels"

    def apply(self, world: World) -> None:
        """Relabel the touched requests and announce the guideline."""
        labels = world.labels[self.node]
        mask = world.touched(self.extent, "guideline")
        if self.where is not None:
            mask &= self.where.mask(world.columns)
        regression = world.domain.spec(self.node).task == "regression"
        mask &= labels > self.old if regression else labels == self.old
        labels[mask] = self.new
        if self.announced:
            title = f"labelling guideline of {self.node} revised"
            Announcement(self.node, "label_guideline", title, self.extent.onset, "v4", "v5").apply(world)

    def cause(self, domain: Domain) -> Truth:  # noqa: ARG002 - every fault is asked the same way
        """Return the right answer."""
        return label_truth(self.node, "guideline")


@dataclass(frozen=True, slots=True)
class LabelSource:
    """Labels come from another source, which errs (binary) or measures otherwise (regression: times `factor`)."""

    node: str
    extent: Extent
    factor: float = 1.0
    stage: Stage = "labels"

    def apply(self, world: World) -> None:
        """Take the touched requests' labels from the other source."""
        labels = world.labels[self.node]
        rows = np.flatnonzero(world.touched(self.extent, "label source"))
        if world.domain.spec(self.node).task == "regression":
            labels[rows] *= self.factor
        else:
            labels[rows] = labels[world.rng("label source").permutation(rows)]
        title = f"labels of {self.node} now come from the new case tool"
        event = Announcement(self.node, "data_feed", title, self.extent.onset, "review-desk", "case-tool")
        event.apply(world)

    def cause(self, domain: Domain) -> Truth:  # noqa: ARG002 - every fault is asked the same way
        """Return the right answer."""
        return label_truth(self.node, "source_switched")


@dataclass(frozen=True, slots=True)
class LabelVocabulary:
    """Labels of some classes are written as another class, `new`: renamed, or merged into one."""

    node: str
    classes: tuple[str, ...]
    new: str
    how: Literal["renamed", "merged"]
    extent: Extent
    announced: bool
    stage: Stage = "labels"

    def apply(self, world: World) -> None:
        """Rename the touched requests' labels."""
        labels = world.labels[self.node]
        labels[world.touched(self.extent, "label vocabulary") & np.isin(labels.astype(str), self.classes)] = self.new
        if self.announced:
            title = f"class list of {self.node} revised"
            Announcement(self.node, "label_guideline", title, self.extent.onset).apply(world)

    def cause(self, domain: Domain) -> Truth:  # noqa: ARG002 - every fault is asked the same way
        """Return the right answer."""
        return label_truth(self.node, f"class_{self.how}")


@dataclass(frozen=True, slots=True)
class Unlabelled:
    """A model whose labels are not recorded, or not since some days before the end: missing evidence."""

    node: str
    extent: Extent
    stage: Stage = "labels"

    def apply(self, world: World) -> None:
        """Leave the labels unknown."""
        labels = world.labels[self.node]
        labels[self.extent.active(world.ts, world.end)] = None if labels.dtype == object else np.nan
