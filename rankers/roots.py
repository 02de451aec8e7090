"""Sets of roots: one cause alone, or two of different places at once; each cause's probability over all sets.

An incident with two roots has no single right cause, so causes do not exclude one another: the
hypotheses that do are *sets* of causes, as in diagnosis from first principles (de Kleer and Williams
1987, section 3). A cause's probability is the sum over the sets it is in.
"""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from schemas.candidate import Candidate

FEW = 16
"""Candidates that may be one of two; those less likely by themselves are not tried in pairs."""


def rivals(one: Candidate, other: Candidate) -> bool:
    """Return whether two candidates are readings of one anomaly, so that at most one of them is right."""
    if one.subject == other.subject and one.node == other.node:
        return True
    return bool(set(one.explains[:1]) & set(other.explains[:1]))


ALONE = frozenset({"downstream_change"})
"""Families that mean by definition that nothing upstream is wrong: they are right alone or not at all."""


def exclude(one: Candidate, other: Candidate) -> bool:
    """Return whether two candidates cannot both be right: rivals, or one of them says that nothing else is."""
    return rivals(one, other) or one.family in ALONE or other.family in ALONE


def pairs_of(candidates: Sequence[Candidate], log_odds: Sequence[float]) -> list[tuple[int, int]]:
    """Return the pairs of candidates, by index, that may be roots together.

    Parameters
    ----------
    log_odds
        (K,) of each candidate alone.
    """
    likely = sorted(range(len(candidates)), key=lambda i: (-log_odds[i], i))[:FEW]
    return [(i, j) for i, j in combinations(sorted(likely), 2) if not exclude(candidates[i], candidates[j])]


def marginals(
    alone: Sequence[float], together: Sequence[float], pairs: Sequence[tuple[int, int]], none: float
) -> tuple[NDArray[np.float64], float]:
    """Return each candidate's probability, (K,), and that of none.

    Parameters
    ----------
    alone, together, none
        Log-odds of each candidate as the only root, (K,), of each pair, (P,), and of none.
    pairs
        (P,) indices of the two candidates.
    """
    odds = np.array([*alone, *together, none], dtype=np.float64)
    weight = np.exp(odds - odds.max())
    weight /= weight.sum()
    k = len(alone)
    probability = weight[:k].copy()
    for side in (0, 1):
        np.add.at(probability, [pair[side] for pair in pairs], weight[k:-1])
    return np.minimum(probability, 1.0), float(weight[-1])
