"""What a ranker sees of one incident, and what it answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from schemas.candidate import Candidate


@dataclass(frozen=True, slots=True)
class Proposed:
    """The candidates of one incident, before ranking.

    Parameters
    ----------
    candidates
        (K,) as the families proposed them, in any order.
    blame
        (K,) share of each one's anomaly that no upstream candidate explains, [0, 1].
    p_value
        Of the symptom: how surely it is real.
    """

    candidates: Sequence[Candidate]
    blame: Sequence[float]
    p_value: float


@dataclass(frozen=True, slots=True)
class Ranked:
    """A candidate with its probability and the features that gave it."""

    candidate: Candidate
    confidence: float
    features: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Ranking:
    """The candidates, most probable first, and the probability that none of them is right.

    Confidences need not sum to one with `none`: two causes can both be right.
    """

    ranked: tuple[Ranked, ...]
    none: float
