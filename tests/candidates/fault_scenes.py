"""Small systems whose components break in known ways: spans with errors, and metrics by the minute."""

import dataclasses
from collections.abc import Iterable
from datetime import timedelta

import numpy as np

from rca.graph import build_graph, upstream_of
from rca.spans import operation_profiles
from rca.warehouse import Warehouse
from schemas.evidence import Evidence, Onset, Series, Symptom, Window
from schemas.incident import Incident
from schemas.system import System
from tests.rca.spans.traces import BASELINE, BUCKET, T0, WINDOW, Shop, Span, land

SHOP = System.model_validate(
    {
        "nodes": [{"id": name, "kind": "service"} for name in ("web", "cart", "db", "ads")]
        + [{"id": "orders", "kind": "kpi"}],
        "edges": [
            {"from": "db", "to": "cart"},
            {"from": "cart", "to": "web"},
            {"from": "ads", "to": "web"},
            {"from": "web", "to": "orders"},
        ],
    }
)
BUCKETS, FAULT = 60, 40
PERIOD = (
    Window(T0, T0 + timedelta(minutes=FAULT)),
    Window(T0 + timedelta(minutes=FAULT), T0 + timedelta(minutes=BUCKETS)),
)
MINUTES = np.datetime64(T0.replace(tzinfo=None), "us") + np.arange(BUCKETS) * np.timedelta64(60, "s")
LATE = np.arange(BUCKETS) >= FAULT


def noise(name: str, scale: float = 1.0, size: int = BUCKETS) -> np.ndarray:
    return scale * np.random.default_rng(sum(map(ord, name))).normal(size=size)


def series(node: str, metric: str, value: np.ndarray, **dimensions: str) -> Series:
    return Series(node, metric, MINUTES[: len(value)], np.asarray(value, float), np.ones(len(value)), dimensions)


def step(node: str, metric: str, before: float, after: float, *, spread: float = 0.02, since: int = FAULT) -> Series:
    level = np.where(np.arange(BUCKETS) >= since, after, before)
    return series(node, metric, level + noise(node + metric, spread * max(abs(before), 0.05)))


def symptom(node="web", metric="latency_p95", value=(100.0, 200.0), line=None, *, direction="up", periods=PERIOD):
    ts = MINUTES if periods is PERIOD else MINUTES[:30]
    late = ts >= np.datetime64(periods[1].start.replace(tzinfo=None), "us")
    line = (
        np.where(late, value[1], value[0]) + noise("symptom", 0.01 * abs(value[0]), len(ts)) if line is None else line
    )
    start = periods[1].start
    return Symptom(
        incident=Incident(id="i", node=node, metric=metric, detected_at=periods[1].end),
        direction=direction,
        baseline=periods[0],
        window=periods[1],
        onset=Onset(start, start, start + timedelta(minutes=1)),
        series=Series(node, metric, ts, line, np.ones(len(ts))),
        baseline_value=value[0],
        value=value[1],
        p_value=1e-6,
        z=9.0,
        bucket_seconds=BUCKET,
    )


def scene(metrics: Iterable[Series] = (), what: Symptom | None = None, operations=None, changes=()) -> Evidence:
    what = what or symptom()
    graph = build_graph(SHOP)
    near = upstream_of(graph, what.incident.node)
    return Evidence(what, SHOP, graph, near, {}, operations, tuple(metrics), tuple(changes))


def failing(spans: Iterable[Span], fails: dict[str, tuple[float, float]], seed: int = 1) -> list[tuple[Span, str]]:
    """Return the spans with their status; `fails`: span id prefix -> share that fails before and after the fault."""
    rng = np.random.default_rng(seed)
    draw = {}
    out = []
    for span in spans:
        trace, name, now = span[0], span[1], int(span[5] >= 1_200_000)
        rate = next((share[now] for prefix, share in fails.items() if name.startswith(prefix)), 0.0)
        together = draw.setdefault((trace, tuple(sorted(fails))), rng.random())
        out.append((span, "error" if together < rate else "ok"))
    return out


def traced(shop: Shop, fails: dict[str, tuple[float, float]], what: Symptom | None = None, metrics=(), changes=()):
    """Return the evidence of a shop some of whose spans fail (1 web, 2 call cart, 3 cart, 4 call ads, 5 ads, 6 db)."""
    return landed(failing(shop.build(), fails), what, metrics, changes)


def landed(spans: Iterable[tuple[Span, str]], what: Symptom | None = None, metrics=(), changes=()) -> Evidence:
    """Return the evidence of spans with their status."""
    what = what or symptom(metric="errors", value=(0.0, 0.2), periods=(BASELINE, WINDOW))
    spans = list(spans)
    with Warehouse() as warehouse:
        for status in ("ok", "error"):
            some = [span for span, its in spans if its == status]
            if some:
                land(warehouse, some, status)
        profiles = operation_profiles(warehouse, "web", BASELINE, WINDOW, BUCKET)
    return scene(metrics, what, profiles, changes)


def fresh(evidence: Evidence) -> Evidence:
    return dataclasses.replace(evidence, cache={})
