"""The supervised ranker: the heuristic's log-odds, corrected by trees that were learned from reviewers' labels.

The same sets of one and two roots compete in the same softmax (`rankers.roots`); only each candidate's log-odds differ,
and how sharp they are.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rankers import heuristic
from rankers.model import Model
from rankers.proposed import Proposed, Ranked, Ranking
from rankers.roots import marginals
from rankers.slate import Slate, slate_of

Numbers = NDArray[np.float64]
REAL = 0.05
"""Chance of natural fluctuation up to which what was learned of real symptoms counts in full."""


@dataclass(frozen=True, slots=True)
class Moved:
    """How far the evidence of one column moved a candidate's log-odds beyond the heuristic's (TreeSHAP)."""

    name: str
    value: float
    by: float


def corrections(model: Model, slate: Slate) -> Numbers:
    """Return (K,) what the model adds to each candidate's log-odds."""
    learned = _learned(model, slate)
    return learned * _heard(learned, slate)


def _learned(model: Model, slate: Slate) -> Numbers:
    total = np.zeros(len(slate.keys))
    for trees in model.trees if len(total) else ():
        total += trees.score(slate.matrix(trees.names))
    return total


def _heard(learned: Numbers, slate: Slate) -> Numbers:
    """Return (K,) how far what was learned counts, [0, 1].

    What was learned of symptoms that were real does not speak for a cause of one that is not: it counts in full up to
    the p-value `REAL`, and no longer at 1, unless the fault shows in the requests that are complained of.
    """
    least, most = heuristic.doubtfulness(REAL), heuristic.doubtfulness(1.0)
    real = np.clip((most - slate.columns["doubt"]) / (most - least), 0.0, 1.0)
    seen = np.nan_to_num(slate.columns.get("seen_in_requests", np.zeros(len(learned))))
    return np.where(learned > 0, np.maximum(real, seen), 1.0)


def probabilities(
    slate: Slate, added: Numbers, sharpness: float = 1.0, none_shift: float = 0.0
) -> tuple[Numbers, float]:
    """Return each candidate's probability, (K,), and that of none, from corrected and calibrated log-odds."""
    alone = sharpness * (slate.alone + added)
    first, second = slate.pairs[:, 0], slate.pairs[:, 1]
    together = alone[first] + alone[second] + sharpness * slate.together
    pairs = [(int(i), int(j)) for i, j in slate.pairs]
    return marginals(alone.tolist(), together.tolist(), pairs, sharpness * slate.none + none_shift)


def rank(model: Model, proposed: Proposed) -> Ranking:
    """Return the candidates with their confidences, most probable first, and the probability of none of them."""
    slate = slate_of(proposed)
    added = corrections(model, slate)
    confidence, none = probabilities(slate, added, model.sharpness, model.none_shift)
    ranked = []
    for place, candidate in enumerate(proposed.candidates):
        weighed = heuristic.ranking_features(candidate, proposed.blame[place])
        told = {k: float(v) for k, v in candidate.features.items() if math.isfinite(v)}
        learned = {"learned": float(added[place])} if model.stages else {}
        ranked.append(Ranked(candidate, float(confidence[place]), told | weighed | learned))
    ranked.sort(key=lambda r: (-r.confidence, r.candidate.family, r.candidate.node, r.candidate.subject or ""))
    return Ranking(tuple(ranked), none)


def explain(model: Model, proposed: Proposed) -> list[list[Moved]]:
    """Return for each candidate what moved it, in the order of the candidates; the largest first."""
    slate = slate_of(proposed)
    by: dict[str, Numbers] = {}
    for trees in model.trees if slate.keys else ():
        for name, column in zip(trees.names, trees.contributions(slate.matrix(trees.names)).T, strict=True):
            by[name] = by.get(name, np.zeros(len(slate.keys))) + column
    nothing, heard = np.full(len(slate.keys), np.nan), _heard(_learned(model, slate), slate)
    out = []
    for place in range(len(slate.keys)):
        moved = [
            Moved(n, float(slate.columns.get(n, nothing)[place]), float(heard[place] * c[place]))
            for n, c in by.items()
            if c[place]
        ]
        out.append(sorted(moved, key=lambda m: (-abs(m.by), m.name)))
    return out
