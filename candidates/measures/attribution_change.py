"""Whether a model began to rest its predictions on other features, and on which.

From logged attributions (SHAP values, say) of two periods or two versions; where none are logged, from the
effects of the additive surrogate, which for an additive model are its SHAP values.

References
----------
Lundberg and Lee, "A Unified Approach to Interpreting Model Predictions", NIPS 2017 (mean |SHAP|); Nigenda et al.,
"Amazon SageMaker Model Monitor", KDD 2022 (NDCG of the ranking, alarm below 0.9); Jaervelin and Kekaelaeinen,
"Cumulated gain-based evaluation of IR techniques", ACM TOIS 20, 2002.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from candidates.measures.surrogate import Surrogate
from schemas.evidence import FloatArray, IntArray

NDCG_ALARM = 0.9
"""Below it SageMaker Clarify reports a violation."""


@dataclass(frozen=True, slots=True)
class AttributionChange:
    """How the features' shares of the mean absolute attribution changed.

    Parameters
    ----------
    features
        Names, in order.
    before, after
        (C,) shares, each summing to 1 (or all 0).
    z
        (C,) change of the share in standard errors between rows, signed; NaN with fewer than two rows on a side.
    ndcg
        How far the new ranking keeps the old one's attributions on top, in (0, 1]; 1 is the same order.
    rank_correlation
        Spearman's, between the two orders of the shares; NaN where all are equal.
    """

    features: tuple[str, ...]
    before: FloatArray
    after: FloatArray
    z: FloatArray
    ndcg: float
    rank_correlation: float

    @property
    def most(self) -> str:
        """The feature whose share moved most."""
        return self.features[int(np.abs(self.after - self.before).argmax())]


def attribution_change(before: Mapping[str, FloatArray], after: Mapping[str, FloatArray]) -> AttributionChange:
    """Compare logged attributions of two periods or versions.

    Parameters
    ----------
    before, after
        Feature -> (N,) and (M,) attributions; rows with a NaN are left out. A feature logged on one side only
        counts as 0 on the other.

    Raises
    ------
    ValueError
        When a side has no feature or no complete row.

    Examples
    --------
    >>> found = attribution_change(
    ...     {"age": np.array([3.0, -3.0]), "income": np.array([1.0, -1.0])},
    ...     {"age": np.array([1.0, -1.0]), "income": np.array([3.0, -3.0])},
    ... )
    >>> found.before.tolist(), found.after.tolist(), round(found.ndcg, 3), found.rank_correlation
    ([0.75, 0.25], [0.25, 0.75], 0.797, -1.0)
    """
    features = tuple(dict.fromkeys((*before, *after)))
    return compare(features, _magnitudes(before, features, "before"), _magnitudes(after, features, "after"))


def surrogate_attributions(surrogate: Surrogate, index: IntArray) -> dict[str, FloatArray]:
    """Return column -> (N,) its effect on each row's prediction: the attributions of an additive model.

    Parameters
    ----------
    index
        (N, C) bins of the rows, from `surrogate.feature_index`.
    """
    return {column: surrogate.effect[index[:, c]] for c, column in enumerate(surrogate.columns)}


def compare(features: tuple[str, ...], before: FloatArray, after: FloatArray) -> AttributionChange:
    """Compare absolute attributions (N, C) and (M, C)."""
    (old, old_error), (new, new_error) = _shares(before), _shares(after)
    error = np.hypot(old_error, new_error)
    z = np.divide(new - old, error, out=np.where(new == old, 0.0, np.copysign(np.inf, new - old)), where=error > 0)
    known = min(len(before), len(after)) >= 2
    return AttributionChange(
        features, old, new, z if known else np.full(len(features), np.nan), ndcg(old, new), rank_correlation(old, new)
    )


def ndcg(before: FloatArray, after: FloatArray) -> float:
    """Return the normalised discounted cumulative gain of the new ranking by the old attributions.

    The sum over ranks i of old(feature at i in the new order) / log2(i + 1), divided by the same of the old order.

    Parameters
    ----------
    before, after
        (C,) attributions, at least 0; equal ones keep their order.
    """
    if not before.any():
        return 1.0
    discount = 1 / np.log2(np.arange(len(before)) + 2)
    found = before[np.argsort(-after, kind="stable")] @ discount
    return float(found / (np.sort(before)[::-1] @ discount))


def rank_correlation(x: FloatArray, y: FloatArray) -> float:
    """Return Spearman's rank correlation, ties sharing their mean rank; NaN where all of one side are equal."""
    a, b = (_ranks(side) - (len(side) + 1) / 2 for side in (x, y))
    length = math.sqrt(float(a @ a) * float(b @ b))
    return float(a @ b) / length if length > 0 else math.nan


def _ranks(x: FloatArray) -> FloatArray:
    _, group, size = np.unique(x, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(size) - (size - 1) / 2)[group])


def _magnitudes(logged: Mapping[str, FloatArray], features: tuple[str, ...], side: str) -> FloatArray:
    if not logged:
        raise ValueError(f"no attributions {side}")
    rows = len(next(iter(logged.values())))
    found = np.abs(np.stack([logged.get(name, np.zeros(rows)) for name in features], axis=1))
    found = found[np.isfinite(found).all(axis=1)]
    if not len(found):
        raise ValueError(f"no row {side} has all of its attributions")
    return found


def _shares(magnitude: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return (C,) shares of the mean magnitudes and their standard errors between rows (the delta method)."""
    mean = magnitude.mean(axis=0)
    total = float(mean.sum())
    if total <= 0:
        return np.zeros_like(mean), np.zeros_like(mean)
    share = mean / total
    pull = (magnitude - share * magnitude.sum(axis=1, keepdims=True)) / total
    rows = len(magnitude)
    return share, np.sqrt((pull**2).sum(axis=0) / (max(rows - 1, 1) * rows))
