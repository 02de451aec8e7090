"""Learning curves: how good a ranker is after so many labelled incidents, from the heuristic and the shipped start.

A *site* labels incidents of its own systems and is asked about other incidents of theirs; the systems are of the tables
held out, which neither the heuristic's weights nor the shipped ranker saw. Where it has not enough incidents for the
largest numbers, incidents of other systems are added.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.ranker.pool import Case
from rankers import heuristic
from rankers.fit import fit
from rankers.labelled import Labelled
from rankers.model import Model
from rankers.quality import Figures, Outcome, outcomes, summed

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
    """One ranker on one seed's incidents."""

    seed: int
    start: str
    size: int
    figures: Figures
    found: tuple[Outcome, ...]

    @property
    def errors(self) -> int:
        """Return how many first answers are wrong."""
        return sum(not each.first for each in self.found if each.family is not None)


def learned(cases: Sequence[Case] | Sequence[Labelled], start: Model, seed: int) -> Model:
    """Return what is learned from incidents with clean labels, or with the given ones."""
    labels = [each.truth() if isinstance(each, Case) else each for each in cases]
    return fit(labels, start, version="bench", seed=seed) if labels else start


def points(parts: Split, starts: dict[str, Model], sizes: Sequence[int] = SIZES) -> Iterator[Point]:
    """Yield the figures of each start after each number of labels."""
    asked = [case.truth() for case in parts.asked]
    for name, start in starts.items():
        for size in sizes:
            model = learned(parts.labelled(size), start, parts.seed)
            found = tuple(outcomes(model, asked))
            yield Point(parts.seed, name, size, summed(found), found)
