"""Which parts of the system moved with the symptom, and what of the symptom nothing else explains."""

import math

import numpy as np

from candidates.measures.columns import MovedColumn, moved_columns
from candidates.measures.following import series_strength
from candidates.measures.influence import bad_share, clip, influence
from candidates.measures.own_time import comparable, own_times, request_time, traced
from candidates.measures.versions import version_share
from schemas.evidence import Evidence, Series
from schemas.incident import RESOURCE_METRICS

MOVED = 4.0
INFLUENCE = 0.02
"""Share of the answers' variation from which a column has influence."""


def operation_series(evidence: Evidence, service: str) -> list[Series]:
    """Return the mean self time of every operation of a service, as series."""
    return [
        Series(node=o.service, metric=f"self_ms of {o.operation}", ts=o.ts, value=o.self_ms, n=o.n)
        for o in evidence.operations or ()
        if o.service == service
    ]


def node_strength(evidence: Evidence, node: str) -> tuple[float, str]:
    """Return how far a node's own series moved with the symptom (robust z-score), and which series.

    The symptom itself says nothing of where it comes from, unless it is a resource, which nobody passes on.
    """
    series = [s for s in evidence.metrics if s.node == node] + operation_series(evidence, node)
    model = evidence.models.get(node)
    series += [s for name, s in model.outputs.items() if name != "rows"] if model else []
    itself = evidence.symptom.incident
    if node == itself.node and itself.metric not in RESOURCE_METRICS:
        series = [s for s in series if s.metric != itself.metric]
    strengths = [(abs(series_strength(s, evidence.symptom)), s.metric) for s in series if np.isfinite(s.value).any()]
    return max(strengths, default=(0.0, "nothing"))


def own_time_share(evidence: Evidence, node: str) -> tuple[float, float]:
    """Return the share of a request's growth that is a service's own time, and how surely it grew."""
    profiles = traced(evidence)
    if not profiles or not comparable(evidence, profiles):
        return 0.0, 0.0
    before, after = request_time(profiles)
    ways = [one for one in own_times(evidence, profiles) if one.node == node and one.ms > 0]
    grown = [one for one in ways if one.strength >= MOVED - 1]
    whole = max(after - before, 0.05 * before, 1e-9)
    return min(1.0, sum(one.ms for one in grown) / whole), max((one.strength for one in grown), default=0.0)


def explained_by_data(evidence: Evidence) -> float:
    """Return the largest share of the symptom that a moved column or a new model version explains."""
    shares = [max(moved.bad, moved.drift) for moved in moved_columns(evidence)]
    shares += [version_share(evidence, node) for node in evidence.models]
    return max(shares, default=0.0)


def undone_by_data(evidence: Evidence) -> float:
    """Return the largest share of the symptom that putting a column back, or the old version, undoes.

    Stricter than `explained_by_data`: that a fault could have done as much, or that a column without influence drifted
    meanwhile, takes nothing from what is seen in some rows and not in others.
    """
    shares = [_undone(moved) for moved in moved_columns(evidence)]
    return max([*shares, *(version_share(evidence, node) for node in evidence.models)], default=0.0)


def _undone(moved: MovedColumn) -> float:
    column = moved.column
    could = bad_share(column)[0]
    did = max(clip(column.repair if math.isfinite(column.repair) else column.redo), clip(column.drop))
    wrong = moved.bad * min(did / could, 1.0) if could > 0 else moved.bad
    return max(wrong, moved.drift * clip(column.importance / INFLUENCE))


def upstream_share(evidence: Evidence, but: str | None = None) -> tuple[float, str]:
    """Return the largest share of a KPI's symptom that an upstream node (`but` one) may carry, and which node."""
    return evidence.once(("upstream_share", but), lambda: _upstream_share(evidence, but))


def _upstream_share(evidence: Evidence, but: str | None) -> tuple[float, str]:
    shares = [(0.0, "no upstream node")]
    for node in sorted(evidence.upstream - {evidence.symptom.incident.node, but}):
        if node in evidence.models:
            shares.append((influence(evidence, node), node))
        else:
            strength = node_strength(evidence, node)[0]
            shares.append((clip((strength - MOVED) / 8.0), node))
    return max(shares)
