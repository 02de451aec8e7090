"""Make confidences mean what they say: sharpen or flatten the log-odds, and shift those of none of the causes.

Two numbers, fitted on incidents that the trees did not see. They act on the log-odds before the softmax, so that the
order of the causes stays and one incident's probabilities stay those of one distribution over sets of causes. How
this compares with a map of the first cause's probability (Platt, beta, isotonic, Venn-Abers) is in docs/benchmarks.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rankers.labelled import Labelled

Numbers = NDArray[np.float64]

PENALTY = 4.0
"""Incidents' worth of trust in no calibration at all: log-odds as they are."""

SHARPNESS = (0.25, 3.0)
NONE_SHIFT = (-4.0, 4.0)
LEAST = 1e-6


@dataclass(frozen=True, slots=True)
class Calibration:
    """What the log-odds are multiplied by, and what is added to those of none."""

    sharpness: float = 1.0
    none_shift: float = 0.0


@dataclass(frozen=True, slots=True)
class Sets:
    """All sets of causes of many incidents, and what is known of their N causes and I nones.

    Parameters
    ----------
    odds, incident
        (S,) log-odds of every set, and whose it is: single causes, then pairs, then none.
    first, second
        (S,) which of the N + I answers a set says: a pair says two, a single cause or none one (second is -1).
    right, known, owner
        (N + I,) whether an answer is right, whether that is known, and of which incident it is; the nones come last.
    weight
        (I,) of the incidents.
    """

    odds: Numbers
    incident: NDArray[np.int64]
    first: NDArray[np.int64]
    second: NDArray[np.int64]
    right: NDArray[np.bool_]
    known: NDArray[np.bool_]
    owner: NDArray[np.int64]
    weight: Numbers

    @property
    def none(self) -> NDArray[np.bool_]:
        """Return (S,) which sets are none."""
        return self.first >= len(self.right) - len(self.weight)


def sets_of(incidents: Sequence[Labelled], added: Sequence[Numbers]) -> Sets:
    """Return every set of one and two causes of each incident, and none of them.

    Where the right answer is told all else is wrong; otherwise only what was rejected is known.

    Parameters
    ----------
    added
        (I,) of (K,) log-odds that trees added.
    """
    many = len(incidents)
    sizes = np.array([len(each.slate.keys) for each in incidents], dtype=np.int64)
    start = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    whose = np.repeat(np.arange(many), sizes)
    alone = np.concatenate([each.slate.alone for each in incidents]) + np.concatenate(list(added))
    pairs = np.concatenate([each.slate.pairs + start[place] for place, each in enumerate(incidents)])
    together = np.concatenate([each.slate.together for each in incidents])
    told = np.array([each.told for each in incidents])
    possible = np.concatenate([each.possible[:-1] for each in incidents])
    none = np.array([each.slate.none for each in incidents])
    none_right = np.array([each.told and bool(each.possible[-1]) for each in incidents])
    single = np.arange(start[-1])
    return Sets(
        odds=np.concatenate([alone, alone[pairs[:, 0]] + alone[pairs[:, 1]] + together, none]),
        incident=np.concatenate([whose, whose[pairs[:, 0]], np.arange(many)]),
        first=np.concatenate([single, pairs[:, 0], start[-1] + np.arange(many)]),
        second=np.concatenate([np.full(start[-1], -1), pairs[:, 1], np.full(many, -1)]),
        right=np.concatenate([possible & told[whose], none_right]),
        known=np.concatenate([told[whose] | ~possible, told]),
        owner=np.concatenate([whose, np.arange(many)]),
        weight=np.array([each.weight for each in incidents]),
    )


def probabilities_of(sets: Sets, calibration: Calibration) -> Numbers:
    """Return (N + I,) probabilities of every cause and of none, as `rankers.supervised.probabilities` gives them."""
    odds = calibration.sharpness * sets.odds + calibration.none_shift * sets.none
    top = np.full(len(sets.weight), -np.inf)
    np.maximum.at(top, sets.incident, odds)
    mass = np.exp(odds - top[sets.incident])
    share = mass / np.bincount(sets.incident, mass)[sets.incident]
    pair = sets.second >= 0
    n = len(sets.right)
    both = np.bincount(sets.first, share, n) + np.bincount(sets.second[pair], share[pair], n)
    return np.asarray(np.minimum(both, 1.0))


def loss(sets: Sets, calibration: Calibration) -> Numbers:
    """Return (I,) composite negative log likelihoods: every cause, and none, right or wrong by its own probability.

    A cause's confidence is its probability to be confirmed whatever else is right; so is this loss.
    """
    p = np.clip(probabilities_of(sets, calibration), LEAST, 1.0 - LEAST)
    each = -np.where(sets.right, np.log(p), np.log1p(-p)) * sets.known
    return np.asarray(np.bincount(sets.owner, each, len(sets.weight)), dtype=np.float64)


def calibrate(sets: Sets) -> Calibration:
    """Return the calibration that serves best on incidents which the trees did not see."""
    from scipy.optimize import minimize  # noqa: PLC0415 - only who trains needs it

    def total(both: Numbers) -> float:
        losses = loss(sets, Calibration(float(np.exp(both[0])), float(both[1])))
        return float((sets.weight * losses).sum() + PENALTY * (both[0] ** 2 + 0.25 * both[1] ** 2))

    bounds = [tuple(np.log(SHARPNESS)), NONE_SHIFT]
    found = minimize(total, np.zeros(2), bounds=bounds, method="L-BFGS-B", options={"ftol": 1e-7})
    return Calibration(round(float(np.exp(found.x[0])), 6), round(float(found.x[1]), 6))
