"""Make confidences mean what they say: sharpen or flatten the log-odds, and shift those of none of the causes.

Two numbers, fitted on incidents that the trees did not see. They act on the log-odds before the softmax, so that the
order of the causes stays and the probabilities of one incident stay those of one distribution over sets of causes; one
map for each cause's probability by itself (isotonic, beta, Venn-Abers) measures worse with the few labels that
sites have (docs/benchmarks.md).
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


@dataclass(frozen=True, slots=True)
class Calibration:
    """What the log-odds are multiplied by, and what is added to those of none."""

    sharpness: float = 1.0
    none_shift: float = 0.0


@dataclass(frozen=True, slots=True)
class Sets:
    """All sets of causes of many incidents: log-odds, which are none, which possible, where incidents begin."""

    odds: Numbers
    none: NDArray[np.bool_]
    possible: NDArray[np.bool_]
    start: NDArray[np.int64]
    weight: Numbers


def sets_of(incidents: Sequence[Labelled], added: Sequence[Numbers]) -> Sets:
    """Return every set of one and two causes of each incident, and none of them.

    A pair is possible when the labels leave either of its causes possible: a second cause is rarely judged.

    Parameters
    ----------
    added
        (I,) of (K,) log-odds that trees added.
    """
    odds, none, possible, sizes = [], [], [], []
    for each, more in zip(incidents, added, strict=True):
        slate, alone = each.slate, each.slate.alone + more
        first, second = slate.pairs[:, 0], slate.pairs[:, 1]
        odds.append(np.concatenate([alone, alone[first] + alone[second] + slate.together, [slate.none]]))
        single = each.possible[:-1]
        possible.append(np.concatenate([single, single[first] | single[second], each.possible[-1:]]))
        sizes.append(len(odds[-1]))
        none.append(np.arange(sizes[-1]) == sizes[-1] - 1)
    start = np.concatenate([[0], np.cumsum(sizes)])[:-1].astype(np.int64)
    weight = np.array([each.weight for each in incidents])
    return Sets(np.concatenate(odds), np.concatenate(none), np.concatenate(possible), start, weight)


def loss(sets: Sets, calibration: Calibration) -> Numbers:
    """Return (I,) negative log probabilities of what the labels leave possible."""
    odds = calibration.sharpness * sets.odds + calibration.none_shift * sets.none
    top = np.maximum.reduceat(odds, sets.start)
    sizes = np.diff(np.append(sets.start, len(odds)))
    mass = np.exp(odds - np.repeat(top, sizes))
    allowed = np.add.reduceat(mass * sets.possible, sets.start)
    found: Numbers = -np.log(np.maximum(allowed / np.add.reduceat(mass, sets.start), 1e-12))
    return found


def calibrate(sets: Sets) -> Calibration:
    """Return the calibration that serves best on incidents which the trees did not see."""
    from scipy.optimize import minimize  # noqa: PLC0415 - only who trains needs it

    def total(both: Numbers) -> float:
        losses = loss(sets, Calibration(float(np.exp(both[0])), float(both[1])))
        return float((sets.weight * losses).sum() + PENALTY * (both[0] ** 2 + 0.25 * both[1] ** 2))

    bounds = [tuple(np.log(SHARPNESS)), NONE_SHIFT]
    found = minimize(total, np.zeros(2), bounds=bounds, method="L-BFGS-B", options={"ftol": 1e-7})
    return Calibration(round(float(np.exp(found.x[0])), 6), round(float(found.x[1]), 6))
