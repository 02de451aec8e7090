"""One incident with what reviewers said of it, as a ranker learns from it.

Reviewers rarely say everything: a rejected first cause leaves all others possible, "no fault" leaves none of them. What
is learned from is therefore the set of answers that the labels leave possible (learning with multiple labels, Jin
and Ghahramani 2002): the likelihood of an incident is the probability of that whole set.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rankers.slate import Slate

Key = tuple[str, str, str | None]
RIGHT = ("confirmed", "contributing")
REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Labelled:
    """An incident, and which of its answers the labels leave possible.

    Parameters
    ----------
    incident
        Its id.
    slate
        Its K candidates.
    possible
        (K + 1,) which answers are possible; the last one is *none of these*.
    right
        (K,) which causes a reviewer confirmed.
    weight
        How much it counts, >= 0.
    group
        Incidents of one group are left out together when a ranker is checked; None: each by itself.
    accounts
        Who says so, in alphabetical order.
    trust
        How far the label is believed where rankers are compared, [0, 1], whatever other labels weigh.
    """

    incident: str
    slate: Slate
    possible: NDArray[np.bool_]
    right: NDArray[np.bool_]
    weight: float = 1.0
    group: str | None = None
    accounts: tuple[str, ...] = ()
    trust: float = 1.0

    @property
    def told(self) -> bool:
        """Return whether the labels say what the right answer is, so that a ranking can be judged by them."""
        return bool(self.right.any()) or bool(self.possible[-1] and not self.possible[:-1].any())


def labelled(
    incident: str,
    slate: Slate,
    verdicts: Mapping[Key, str],
    *,
    nothing: bool = False,
    weight: float = 1.0,
) -> Labelled | None:
    """Return what the labels of one incident say; None when they leave everything possible.

    Parameters
    ----------
    verdicts
        Settled verdict of each judged cause, by (family, node, subject).
    nothing
        A reviewer said that there was no fault, or named a cause that was not proposed.
    """
    said = [verdicts.get(key) for key in slate.keys]
    right = np.array([verdict in RIGHT for verdict in said], dtype=bool)
    rejected = np.array([verdict == REJECTED for verdict in said], dtype=bool)
    if right.any():
        possible = np.append(right, False)
    elif nothing:
        possible = np.append(np.zeros(len(said), dtype=bool), True)
    elif rejected.any():
        possible = np.append(~rejected, True)
    else:
        return None
    return Labelled(incident, slate, possible, right, weight)


@dataclass(frozen=True, slots=True)
class Stack:
    """Many incidents one below the other, for arithmetic over all at once.

    Parameters
    ----------
    start
        (I + 1,) where each incident's candidates begin among the N of all; none of the incidents is empty.
    group
        (N,) which incident a candidate belongs to.
    alone, none, weight
        (N,) heuristic log-odds; (I,) those of none; (I,) weights.
    possible, none_possible
        (N,) and (I,).
    """

    start: NDArray[np.int64]
    group: NDArray[np.int64]
    alone: NDArray[np.float64]
    none: NDArray[np.float64]
    weight: NDArray[np.float64]
    possible: NDArray[np.bool_]
    none_possible: NDArray[np.bool_]


def stack(incidents: Sequence[Labelled]) -> Stack:
    """Return incidents, each with at least one candidate, as one frame."""
    sizes = [len(each.slate.keys) for each in incidents]
    if not all(sizes):
        raise ValueError("an incident without candidates has nothing to learn")
    return Stack(
        start=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        group=np.repeat(np.arange(len(sizes)), sizes),
        alone=np.concatenate([each.slate.alone for each in incidents]),
        none=np.array([each.slate.none for each in incidents]),
        weight=np.array([each.weight for each in incidents]),
        possible=np.concatenate([each.possible[:-1] for each in incidents]),
        none_possible=np.array([each.possible[-1] for each in incidents]),
    )
