"""Whether rows with values never seen before are real: their outcomes went where the answers went.

A wrong value moves a model's answers and leaves the outcomes where they are. Where a population moved to values that
the baseline never saw, the answers follow them and so do the outcomes. Reweighting cannot say what that does to the
metric, for there are no such rows to weigh; what the rows themselves show against the others can.
"""

import numpy as np

from candidates.measures.laboratory import Laboratory
from schemas.evidence import FloatArray

LEAST, MOST = 0.3, 0.9
"""Share of the window's rows that must be new; share from which there are no others to compare them with."""
CLEAR = 5.0
"""Standard errors by which the answers, and the outcomes, of new rows must differ from those before."""
CONFIRMED = (0.6, 1.7)
"""How far the outcomes may have moved for one step of the answers."""
ALONE = 0.7
"""Part of the change that new rows are held to make where no others are left."""


def ventured(lab: Laboratory, own: list[int], value: FloatArray | None = None) -> float:
    """Return how much of the metric's change comes with new rows that their outcomes bear out, in its unit.

    NaN where nobody can say: few new rows, no labels, several classes, or outcomes that do not bear them out.

    Parameters
    ----------
    own
        Positions of the column's keys among the surrogate's.
    value
        (N,) its values in the sampled rows, of a number: bins may lump new values with old ones.
    """
    new = np.asarray(lab.unknown[:, own].any(axis=1), dtype=bool)
    if value is not None:
        old, now = value[lab.base.row], value[lab.window.row]
        old = old[np.isfinite(old)]
        new |= (now > old.max(initial=-np.inf)) | (now < old.min(initial=np.inf))
    if lab.task == "multiclass" or not lab.needs_label or new.mean() < LEAST:
        return float("nan")
    before, after = np.isfinite(lab.base.label), np.isfinite(lab.window.label) & new
    if min(before.sum(), after.sum()) < 2:
        return float("nan")
    said, answer_z = _moved(lab.base.answer[before], lab.window.answer[after])
    told, label_z = _moved(lab.base.label[before], lab.window.label[after])
    if min(answer_z, label_z) < CLEAR or not CONFIRMED[0] <= told / said <= CONFIRMED[1]:
        return float("nan")
    if new.mean() > MOST:
        return ALONE * (lab.after - lab.before)
    return lab.after - lab.value(lab.window, keep=~new)


def _moved(before: FloatArray, after: FloatArray) -> tuple[float, float]:
    """Return how far the mean moved, and by how many standard errors."""
    change = float(after.mean() - before.mean())
    error = float(np.sqrt(before.var() / len(before) + after.var() / len(after)))
    return change, abs(change) / max(error, 1e-12)
