"""How good a ranker is on labelled incidents, and whether another one is better: paired, incident by incident."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import comb

import numpy as np
from numpy.typing import NDArray

from rankers.labelled import Labelled
from rankers.model import Model
from rankers.supervised import corrections, probabilities

Numbers = NDArray[np.float64]

BINS = 10
SIGNIFICANT = 0.05
SURELY_BETTER = 0.05
"""One-sided level at which a challenger's smaller loss is believed; it must not be worse anywhere else either."""

FAMILY_JUDGED = 8
"""Incidents of a family from which it is looked at by itself."""

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


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two rankers on the same incidents; p-values are one-sided, of the challenger being worse or better by chance."""

    current: Figures
    challenger: Figures
    not_worse: bool
    better: bool
    p_better: float
    reason: str


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


def sign_test(better: int, worse: int) -> float:
    """Return the one-sided p-value of so many more changes for the worse than for the better (exact McNemar)."""
    total = better + worse
    return sum(comb(total, k) for k in range(worse, total + 1)) / 2**total if total else 1.0


def _changes(current: Sequence[bool], challenger: Sequence[bool]) -> tuple[int, int]:
    pairs = list(zip(current, challenger, strict=True))
    return sum(new and not old for old, new in pairs), sum(old and not new for old, new in pairs)


def _p_smaller(gap: Numbers) -> float:
    """Return the one-sided p-value of a sum below 0: signs flipped at random (Fisher's permutation, normal limit)."""
    from scipy.special import ndtr  # noqa: PLC0415 - only who trains needs it

    spread = float(np.sqrt((gap**2).sum()))
    return float(ndtr(gap.sum() / spread)) if spread > 0 else 1.0


def compare(current: Model, challenger: Model, incidents: Sequence[Labelled]) -> Comparison:
    """Return whether a challenger may replace the current ranker, judged on incidents that neither learned from.

    It is worse when its loss is larger, incidents weighed as their labels are trusted, or when it turns significantly
    more first (or first three) answers wrong than right, over all or in one family. It is better when its loss is
    smaller beyond chance.
    """
    old, new = outcomes(current, incidents), outcomes(challenger, incidents)
    before, after = summed(old), summed(new)
    if not old:
        return Comparison(before, after, False, False, 1.0, "no labelled incident is left to compare on")
    reasons = []
    weight = np.array([each.weight for each in incidents if each.told])
    losses = [weight * np.array([each.log_loss for each in found]) for found in (old, new)]
    was, now = (float(each.sum() / weight.sum()) if weight.any() else 0.0 for each in losses)
    p_better = _p_smaller(losses[1] - losses[0])
    if now > was:
        reasons.append(f"its log loss is {now:.3f}, the current one's {was:.3f}")
    groups = {"": list(range(len(old)))} | {
        f" of {family}": [i for i, each in enumerate(old) if each.family == family]
        for family, (_, total) in before.by_family.items()
        if total >= FAMILY_JUDGED
    }
    for name, places in groups.items():
        for what, get in (("first", _first), ("first three", _third)):
            gained, lost = _changes([get(old[i]) for i in places], [get(new[i]) for i in places])
            p = sign_test(gained, lost)
            if lost > gained and p < SIGNIFICANT:
                reasons.append(f"{lost} {what} answers{name} turned wrong and {gained} right (p = {p:.2g})")
    better = p_better < SURELY_BETTER and not reasons
    said = "; ".join(reasons) or (
        f"log loss {was:.3f} -> {now:.3f} (p = {p_better:.2g})" + ("" if better else ", which may be chance")
    )
    return Comparison(before, after, not reasons, better, p_better, said)


def _first(outcome: Outcome) -> bool:
    return outcome.first


def _third(outcome: Outcome) -> bool:
    return outcome.third
