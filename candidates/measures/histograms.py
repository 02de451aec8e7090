"""The diagnosis of a model of which only histograms are kept: shares from the sums per bin.

With p, q the labelled share of a bin before and since, and r its mean loss: *mix* is
sum of (q - p) r_before over the bins seen before; *drop* compares the loss in bins never seen before
with the loss of the window's other rows, since there is no earlier loss to compare with.
"""

import numpy as np

from candidates.measures.distances import shares
from schemas.evidence import ColumnProfile, FloatArray

SEEN = 0.0005
"""Share of the baseline's rows from which a bin counts as seen before."""


def has_losses(profile: ColumnProfile) -> bool:
    """Return whether the profile carries losses on both sides."""
    return bool(profile.labelled_before.sum() > 0 and profile.labelled_after.sum() > 0)


def _mean(total: FloatArray, count: FloatArray) -> FloatArray:
    return np.divide(total, count, out=np.zeros(len(total)), where=count > 0)


def loss_shares(profile: ColumnProfile) -> tuple[float, float]:
    """Return (mix, drop): shares of the change of the mean loss; NaN without losses or without a change."""
    nothing = (float("nan"), float("nan"))
    if not has_losses(profile):
        return nothing
    p, q = shares(profile.labelled_before), shares(profile.labelled_after)
    before = float(profile.loss_before.sum() / profile.labelled_before.sum())
    after = float(profile.loss_after.sum() / profile.labelled_after.sum())
    change = after - before
    if abs(change) < 1e-12:
        return nothing
    seen = p > SEEN
    mix = float(((q - p) * _mean(profile.loss_before, profile.labelled_before))[seen].sum())
    mix += before * float(q[~seen].sum() - p[~seen].sum())
    rest = profile.labelled_after[seen].sum()
    drop = after - float(profile.loss_after[seen].sum() / rest) if rest > 0 and (~seen & (q > 0)).any() else 0.0
    return mix / change, drop / change
