"""What wrong labels, tired reviewers, a liar and a family that nobody labelled cost."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from benchmarks.ranker.curve import PLAIN, Split, Start, first_right
from benchmarks.ranker.pretrain import learned as pretrained_on
from benchmarks.ranker.reviewers import Habits, review
from rankers.pretrained.cases import Case
from rankers.proposed import Proposed
from rankers.quality import outcomes
from rca.review.examples import read_examples
from rca.review.registry import load
from rca.review.training import train
from rca.warehouse import Warehouse

LABELS = 300
ADJUDICATED = 0.1
"""Share of the incidents that a lead settles again, wherever reviewers may be wrong."""

SITES = {
    "clean": Habits(adjudicated=ADJUDICATED),
    "10 % slips": Habits(slips=0.1, adjudicated=ADJUDICATED),
    "20 % slips": Habits(slips=0.2, adjudicated=ADJUDICATED),
    "tired": Habits(tired=True, adjudicated=ADJUDICATED),
    "a liar, 10 %": Habits(lies=0.1, adjudicated=ADJUDICATED),
}


@dataclass(frozen=True)
class Answered:
    """A site's ranker after its labels, with and without the corrections; what training did with it.

    `before`: AC@1 of the start. `promoted`: whether training let it answer; `bad`: whether that put fewer first causes
    right.
    """

    seed: int
    site: str
    before: float
    corrected: float
    uncorrected: float
    promoted: bool
    bad: bool


def answered(parts: Split, start: Start, labels: int = LABELS) -> Iterator[Answered]:
    """Yield how each kind of site fares on the incidents asked about, each shown as the start ranks it."""
    before = first_right(parts.asked, start.model)
    for name, habits in SITES.items():
        with Warehouse() as warehouse:
            review(warehouse, parts.labelled(labels), habits, start.model, parts.seed)
            examples = read_examples(warehouse).training
            report = train(warehouse, seed=parts.seed)
            promoted = report.outcome == "promoted"
            now = load(warehouse, str(report.version)) if promoted else load(warehouse, report.current)
            was = load(warehouse, report.current)
        plain = [replace(each, weight=1.0) for each in examples]
        after = [first_right(parts.asked, start.learned(each, parts.seed)) for each in (examples, plain)]
        yield Answered(
            seed=parts.seed,
            site=name,
            before=before,
            corrected=after[0],
            uncorrected=after[1],
            promoted=promoted,
            bad=promoted and first_right(parts.asked, now) < first_right(parts.asked, was),
        )


def without(case: Case, family: str) -> Case:
    """Return a case as it was before a family existed."""
    kept = [place for place, c in enumerate(case.proposed.candidates) if c.family != family]
    proposed = Proposed(
        [case.proposed.candidates[place] for place in kept],
        [case.proposed.blame[place] for place in kept],
        case.proposed.p_value,
    )
    return replace(case, proposed=proposed, right=tuple(case.right[place] for place in kept))


def new_family(cases: Sequence[Case], family: str) -> dict[str, Any]:
    """Return how often a family is found that none of the incidents learned from has."""
    taught = [without(case, family) for case in cases if case.half == "tune" and case.injected != family]
    asked = [case.truth() for case in cases if case.half == "held-out" and case.injected == family and case.roots == 1]
    model = pretrained_on(taught, "bench")
    found = outcomes(model, asked)
    known = outcomes(PLAIN, asked)
    return {
        "family": family,
        "asked": len(asked),
        "ac1": float(np.mean([each.first for each in found])),
        "ac3": float(np.mean([each.third for each in found])),
        "heuristic_ac3": float(np.mean([each.third for each in known])),
    }
