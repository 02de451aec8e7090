"""Blame over the dependency graph: an anomaly that an upstream cause explains is its symptom.

Every candidate explains anomalies (`Candidate.explains`); what it explains reaches further along the
edges: a model's changed output is the changed input column of the next model, and a slow service
slows its callers. A candidate whose own anomaly is reached from another one further upstream stands
back by the share that the other explains. A changed function was seen on the same inputs: no input
explains it. Nor do callees explain what of a service's metric is its own, measured given them. Cycles
are followed once.
"""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import networkx as nx

from rca.graph import blame_paths
from schemas.candidate import Candidate
from schemas.evidence import Evidence, Symptom
from schemas.system import System

Anomaly = tuple[str, ...]
GRADUAL = 0.15
"""Share of the window by which onsets of one gradual fault may differ."""


@dataclass(frozen=True, slots=True)
class Blame:
    """`root`: share of the candidate's anomaly that nothing upstream explains, [0, 1]; `path` to the symptom."""

    root: float
    path: tuple[str, ...]


Outgoing = Mapping[str, Sequence[tuple[str, tuple[str, ...]]]]
"""Node -> (target, columns) of its declared edges."""


def _outgoing(system: System) -> Outgoing:
    outgoing: dict[str, list[tuple[str, tuple[str, ...]]]] = {}
    for edge in system.edges:
        outgoing.setdefault(edge.source, []).append((edge.target, edge.columns))
    return outgoing


def _reached(outgoing: Outgoing, starts: Iterable[Anomaly]) -> frozenset[Anomaly]:
    """Return the anomalies that follow from some others along the declared edges."""
    seen: set[Anomaly] = set()
    queue = deque(starts)
    while queue:
        anomaly = queue.popleft()
        if anomaly in seen:
            continue
        seen.add(anomaly)
        kind, node = anomaly[0], anomaly[1]
        if kind in ("column", "function"):
            queue.append(("output", node))
            continue
        if kind == "own":
            queue.append(("metric", node, *anomaly[2:]))
            continue
        for target, columns in outgoing.get(node, ()):
            if kind == "output":
                queue.extend(("column", target, column) for column in columns)
            if not columns:
                queue.append((kind, target, *anomaly[2:]))
    return frozenset(seen)


def _later(candidate: Candidate, other: Candidate, slack: timedelta) -> bool:
    """Return whether `other` may have caused `candidate`: it does not clearly start after it."""
    if candidate.onset_high is None or other.onset_low is None:
        return True
    return other.onset_low <= candidate.onset_high + slack


def _slack(symptom: Symptom) -> timedelta:
    """Return how far apart two onsets may be told and still be one: a gradual fault shows sooner in one place."""
    window = (symptom.window.end - symptom.window.start).total_seconds()
    return timedelta(seconds=max(3 * symptom.bucket_seconds, GRADUAL * window))


def _explained(candidate: Candidate, reached: frozenset[Anomaly], other: Candidate, slack: timedelta) -> float:
    own = candidate.explains[:1]
    if not own or own[0] not in reached or own[0] in other.explains[:1] or not _later(candidate, other, slack):
        return 0.0
    if candidate.impact <= 0:
        return 0.0
    # shares of the symptom compete already; only a cause that explains about as much, or more, takes over
    ratio = other.impact / candidate.impact
    # what a cause itself brought about it explains more surely than what it reaches over the graph
    share = 1.5 * ratio - 0.25 if own[0] in other.explains[1:] and other.explains[0][0] == "burst" else 2 * ratio - 1
    return min(1.0, max(0.0, share))


def assign_blame(evidence: Evidence, candidates: Sequence[Candidate]) -> list[Blame]:
    """Return each candidate's blame, in their order."""
    graph: nx.DiGraph[str] = evidence.graph
    outgoing = _outgoing(evidence.system)
    reached = [_reached(outgoing, c.explains) for c in candidates]
    path_from = blame_paths(graph, evidence.symptom.incident.node)
    slack = _slack(evidence.symptom)
    out = []
    for i, candidate in enumerate(candidates):
        explained = 0.0
        for j, other in enumerate(candidates):
            cyclic = other.explains[:1] and other.explains[0] in reached[i]
            # one cause may move several parts of one node: a burst of outliers, a changed mix of segments
            apart = other.node != candidate.node or set(candidate.explains[:1]) <= set(other.explains[1:])
            if i != j and apart and not cyclic:
                explained = max(explained, _explained(candidate, reached[j], other, slack))
        path = path_from(candidate.node)
        out.append(Blame(root=1.0 - explained, path=path or (candidate.node,)))
    return out
