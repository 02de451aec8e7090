"""The diagnosis of a model of which only histograms are kept: shares from the sums per bin.

With p, q the labelled share of a bin before and since, r and s its mean loss: the change of the mean loss is the sum of
*mix*, (q - p) r over the bins seen before, and of q (s - r), what the loss rose within bins (since a bin that was never
seen before has no earlier loss, all rows' is taken). Bins that gained no rows say by how much the loss rose where the
column stayed as it was; *drop* is what it rose more where the column gained rows, as wrong values would make it.
"""

from dataclasses import dataclass

import numpy as np

from candidates.measures.distances import shares
from schemas.evidence import BoolArray, ColumnProfile, FloatArray

SEEN = 0.0005
"""Share of the baseline's rows from which a bin counts as seen before."""

GAINED, SURE = 1.25, 3.0
"""Ratio of shares, and standard errors of their difference, from which a bin gained rows."""

FEWEST = 60
"""Fewer labelled rows in bins that gained none do not tell by how much the loss rose there."""


@dataclass(frozen=True, slots=True)
class LossChange:
    """What became of the mean loss, seen along one column.

    Parameters
    ----------
    before, change
        Mean loss of the baseline, and by how much it rose, in the loss's unit.
    mix, drop
        Shares of the change; see the module's docstring. `drop` is 0 where too few rows stayed to tell.
    staying
        Labelled rows since, in bins that gained none.
    within
        (B,) shares of the change that arose within each bin.
    """

    before: float
    change: float
    mix: float
    drop: float
    staying: float
    within: FloatArray


def has_losses(profile: ColumnProfile) -> bool:
    """Return whether the profile carries losses on both sides."""
    return bool(profile.labelled_before.sum() > 0 and profile.labelled_after.sum() > 0)


def _mean(total: FloatArray, count: FloatArray) -> FloatArray:
    return np.divide(total, count, out=np.zeros(len(total)), where=count > 0)


def _gained(p: FloatArray, q: FloatArray, before: float, after: float) -> BoolArray:
    """Return which bins (B,) hold a clearly larger share of the rows than before."""
    error = np.sqrt(p * (1 - p) / before + q * (1 - q) / after)
    return np.asarray(((q > GAINED * p) & (q - p > SURE * error)) | ((p <= SEEN) & (q > 0)))


def loss_change(profile: ColumnProfile) -> LossChange | None:
    """Return what became of the mean loss along one column; None without losses or without a change."""
    if not has_losses(profile):
        return None
    n_before, n_after = float(profile.labelled_before.sum()), float(profile.labelled_after.sum())
    p, q = shares(profile.labelled_before), shares(profile.labelled_after)
    before, after = float(profile.loss_before.sum()) / n_before, float(profile.loss_after.sum()) / n_after
    change = after - before
    if abs(change) < 1e-12:
        return None
    usual = np.where(p > SEEN, _mean(profile.loss_before, profile.labelled_before), before)
    rise = np.where(q > 0, _mean(profile.loss_after, profile.labelled_after) - usual, 0.0)
    gained = _gained(p, q, n_before, n_after)
    staying = float(profile.labelled_after[~gained].sum())
    drop = 0.0
    if staying >= FEWEST and gained.any():
        rest = float((q * rise)[~gained].sum() / q[~gained].sum())
        drop = float((q * (rise - rest))[gained].sum())
    return LossChange(
        before=before,
        change=change,
        mix=float(((q - p) * usual).sum()) / change,
        drop=drop / change,
        staying=staying,
        within=q * rise / change,
    )


def loss_shares(profile: ColumnProfile) -> tuple[float, float]:
    """Return (mix, drop): shares of the change of the mean loss; NaN without losses or without a change."""
    found = loss_change(profile)
    return (found.mix, found.drop) if found else (float("nan"), float("nan"))
