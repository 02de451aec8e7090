"""Whether rows with values never seen before are real: their outcomes went where the answers went.

A wrong value moves a model's answers and leaves the outcomes where they are. Where a population moved to values that
the baseline never saw, the answers follow them and so do the outcomes. Reweighting cannot say what that does to the
metric, for there are no such rows to weigh; what the rows themselves show against the window's others can. Where hardly
any others are left all that changed changed in such rows, whatever the reason: then only a column that the model is
known to have read may claim a part of it.
"""

import numpy as np

from candidates.measures.laboratory import Laboratory
from candidates.measures.what_if import beyond_chance
from schemas.evidence import FloatArray

LEAST, OTHERS = 0.3, 50
"""Share of the window's rows that must be new, and the window's other rows below which there are none to compare."""
READ = 0.02
"""Share of the answers' variation that a column must have carried before, for the model to read it."""
CLEAR = 5.0
"""Standard errors by which the answers, and the outcomes, of new rows must differ from those before."""
CONFIRMED = (0.6, 1.7)
"""How far the outcomes may have moved for one step of the answers."""
ALONE = 0.7
"""Part of the change that new rows are held to make where no others are left."""


def ventured(lab: Laboratory, own: list[int], importance: float, value: FloatArray | None = None) -> float:
    """Return how much of the metric's change comes with new rows that their outcomes bear out, in its unit.

    NaN where nobody can say: a column that the model hardly reads, few new rows, no labels, several classes, or
    outcomes that do not bear them out.

    Parameters
    ----------
    own
        Positions of the column's keys among the surrogate's.
    importance
        Share of the answers' variation that the column carried in the baseline, [0, 1].
    value
        (N,) its values in the sampled rows, of a number: bins may lump new values with old ones.
    """
    new = np.asarray(lab.unknown[:, own].any(axis=1), dtype=bool)
    if value is not None:
        old, now = value[lab.base.row], value[lab.window.row]
        old = old[np.isfinite(old)]
        new |= (now > old.max(initial=-np.inf)) | (now < old.min(initial=np.inf))
    if lab.task == "multiclass" or not lab.needs_label or new.mean() < LEAST or importance < READ:
        return float("nan")
    before, after = np.isfinite(lab.base.label), np.isfinite(lab.window.label) & new
    if min(before.sum(), after.sum()) < 2:
        return float("nan")
    said, answer_z = _moved(lab.base.answer[before], lab.window.answer[after])
    told, label_z = _moved(lab.base.label[before], lab.window.label[after])
    if min(answer_z, label_z) < CLEAR or not CONFIRMED[0] <= told / said <= CONFIRMED[1]:
        return float("nan")
    if (~new & lab.window.usable(needs_label=True)).sum() < OTHERS:
        return ALONE * (lab.after - lab.before)
    return beyond_chance(lab, new)


def _moved(before: FloatArray, after: FloatArray) -> tuple[float, float]:
    """Return how far the mean moved, and by how many standard errors."""
    change = float(after.mean() - before.mean())
    error = float(np.sqrt(before.var() / len(before) + after.var() / len(after)))
    return change, abs(change) / max(error, 1e-12)
