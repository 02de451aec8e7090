"""What a column that stopped would explain if it had gone on: at each time the value that suits the outcomes best.

Nobody knows what a source that stopped would have said. But where it had one value for all rows at a time, what it
withholds is one figure for each time: how the answers of that time would have stood otherwise, all together. The
outcomes say which. That is the most that the column can explain, so it counts only as far as the answers followed it
while it still moved.
"""

from collections.abc import Callable, Mapping

import numpy as np

from candidates.measures.holds import AT_ONCE, Hold
from candidates.measures.laboratory import Laboratory
from candidates.measures.links import link, unlink
from candidates.measures.relations import correlation
from candidates.measures.sides import Side
from schemas.evidence import BoolArray, FloatArray

Way = Callable[[FloatArray, FloatArray, BoolArray], FloatArray]

FEWEST_ROWS, FEWEST_VALUES = 20, 6
"""Fewer rows of a value or a time, or values in the baseline, say nothing."""
FOLLOWED = 0.5
"""Correlation of the answers' level with the column's values in the baseline from which they followed it."""
STEPS = 8


def freed(lab: Laboratory, own: list[int], value: FloatArray, hold: Hold) -> float:
    """Return how much of the metric's change goes away when the column may move again; NaN where nobody can say.

    Parameters
    ----------
    own
        Positions of its keys among the surrogate's.
    value
        (N,) its values in the sampled rows.
    hold
        The value at which it stopped.
    """
    if lab.task == "multiclass" or not lab.needs_label or hold.rows < AT_ONCE:
        return float("nan")
    followed = _followed(lab, own, value[lab.base.row])
    if followed < FOLLOWED:
        return 0.0
    return followed**2 * max(
        _moved_along(lab, lab.window, hold, way) - _moved_along(lab, lab.base, hold, way) for way in WAYS[lab.task]
    )


def _followed(lab: Laboratory, own: list[int], value: FloatArray) -> float:
    """Return how far the answers' level followed the column's values in the baseline, [0, 1].

    Of what the other columns leave of the answers.
    """
    known = np.isfinite(value)
    level, place, rows = np.unique(value[known], return_inverse=True, return_counts=True)
    enough = rows >= FEWEST_ROWS
    if enough.sum() < FEWEST_VALUES:
        return 0.0
    left = lab.base.output[:, 0] - lab.fit[0][:, 0] + lab.effect[lab.base.index[:, own], 0].sum(axis=1)
    said = (np.bincount(place, left[known]) / rows)[enough]
    return abs(correlation(level[enough], said))


def _moved_along(lab: Laboratory, side: Side, hold: Hold, way: Way) -> float:
    """Return how much smaller the metric is when the answers of each time move together to suit their outcomes."""
    time = side.ts.astype("M8[us]").astype(np.int64) // max(int(hold.usual / np.timedelta64(1, "us")), 1)
    suited, known = side.answer.copy(), np.isfinite(side.label)
    for moment in np.unique(time[known]):
        here = time == moment
        if (here & known).sum() >= FEWEST_ROWS:
            suited[here] = way(side.answer[here], side.label[here], known[here])
    return lab.value(side) - lab.value(side, suited)


def _by_odds(answer: FloatArray, label: FloatArray, known: BoolArray) -> FloatArray:
    odds = link(answer, "binary")
    by, wanted = 0.0, float(label[known].mean())
    for _ in range(STEPS):
        said = unlink(odds[known] + by, "binary")
        by += (wanted - float(said.mean())) / max(float((said * (1 - said)).mean()), 1e-3)
        by = float(np.clip(by, -8.0, 8.0))
    return unlink(odds + by, "binary")


def _by_difference(answer: FloatArray, label: FloatArray, known: BoolArray) -> FloatArray:
    return np.asarray(answer + np.median(label[known] - answer[known]))


def _by_ratio(answer: FloatArray, label: FloatArray, known: BoolArray) -> FloatArray:
    whole = float(answer[known].sum())
    return np.asarray(answer * (float(label[known].sum()) / whole)) if whole else answer


WAYS: Mapping[str, tuple[Way, ...]] = {
    "binary": (_by_odds,),
    "regression": (_by_difference, _by_ratio),
    "ranking": (_by_difference,),
}
