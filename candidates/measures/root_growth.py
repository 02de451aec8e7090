"""How a root's metric changed near the symptom's onset: levels before and after, and since when."""

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from candidates.measures.broken import MECHANISM, Broken
from candidates.measures.clock import to_datetime, within
from candidates.measures.component_series import kind_of
from candidates.measures.flow import MOST, Flows, flows
from candidates.measures.growth import Growth
from candidates.measures.metric_roots import MetricRoot, metric_roots
from schemas.evidence import Evidence, FloatArray, Onset, TimeArray

BEGUN, RISEN = 0.25, 0.5
"""Shares of a rise from which on it may have begun, and from which on it has."""


def rises(rows: FloatArray) -> FloatArray:
    """Return the rows near the onset (R - 1,) as shares of the rise above the lower level there."""
    value = rows[1:]
    low = float(min(np.median(rows), rows[:2].mean()))
    high = float(value.max()) - low
    return (value - low) / high if high > 0 else np.zeros_like(value)


def root_onset(ts: TimeArray, rise: FloatArray, seconds: float) -> Onset | None:
    """Return when a rise began: the first bucket with half of it, not before a quarter of it shows."""
    if not (rise >= RISEN).any():
        return None
    at = int((rise >= RISEN).argmax())
    low = max(int((rise >= BEGUN).argmax()) - 1, 0)
    width = np.timedelta64(round(seconds * 1e6), "us")
    return Onset(to_datetime(ts[at]), to_datetime(ts[low]), to_datetime(ts[at] + width))


def root_growth(evidence: Evidence, root: MetricRoot) -> Growth:
    """Return a root's growth near the onset, in its metric's unit (errors for an availability).

    `before` is the level of the rows that have not risen, `after` that of those that have.
    """
    found = flows(evidence)
    rows = found.rows(root.flow) if found else root.rest
    rise = rises(rows)
    risen = rise >= RISEN
    unit = root.flow.calls if root.flow.calls > 0 else 1.0
    level = rows[1:] / unit
    before = float(np.median(level[~risen])) if (~risen).any() else float(rows[0]) / unit
    after = float(np.mean(level[risen])) if risen.any() else before
    onset = _with_the_symptom(evidence, found, rise) if found else None
    return Growth(before, after, root.z, math.erfc(max(root.z, 0.0) / math.sqrt(2)), onset)


def _with_the_symptom(evidence: Evidence, found: Flows, rise: FloatArray) -> Onset | None:
    """Return a root's onset; as early as the symptom's may be if it is no later than the symptom shows in its own rows.

    Who complains says when a period began in which something was wrong, which may be some rows before it shows.
    """
    symptom, ts = evidence.symptom, found.ts[found.near]
    onset = root_onset(ts, rise, found.seconds)
    shown = root_onset(ts, rises(found.rows(found.target)), found.seconds)
    if onset is None or shown is None or onset.low > shown.high:
        return onset
    return replace(onset, low=min(onset.low, symptom.onset.high))


def broken_roots(evidence: Evidence) -> Mapping[str, Broken]:
    """Return node -> its error rate or availability as a broken metric, of every root of failing requests."""
    return evidence.once("broken_roots", lambda: _broken_roots(evidence))


def _broken_roots(evidence: Evidence) -> Mapping[str, Broken]:
    return {root.flow.node: _broken(evidence, root) for root in metric_roots(evidence) if root.flow.kind == "errors"}


def _broken(evidence: Evidence, root: MetricRoot) -> Broken:
    series, growth = root.flow.series, root_growth(evidence, root)
    kind = kind_of(series.metric) or "errors"
    sign = -1.0 if kind == "availability" else 1.0
    excess = sign * np.clip(series.value, -MOST, MOST) - growth.before
    inside = excess[within(series.ts, evidence.symptom.window) & np.isfinite(excess)]
    return Broken(
        node=series.node,
        metric=series.metric,
        kind=kind,
        mechanism=MECHANISM[kind],
        before=sign * growth.before,
        after=sign * growth.after,
        z=root.z,
        rise=float(inside.mean()) if inside.size else 0.0,
        covered=float((inside >= BEGUN * growth.delta).mean()) if inside.size else 0.0,
        onset=growth.onset,
        series=series,
        excess=excess,
        part={},
    )
