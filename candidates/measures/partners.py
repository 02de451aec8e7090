"""Which of several columns that lost their relation to each other are the broken ones.

A column that stands beside the wrong rows takes the relation from each column it was related to. Left out of the
question, its partners are to each other, and to the rest, what they were; leave out a partner, and it is still a
stranger.
"""

from collections.abc import Mapping, Sequence

from candidates.measures.laboratory import Laboratory
from candidates.measures.relations import MIN_CORRELATION, correlation
from candidates.measures.what_if import column_of

KEPT, GONE = 0.6, 0.4
"""Share of a correlation from which a relation is kept, and below which it is gone."""


def broken_among(lab: Laboratory, lost: Mapping[str, Sequence[int]]) -> tuple[str, ...]:
    """Return which of some columns are broken, so that the others are related as ever without them.

    None where nothing tells: of two columns related to each other only, either may be.

    Parameters
    ----------
    lost
        The columns that lost their relation to the others, each with its positions among the surrogate's.
    """
    broken: list[str] = []
    left = sorted(lost)
    while len(left) > 1:
        cleared = {name: _cleared(lab, lost, [*broken, name], left) for name in left}
        best = max(left, key=lambda name: len(cleared[name]))
        if not cleared[best]:
            break
        broken.append(best)
        left = [name for name in left if name != best and name not in cleared[best]]
    if broken:
        return (*broken, *left)
    strangers = [name for name in left if _left_of(lab, lost, name, left) < GONE]
    return tuple(strangers) if len(strangers) < len(left) else ()


def _cleared(
    lab: Laboratory, lost: Mapping[str, Sequence[int]], silent: Sequence[str], left: Sequence[str]
) -> set[str]:
    return {name for name in left if name not in silent and 1 / KEPT > _left_of(lab, lost, name, silent) > KEPT}


def _left_of(lab: Laboratory, lost: Mapping[str, Sequence[int]], name: str, silent: Sequence[str]) -> float:
    """Return the share left of a column's relation to the others but `silent` ones; NaN when it had none to them."""
    without = [position for other in silent if other != name for position in lost[other]]
    column = column_of(lab, list(lost[name]), without=without)
    (before, after), (told_before, told_after) = column.effect, column.expected
    held = lab.held_out
    was = correlation(before[held], told_before[held])
    return correlation(after, told_after) / was if was >= MIN_CORRELATION else float("nan")
