"""Blame over the dependency graph: an anomaly that an upstream cause explains is its symptom.

Every candidate explains anomalies (`Candidate.explains`); what it explains reaches further along the
edges: a model's changed output is the changed input column of the next model, and a slow service
slows its callers. A candidate whose own anomaly is reached from another one further upstream stands
back by the share that the other explains. A changed function was seen on the same inputs: no input
explains it. Nor do callees explain what of a service's metric is its own, measured given them. Cycles
are followed once.
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
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


def _following(outgoing: Outgoing, anomaly: Anomaly) -> Iterator[Anomaly]:
    """Yield the anomalies that follow at once from another along the declared edges."""
    kind, node = anomaly[0], anomaly[1]
    if kind in ("column", "function"):
        yield ("output", node)
        return
    if kind == "own":
        yield ("metric", node, *anomaly[2:])
        return
    for target, columns in outgoing.get(node, ()):
        if kind == "output":
            yield from (("column", target, column) for column in columns)
        if not columns:
            yield (kind, target, *anomaly[2:])


class _Reach:
    """Which anomalies follow from those that each candidate explains; all candidates in one walk of the graph."""

    def __init__(self, system: System, starts: Sequence[Iterable[Anomaly]]) -> None:
        outgoing = _outgoing(system)
        masks: dict[Anomaly, int] = defaultdict(int)  # a bit for each candidate
        for place, anomalies in enumerate(starts):
            for anomaly in anomalies:
                masks[anomaly] |= 1 << place
        queue = deque(masks)
        waiting = set(masks)
        while queue:
            anomaly = queue.popleft()
            waiting.discard(anomaly)
            mask = masks[anomaly]
            for follower in _following(outgoing, anomaly):
                known = masks.get(follower, 0)
                if known | mask != known:
                    masks[follower] = known | mask
                    if follower not in waiting:
                        waiting.add(follower)
                        queue.append(follower)
        self._masks = masks

    def reaches(self, place: int, anomaly: Anomaly) -> bool:
        """Return whether an anomaly follows from the candidate at a place, or is one of its own."""
        return bool(self._masks.get(anomaly, 0) >> place & 1)


def _later(candidate: Candidate, other: Candidate, slack: timedelta) -> bool:
    """Return whether `other` may have caused `candidate`: it does not clearly start after it."""
    if candidate.onset_high is None or other.onset_low is None:
        return True
    return other.onset_low <= candidate.onset_high + slack


def _slack(symptom: Symptom) -> timedelta:
    """Return how far apart two onsets may be told and still be one: a gradual fault shows sooner in one place."""
    window = (symptom.window.end - symptom.window.start).total_seconds()
    return timedelta(seconds=max(3 * symptom.bucket_seconds, GRADUAL * window))


def _explained(candidate: Candidate, other: Candidate, slack: timedelta) -> float:
    """Return the share of a candidate's anomaly that another one explains, which reaches it."""
    own = candidate.explains[:1]
    if own[0] in other.explains[:1] or not _later(candidate, other, slack):
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
    reach = _Reach(evidence.system, [c.explains for c in candidates])
    path_from = blame_paths(graph, evidence.symptom.incident.node)
    slack = _slack(evidence.symptom)
    out = []
    for i, candidate in enumerate(candidates):
        explained = 0.0
        for j, other in enumerate(candidates):
            if i == j or not candidate.explains or not reach.reaches(j, candidate.explains[0]):
                continue
            cyclic = other.explains[:1] and reach.reaches(i, other.explains[0])
            # one cause may move several parts of one node: a burst of outliers, a changed mix of segments
            apart = other.node != candidate.node or set(candidate.explains[:1]) <= set(other.explains[1:])
            if apart and not cyclic:
                explained = max(explained, _explained(candidate, other, slack))
        path = path_from(candidate.node)
        out.append(Blame(root=1.0 - explained, path=path or (candidate.node,)))
    return out
