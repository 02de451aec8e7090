"""Learning curves: how good a ranker is after so many labelled incidents, from the heuristic and the shipped start.

A *site* labels incidents of its own systems and is asked about other incidents of theirs; the systems are of the tables
held out, which neither the heuristic's weights nor the shipped ranker saw. Where it has not enough incidents for the
largest numbers, incidents of other systems are added.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from rankers import heuristic
from rankers.fit import fit
from rankers.labelled import Labelled
from rankers.model import Model
from rankers.pretrained.cases import Case
from rankers.quality import Outcome, figures, outcomes

SIZES = (0, 20, 50, 100, 300, 1000)
TESTED = 0.35
"""Share of the incidents held out that a seed asks about."""

PLAIN = Model(heuristic.VERSION)


@dataclass(frozen=True)
class Split:
    """One seed's incidents: those that a site may label, in its order, and those that it is asked about."""

    seed: int
    site: tuple[Case, ...]
    others: tuple[Case, ...]
    asked: tuple[Case, ...]

    def labelled(self, size: int) -> list[Case]:
        """Return the first so many of the site's incidents; other systems' where it has too few."""
        return [*self.site, *self.others][:size]


def split(cases: Sequence[Case], seed: int) -> Split:
    """Return one seed's split of the pool; the incidents asked about are stratified by what was injected."""
    rng = np.random.default_rng([seed, 4])
    held = [case for case in cases if case.half == "held-out"]
    asked: set[str] = set()
    for family in sorted({case.injected for case in held}):
        names = [case.name for case in held if case.injected == family]
        asked.update(rng.permutation(names)[: max(1, round(TESTED * len(names)))].tolist())
    site = [case for case in held if case.name not in asked]
    others = [case for case in cases if case.half == "tune"]
    return Split(
        seed,
        tuple(site[i] for i in rng.permutation(len(site))),
        tuple(others[i] for i in rng.permutation(len(others))),
        tuple(case for case in held if case.name in asked),
    )


@dataclass(frozen=True)
class Point:
    """One ranker on one seed's incidents.

    Parameters
    ----------
    asked, wrong, third
        Incidents with a fault; of them, those whose first cause is wrong (or whose right cause was never proposed), and
        those with a right one among the first three.
    log_loss, ece
        Over all incidents, those without a fault included.
    """

    seed: int
    start: str
    size: int
    asked: int
    wrong: int
    third: int
    log_loss: float
    ece: float

    @property
    def ac1(self) -> float:
        """Return the share of incidents with a fault whose first cause is right."""
        return 1.0 - self.wrong / self.asked

    @property
    def ac3(self) -> float:
        """Return the share of incidents with a fault of whose first three causes one is right."""
        return self.third / self.asked


def faulty(cases: Sequence[Case], model: Model) -> list[Outcome]:
    """Return how a ranker does on the incidents that have a fault; one whose cause was not proposed is a miss."""
    return outcomes(model, [case.truth() for case in cases if case.roots])


def first_right(cases: Sequence[Case], model: Model) -> float:
    """Return AC@1 over the incidents that have a fault."""
    return float(np.mean([each.first for each in faulty(cases, model)]))


def point(cases: Sequence[Case], model: Model, seed: int, start: str, size: int) -> Point:
    """Return the figures of one ranker."""
    found, rates = faulty(cases, model), figures(model, [case.truth() for case in cases])
    wrong, third = sum(not each.first for each in found), sum(each.third for each in found)
    return Point(seed, start, size, len(found), wrong, third, rates.log_loss, rates.ece)


@dataclass(frozen=True)
class Start:
    """What a site starts from: the ranker that answers before any label, and incidents to learn together with."""

    model: Model
    lessons: tuple[Labelled, ...] = ()

    def learned(self, labels: Sequence[Labelled], seed: int) -> Model:
        """Return what is learned from a site's labels."""
        return fit(labels, PLAIN, version="bench", seed=seed, lessons=self.lessons) if labels else self.model


def points(parts: Split, starts: dict[str, Start], sizes: Sequence[int] = SIZES) -> Iterator[Point]:
    """Yield the figures of each start after each number of labels."""
    for name, start in starts.items():
        for size in sizes:
            labels = [case.truth() for case in parts.labelled(size)]
            yield point(parts.asked, start.learned(labels, parts.seed), parts.seed, name, size)
