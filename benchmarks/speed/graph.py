"""Blame in a large dependency graph: services that call services, one symptom, candidates all over its upstream."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import numpy as np

from benchmarks.speed.measure import cpu_seconds
from rca.blame import assign_blame
from rca.graph import build_graph, upstream_of
from schemas.candidate import Candidate
from schemas.evidence import Evidence, Onset, Series, Symptom, Window
from schemas.incident import Incident
from schemas.system import System

START = datetime(2026, 3, 1, tzinfo=UTC)
CANDIDATES = 30


def _symptom(node: str) -> Symptom:
    onset, end = START + timedelta(days=14), START + timedelta(days=17)
    days = np.datetime64("2026-03-01", "us") + np.arange(17) * np.timedelta64(1, "D")
    value = np.repeat([100.0, 300.0], [14, 3])
    return Symptom(
        incident=Incident(id="i", node=node, metric="latency_p95", detected_at=end),
        direction="up",
        baseline=Window(START, onset),
        window=Window(onset, end),
        onset=Onset(onset, onset - timedelta(hours=1), onset + timedelta(hours=1)),
        series=Series(node=node, metric="latency_p95", ts=days, value=value, n=np.ones(17)),
        baseline_value=100.0,
        value=300.0,
        p_value=1e-9,
        z=9.0,
        bucket_seconds=86_400.0,
    )


def blame_in(nodes: int, edges: int) -> dict[str, Any]:
    """Return the CPU seconds that it takes to check the system, to build its graph, and to assign blame."""
    rng = np.random.default_rng(5)
    caller = rng.integers(1, nodes, edges)
    callee = caller - 1 - (rng.random(edges) ** 3 * (caller - 1)).astype(int)  # mostly near, sometimes far upstream
    names = [f"service-{k}" for k in range(nodes)]
    document = {
        "nodes": [{"id": name, "kind": "service"} for name in names],
        "edges": [{"from": names[a], "to": names[b]} for a, b in zip(callee, caller, strict=True)],
    }
    laps = [cpu_seconds()]
    system = System.model_validate(document)
    laps.append(cpu_seconds())
    graph = build_graph(system)
    laps.append(cpu_seconds())
    target = names[-1]
    evidence = Evidence(_symptom(target), system, graph, upstream_of(graph, target), {}, None, (), ())
    places = sorted(evidence.upstream, key=lambda name: int(name.split("-")[1]))
    chosen = [places[int(k)] for k in np.linspace(0, len(places) - 1, CANDIDATES)]
    onset = evidence.symptom.onset
    candidates = [
        Candidate(
            family="latency_component",
            node=node,
            subject="own time",
            impact=0.5,
            strength=9.0,
            specificity=0.9,
            summary="grew",
            onset=onset.at,
            onset_low=onset.low,
            onset_high=onset.high,
            explains=(("metric", node),),
        )
        for node in chosen
    ]
    blame = assign_blame(evidence, candidates)
    laps.append(cpu_seconds())
    took = [round(b - a, 2) for a, b in pairwise(laps)]
    return {
        **dict(zip(("check_s", "graph_s", "blame_s"), took, strict=True)),
        "result": {"upstream": len(evidence.upstream), "longest_path": max(len(one.path) for one in blame)},
    }
