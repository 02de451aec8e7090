"""Position bias: causes further down are looked at less often, so labels of them stand for more incidents.

Reviewers read from the top and stop when they are satisfied or tired (the cascade model of Craswell et al. 2008,
"An experimental comparison of click position-bias models"). How often they go on is counted where nothing above was
confirmed; a confirmation at a rank is then weighed by one over the chance that anyone looked there (inverse propensity,
Joachims, Swaminathan and Schnabel 2017), within bounds. Where the first causes were shown in random order, how often
each place is confirmed says the same without a model of reading.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

RANKS = 10
"""Ranks with a chance of their own; those further down share the last one's."""

GOES_ON, WORTH = 0.8, 5.0
"""How often a reviewer goes on, believed before any are seen, and for how many observations that belief counts."""

MOST = 4.0
"""Largest weight: rare confirmations far down must not drown all others."""

EXPLORED = 3
"""So many first causes are shuffled where a page explores; which of them was confirmed tells nothing of its rank."""


@dataclass(frozen=True, slots=True)
class Session:
    """One reviewer's reading of one incident.

    Parameters
    ----------
    shown
        How many causes the page listed.
    judged
        Ranks, from 1, that got a verdict.
    confirmed
        Ranks confirmed, as the cause or as contributing.
    explored
        Whether the first causes were shown in random order.
    """

    shown: int
    judged: frozenset[int]
    confirmed: frozenset[int]
    explored: bool = False


def propensities(sessions: Sequence[Session]) -> tuple[float, ...]:
    """Return the chance that ranks 1, 2, ... are looked at, non-increasing, 1 for the first."""
    found = [1.0]
    for rank in range(2, RANKS + 1):
        arrived = [s for s in sessions if s.shown >= rank and max(s.judged, default=0) >= rank - 1]
        open_still = [s for s in arrived if min(s.confirmed, default=rank) >= rank]
        went_on = sum(max(s.judged) >= rank for s in open_still)
        read = found[-1] * (went_on + GOES_ON * WORTH) / (len(open_still) + WORTH)
        found.append(min(found[-1], _shuffled(sessions, rank, read)))
    return tuple(found)


def _shuffled(sessions: Sequence[Session], rank: int, read: float) -> float:
    """Return the chance that a rank is looked at, by how much less often than the first it is confirmed.

    Only where the first causes were shown in random order, for then the ranks are as often right.

    Parameters
    ----------
    read
        What the reading tells, believed as much as `WORTH` confirmations of the first rank.
    """
    fair = [s for s in sessions if s.explored and s.shown >= EXPLORED] if rank <= EXPLORED else []
    here, first = (sum(place in s.confirmed for s in fair) for place in (rank, 1))
    return (here + read * WORTH) / (first + WORTH)


def inverse_weight(chances: Sequence[float], rank: int | None, *, explored: bool = False) -> float:
    """Return how much a confirmation at a shown rank weighs, from 1 to `MOST`; unknown and shuffled ranks 1."""
    if rank is None or rank < 1 or not chances or (explored and rank <= EXPLORED):
        return 1.0
    return float(np.clip(1.0 / max(chances[min(rank, len(chances)) - 1], 1e-9), 1.0, MOST))
