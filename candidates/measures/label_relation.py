"""Which columns no longer say anything about the label, though they still move the model's answers."""

import numpy as np

from candidates.measures.laboratory import Laboratory
from candidates.measures.relations import label_slopes
from candidates.measures.sides import Side
from schemas.evidence import FloatArray

CLEAR = 4.0
"""Standard errors from which a slope, or its change, is believed."""
TURNED = 0.3
KEPT = 0.6
"""Share of the others' slopes that must be left."""


def label_loss(lab: Laboratory) -> FloatArray:
    """Return (C,) the share of each column's relation to the label that is gone while the others' stayed."""
    (before, se_before), (after, se_after) = (_slopes(lab, side) for side in (lab.base, lab.window))
    if not np.isfinite(se_before).all() or not np.isfinite(se_after).all():
        return np.zeros(len(before))
    scale = np.where(np.abs(before) > CLEAR * se_before, before, np.nan)
    left = after / scale
    others = np.nanmedian(left) if np.isfinite(left).any() else np.nan
    gone = 1 - left
    sure = np.abs(before - after) / np.sqrt(se_before**2 + se_after**2) > CLEAR
    alone = (others > KEPT) & (left > -TURNED)  # what the label turned against is no accident of a join
    return np.where(np.isfinite(gone) & sure & alone, np.clip(gone, 0, 1), 0.0)


def _slopes(lab: Laboratory, side: Side) -> tuple[FloatArray, FloatArray]:
    """Return the label's slopes on each column's effect, with standard errors."""
    known = np.isfinite(side.label)
    label, classes = side.label[known], side.output.shape[1]
    if classes == 1:
        return label_slopes(lab.effect[:, 0][side.index[known]], label)
    return label_slopes(lab.effect[side.index[known]], np.asarray(label[:, None] == np.arange(classes), dtype=float))
