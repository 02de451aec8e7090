"""How long learning from 5,000 labelled incidents takes, and ranking one incident."""

import time
from collections.abc import Sequence
from dataclasses import replace
from statistics import median
from typing import Any

import numpy as np

from benchmarks.ranker.curve import PLAIN
from rankers.fit import fit
from rankers.model import Model
from rankers.pretrained.cases import Case
from rankers.supervised import explain, rank

INCIDENTS = 5000
REPEATS = 5


def speed(cases: Sequence[Case], model: Model, incidents: int = INCIDENTS) -> dict[str, Any]:
    """Return seconds to learn from so many incidents (the pool's, again and again) and milliseconds to rank one."""
    chosen = np.random.default_rng(0).integers(len(cases), size=incidents)
    labels = [replace(cases[i].truth(), incident=str(place)) for place, i in enumerate(chosen)]
    begin = time.perf_counter()
    fit(labels, PLAIN, version="bench")
    learned = time.perf_counter() - begin
    largest = max(cases, key=lambda case: len(case.proposed.candidates))
    return {
        "incidents": incidents,
        "candidates": sum(len(each.slate.keys) for each in labels),
        "learn_s": learned,
        "rank_ms": median(_milliseconds(rank, model, case) for case in cases[:200]),
        "rank_largest_ms": _milliseconds(rank, model, largest),
        "largest": len(largest.proposed.candidates),
        "explain_ms": median(_milliseconds(explain, model, case) for case in cases[:200]),
    }


def _milliseconds(task: Any, model: Model, case: Case) -> float:
    took = []
    for _ in range(REPEATS):
        begin = time.perf_counter()
        task(model, case.proposed)
        took.append(1000 * (time.perf_counter() - begin))
    return median(took)
