"""Traces of the small shop whose call trees change: children that are missing, new, or fail to be reached."""

import dataclasses
from collections.abc import Iterable

import numpy as np

from rca.spans import operation_profiles
from rca.warehouse import Warehouse
from schemas.evidence import Evidence, Symptom
from tests.candidates.fault_scenes import scene, symptom
from tests.rca.spans.traces import BASELINE, BUCKET, WINDOW, Shop, Span, land

FAULT_MS = 1_200_000
MOMENT_MS = 60_000


def without(spans: Iterable[Span], *ids: str, before: float = 0.0, after: float = 0.0, seed: int = 3) -> list[Span]:
    """Return spans less those with some ids in some traces (1 web, 2 call cart, 3 cart, 4 call ads, 5 ads, 6 db)."""
    rng = np.random.default_rng(seed)
    draw: dict[str, float] = {}
    kept = []
    for span in spans:
        drawn = draw.setdefault(span[0], rng.random())
        if not (span[1][0] in ids and drawn < (after if span[5] >= FAULT_MS else before)):
            kept.append(span)
    return kept


def moment(spans: Iterable[Span]) -> list[Span]:
    """Return the spans with only the last minute before the fault: a baseline too short to learn from."""
    spans = list(spans)
    starts = {trace: start for trace, name, _, _, _, start, _ in spans if name == "1"}
    return [span for span in spans if starts[span[0]] >= FAULT_MS - MOMENT_MS]


def told(spans: Iterable[Span], what: Symptom | None = None) -> Evidence:
    """Return the evidence of some spans."""
    what = what or quiet()
    with Warehouse() as warehouse:
        land(warehouse, spans)
        profiles = operation_profiles(warehouse, "web", BASELINE, WINDOW, BUCKET)
    return scene((), what, profiles)


def quiet(metric: str = "latency_p95") -> Symptom:
    """Return a symptom of which its metric shows nothing."""
    calm = symptom(metric=metric, value=(100.0, 100.0), periods=(BASELINE, WINDOW), direction="down")
    return dataclasses.replace(calm, p_value=0.9, z=0.1)


def loud(metric: str = "latency_p95") -> Symptom:
    """Return a symptom that its metric shows plainly."""
    return symptom(metric=metric, value=(100.0, 200.0), periods=(BASELINE, WINDOW))


def shop(**changed: object) -> list[Span]:
    """Return the spans of the shop."""
    return Shop(**changed).build()  # type: ignore[arg-type]
