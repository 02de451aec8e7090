"""Show the first causes of some answers in random order, so that it can be told how often people look at each place.

Where the order says nothing of the causes, a place that is confirmed less often is looked at less often (Joachims,
Swaminathan and Schnabel 2017, "Unbiased learning-to-rank with biased feedback"; `rankers.position`). Which answers are
shuffled, and how, follows from the incident's id: whoever opens it sees the same order, and so do all surfaces.
"""

import hashlib
from dataclasses import dataclass

import numpy as np

from rankers.position import EXPLORED
from rca.errors import InputError
from schemas.analysis import Analysis, Cause
from schemas.feedback import CauseKey


@dataclass(frozen=True, slots=True)
class Listing:
    """The causes of an answer in the order in which they are shown.

    Parameters
    ----------
    causes
        With `rank` as shown: feedback says that rank.
    explored
        Whether the first of them were shuffled: feedback says that, too, of every cause of the listing.
    """

    causes: tuple[Cause, ...]
    explored: bool = False

    def rank(self, key: CauseKey) -> int | None:
        """Return at which place a cause is shown; None when it is not listed."""
        return next((cause.rank for cause in self.causes if cause.key == key), None)


def listing(answer: Analysis, share: float = 0.0) -> Listing:
    """Return the causes of an answer as they are to be shown for review.

    Parameters
    ----------
    share
        Of the incidents, [0, 1], whose first three causes are shuffled; 0 shuffles none.

    Raises
    ------
    InputError
        When the share is no share.
    """
    if not 0.0 <= share <= 1.0:
        raise InputError(f"{share} is no share of the incidents", mend="give a number from 0 to 1, such as 0.1")
    digest = hashlib.sha256(f"review {answer.incident.id}".encode()).digest()
    drawn = int.from_bytes(digest[:8], "big") / 2**64
    if drawn >= share or len(answer.causes) < 2:  # noqa: PLR2004 - nothing to shuffle
        return Listing(answer.causes)
    first = min(EXPLORED, len(answer.causes))
    order = [*np.random.default_rng([*digest[8:16]]).permutation(first).tolist(), *range(first, len(answer.causes))]
    shown = (answer.causes[place].model_copy(update={"rank": rank}) for rank, place in enumerate(order, start=1))
    return Listing(tuple(shown), explored=True)
