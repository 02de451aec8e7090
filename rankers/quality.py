"""How good a ranker is on labelled incidents."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rankers.labelled import Labelled
from rankers.model import Model
from rankers.supervised import corrections, probabilities

Numbers = NDArray[np.float64]

BINS = 10
LEAST_PROBABILITY = 1e-6


@dataclass(frozen=True, slots=True)
class Outcome:
    """One incident, ranked: whether the first and one of the first three are right, log loss, the first's confidence.

    `family`: of the confirmed cause; None when none of the causes is right (then nothing can be first).
    """

    incident: str
    first: bool
    third: bool
    log_loss: float
    confidence: float
    family: str | None


@dataclass(frozen=True, slots=True)
class Figures:
    """Rates over labelled incidents; AC@k over those with a right cause, (right, of) by family."""

    incidents: int
    ac1: float
    ac3: float
    log_loss: float
    ece: float
    by_family: Mapping[str, tuple[int, int]]


def outcomes(model: Model, incidents: Sequence[Labelled]) -> list[Outcome]:
    """Return how a ranker does on each incident whose right answer is told."""
    return [_outcome(model, each) for each in incidents if each.told]


def _outcome(model: Model, each: Labelled) -> Outcome:
    p, none = probabilities(each.slate, corrections(model, each.slate), model.sharpness, model.none_shift)
    return outcome_of(each, p, none)


def outcome_of(each: Labelled, p: Numbers, none: float) -> Outcome:
    """Return how probabilities of an incident's causes and of none do against its labels."""
    order = np.lexsort((np.arange(len(p)), -p))
    right = each.right[order]
    found = float(p[each.right].max()) if each.right.any() else none
    return Outcome(
        incident=each.incident,
        first=bool(right[:1].any()),
        third=bool(right[:3].any()),
        log_loss=-float(np.log(max(found, LEAST_PROBABILITY))),
        confidence=float(p.max(initial=0.0)),
        family=each.slate.keys[int(np.flatnonzero(each.right)[0])][0] if each.right.any() else None,
    )


def expected_calibration_error(confidence: Numbers, right: NDArray[np.bool_]) -> float:
    """Return the expected calibration error over ten bins of equal width (Naeini, Cooper and Hauskrecht 2015)."""
    if not len(confidence):
        return 0.0
    place = np.minimum((confidence * BINS).astype(np.int64), BINS - 1)
    gap = np.bincount(place, confidence, BINS) - np.bincount(place, right.astype(np.float64), BINS)
    return float(np.abs(gap).sum() / len(confidence))


def summed(found: Sequence[Outcome]) -> Figures:
    """Return the rates over some outcomes; NaN where there is nothing to divide by."""
    faulty = [each for each in found if each.family is not None]
    by_family: dict[str, tuple[int, int]] = {}
    for each in faulty:
        right, total = by_family.get(str(each.family), (0, 0))
        by_family[str(each.family)] = (right + each.first, total + 1)
    return Figures(
        incidents=len(found),
        ac1=float(np.mean([each.first for each in faulty])) if faulty else float("nan"),
        ac3=float(np.mean([each.third for each in faulty])) if faulty else float("nan"),
        log_loss=float(np.mean([each.log_loss for each in found])) if found else float("nan"),
        ece=expected_calibration_error(
            np.array([each.confidence for each in found]), np.array([each.first for each in found], dtype=bool)
        ),
        by_family=dict(sorted(by_family.items())),
    )


def figures(model: Model, incidents: Sequence[Labelled]) -> Figures:
    """Return a ranker's rates on the incidents whose right answer is told."""
    return summed(outcomes(model, incidents))
