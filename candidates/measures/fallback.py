"""Inputs that a model went without, in the share of requests that a component failed.

A store that fails leaves a trace in what is read from it: nulls, or one default value, in several columns at
once, from the same moment on, in about as many rows as requests failed. The wrong values are then the
consequence, and what they explain of the symptom is the component's.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import networkx as nx
import numpy as np

from candidates.measures.broken import Broken
from candidates.measures.clock import within
from candidates.measures.columns import MovedColumn, moved_columns
from candidates.measures.own_latency import in_buckets
from schemas.evidence import ColumnProfile, Evidence, FloatArray, Series

ALIKE, VERY_ALIKE = 1.6, 1.2
"""Within this factor the missing share must match the failing share: of several columns, of one alone."""

TOGETHER = 0.7
"""Least correlation over time of the missing with the failing share."""

FEW = 4


@dataclass(frozen=True, slots=True)
class Fallback:
    """Columns (model, column) that went missing with a component's errors, and the share of the symptom they are."""

    columns: tuple[tuple[str, str], ...]
    share: float
    r: float

    def words(self, node: str) -> str:
        """Return the estimator in words."""
        names = ", ".join(column for _, column in self.columns[:4])
        return f"{names} went missing in as many requests as {node} failed; putting them right undoes {self.share:.0%}"


def fallback(evidence: Evidence, errors: Broken) -> Fallback | None:
    """Return the columns that models went without as a component failed; None when there are none.

    Parameters
    ----------
    errors
        The component's broken error rate or availability.
    """
    rise = errors.rise
    reached = nx.descendants(evidence.graph, errors.node) if errors.node in evidence.graph else set()
    matched = [
        (moved, factor, r)
        for moved in moved_columns(evidence)
        if moved.model.node.id in reached and (found := _missing(evidence, moved.profile, errors, rise))
        for factor, r in [found]
    ]
    if not matched or (len(matched) == 1 and matched[0][1] > VERY_ALIKE):
        return None
    return Fallback(
        columns=tuple(sorted((moved.model.node.id, moved.column.column) for moved, _, _ in matched)),
        share=_joint([moved for moved, _, _ in matched]),
        r=max(r for _, _, r in matched),
    )


def _joint(matched: list[MovedColumn]) -> float:
    """Return what the columns explain together: the sum of the shares of the model where that is largest."""
    by_model: Mapping[str, list[float]] = {moved.model.node.id: [] for moved in matched}
    for moved in matched:
        by_model[moved.model.node.id].append(max(moved.bad, 0.0))
    return min(1.0, max(math.fsum(shares) for shares in by_model.values()))


def _missing(evidence: Evidence, profile: ColumnProfile, errors: Broken, rise: float) -> tuple[float, float] | None:
    """Return by which factor a column's missing share differs from the failing one, and their correlation over time."""
    before, after = (side / max(side.sum(), 1.0) for side in (profile.before, profile.after))
    if rise <= 0 or not len(before):
        return None
    gained = (after - before) / np.maximum(1.0 - before, 1e-9)
    place = int(gained.argmax())
    if gained[place] <= 0:
        return None
    factor = max(float(gained[place]) / rise, rise / float(gained[place]))
    if factor > ALIKE:
        return None
    r = _correlation(evidence, profile, place, errors)
    return (factor, r) if r >= TOGETHER else None


def _correlation(evidence: Evidence, profile: ColumnProfile, place: int, errors: Broken) -> float:
    total = profile.counts.sum(axis=1)
    share = np.divide(profile.counts[:, place], total, out=np.full(len(total), np.nan), where=total > 0)
    failing = _in_profile_buckets(profile, errors)
    inside = within(profile.ts, evidence.symptom.baseline) | within(profile.ts, evidence.symptom.window)
    known = inside & np.isfinite(share) & np.isfinite(failing)
    if known.sum() < FEW or np.ptp(share[known]) == 0 or np.ptp(failing[known]) == 0:
        return 0.0
    return float(np.corrcoef(share[known], failing[known])[0, 1])


def _in_profile_buckets(profile: ColumnProfile, errors: Broken) -> FloatArray:
    """Return the failing share (T,) in the buckets of a column's profile."""
    seconds = float(np.min(np.diff(profile.ts)) / np.timedelta64(1, "s")) if len(profile.ts) > 1 else 1.0
    source = errors.series
    return in_buckets(Series(source.node, source.metric, source.ts, errors.excess, source.n), profile.ts, seconds)
