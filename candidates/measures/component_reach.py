"""What a component's trouble reaches, and which of several troubled components are proposed."""

from collections.abc import Collection, Iterable

import networkx as nx

from schemas.candidate import Candidate
from schemas.evidence import Evidence
from schemas.incident import LATENCY_METRICS

SPREADING = frozenset({*LATENCY_METRICS, "errors", "availability"})
"""Metrics of a component that its callers' same metrics follow."""

MOST, PLAIN = 5, 12.0
"""Candidates proposed at most; strength beyond which more of it says nothing about which comes first."""


def reached_nodes(evidence: Evidence, node: str) -> frozenset[str]:
    """Return a node and all that wait for it."""
    return frozenset({node} | (nx.descendants(evidence.graph, node) if node in evidence.graph else set()))


def reached_metrics(evidence: Evidence, node: str, metrics: Collection[str]) -> set[tuple[str, ...]]:
    """Return the recorded anomalies, in some metrics, of a node and of all that wait for it."""
    reached = reached_nodes(evidence, node)
    return {("metric", s.node, s.metric) for s in evidence.metrics if s.metric in metrics and s.node in reached}


def most_telling(candidates: Iterable[Candidate]) -> tuple[Candidate, ...]:
    """Return the candidates that explain most and are surest, `MOST` at most; ties by name."""
    order = sorted(candidates, key=lambda one: (-one.impact * min(one.strength, PLAIN), one.node, one.subject or ""))
    return tuple(order[:MOST])
