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


def broken_among(lab: Laboratory, lost: Mapping[str, Sequence[int]], unasked: Sequence[int] = ()) -> tuple[str, ...]:
    """Return which of some columns are broken, so that the others are related as ever without them.

    None where nothing tells: of two columns related to each other only, either may be.

    Parameters
    ----------
    lost
        The columns that lost their relation to the others, each with its positions among the surrogate's.
    unasked
        Positions of columns that bear no witness.
    """
    broken: list[str] = []
    left = sorted(lost)

    def relation_left(name: str, silent: Sequence[str]) -> float:
        without = [*unasked, *(position for other in silent if other != name for position in lost[other])]
        return _share_left(lab, list(lost[name]), without)

    def cleared_by(name: str) -> set[str]:
        others = (other for other in left if other != name)
        return {other for other in others if 1 / KEPT > relation_left(other, [*broken, name]) > KEPT}

    while len(left) > 1:
        cleared = {name: cleared_by(name) for name in left}
        best = max(left, key=lambda name: len(cleared[name]))
        if not cleared[best]:
            break
        broken.append(best)
        left = [name for name in left if name != best and name not in cleared[best]]
    if broken:
        return (*broken, *left)
    strangers = [name for name in left if relation_left(name, left) < GONE]
    return tuple(strangers) if len(strangers) < len(left) else ()


def _share_left(lab: Laboratory, own: list[int], without: Sequence[int]) -> float:
    """Return the share left of a column's relation to the others but some; NaN when it had none to them."""
    column = column_of(lab, own, without=without)
    (before, after), (told_before, told_after) = column.effect, column.expected
    held = lab.held_out
    was = correlation(before[held], told_before[held], lab.like_window)
    return correlation(after, told_after) / was if was >= MIN_CORRELATION else float("nan")
