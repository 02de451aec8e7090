"""Time the list of incidents and the weekly review on many incidents and records of feedback.

Usage: python benchmarks/service/review_scale.py [--incidents 10000] [--records 200000] [--times 40] [--json]

A made-up site of two years: every incident is explained by one of the kept shapes of answers, reviewers say what it was
(mostly what the first cause says), and it is closed. The figures are the median and the 95th percentile over many calls
with different filters and weeks; what is worked out once, after the import, is told beside them.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from rca.incidents import facets, incident_page, refresh, timeline, week_of
from rca.incidents.overview import insert_rows
from rca.review import settled, similar_incidents
from rca.warehouse import Warehouse
from rca.weekly import freeze, weekly_review
from schemas.handling import IncidentFilter

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
DAYS = 730
FAMILIES = ("data_quality", "feature_drift", "model_change", "latency_component", "config_change", "schema_change")
MODELS, FEEDS, COLUMNS, REVIEWERS = 40, 60, 30, 25
CAUSES = 8
MISTAKEN = 0.04
PADDING = 6_000
"""Characters of evidence in each answer: what a real one carries besides."""


def fill(warehouse: Warehouse, incidents: int, records: int) -> None:
    """Fill a database with incidents, answers, feedback and events."""
    random = np.random.default_rng(7)
    warehouse.connection.execute("INSERT INTO systems VALUES ('0', 1, ?)", [json.dumps(_system())])
    ages = np.sort(random.uniform(0, DAYS, incidents))[::-1]
    made = [_incident(random, place, NOW - timedelta(days=float(age))) for place, age in enumerate(ages)]
    with warehouse.transaction():
        for start in range(0, incidents, 1000):
            part = made[start : start + 1000]
            _insert(warehouse, "incidents", [{"id": one["id"], "document": one["document"]} for one in part])
            _insert(warehouse, "analyses", [one["analysis"] for one in part])
            _insert(warehouse, "incident_events", [event for one in part for event in one["events"]])
        said = list(_feedback(random, made, records))
        for start in range(0, len(said), 20_000):
            _insert(warehouse, "feedback", said[start : start + 20_000])


def _insert(warehouse: Warehouse, table: str, rows: list[dict[str, Any]]) -> None:
    insert_rows(warehouse, table, dict.fromkeys(rows[0], "VARCHAR"), rows)


def _system() -> dict[str, Any]:
    models = [{"id": f"model-{n}", "kind": "model", "owner": f"team-{n % 9}"} for n in range(MODELS)]
    feeds = [{"id": f"feed-{n}", "kind": "pipeline", "owner": f"data-{n % 5}"} for n in range(FEEDS)]
    edges = [{"from": f"feed-{n}", "to": f"model-{n % MODELS}"} for n in range(FEEDS)]
    return {"nodes": models + feeds, "edges": edges}


def _incident(random: np.random.Generator, place: int, at: datetime) -> dict[str, Any]:
    name, node = f"inc-{place:06d}", f"model-{random.integers(MODELS)}"
    onset = at - timedelta(hours=float(random.exponential(8)))
    confidences = random.dirichlet(np.geomspace(8, 0.2, CAUSES + 1))
    causes = [
        {
            "rank": rank,
            "family": FAMILIES[int(random.zipf(1.6)) % len(FAMILIES)],
            "node": f"feed-{int(random.zipf(1.3)) % FEEDS}",
            "subject": f"column-{rank}-{int(random.zipf(1.5)) % COLUMNS}",
            "mechanism": None,
            "confidence": float(confidence),
            "impact": float(confidence),
            "summary": f"column moved in {node}",
            "features": {f"feature_{n}": float(random.normal()) for n in range(8)},
            "evidence": [{"kind": "series", "text": "x" * (PADDING // CAUSES)}],
        }
        for rank, confidence in enumerate(np.sort(confidences[:CAUSES])[::-1], start=1)
    ]
    symptom = {"id": name, "node": node, "metric": "auc", "direction": "down", "onset": onset.isoformat()}
    answer = {
        "incident": symptom
        | {name: [onset.isoformat(), at.isoformat()] for name in ("window", "baseline")}
        | {"baseline_value": 0.9, "value": 0.8},
        "causes": causes,
        "none_of_these": float(confidences[CAUSES]),
        "ranker": {"kind": "heuristic", "version": "1"},
    }
    document = {"id": name, "node": node, "metric": "auc", "detected_at": at.isoformat(), "severity": "high"}
    return {
        "id": name,
        "at": at,
        "causes": causes,
        "document": json.dumps(document),
        "analysis": {
            "id": f"{place:032x}",
            "incident": name,
            "given_at": _naive(at),
            "ranker_kind": "heuristic",
            "ranker_version": "1",
            "document": json.dumps(answer),
            "proposed": '{"p_value": 0, "blame": [], "candidates": []}',
        },
        "events": [
            {"incident": name, "noted_at": _naive(moment), "what": what, "who": "ana", "detail": "{}"}
            for what, moment in (("opened", at), ("closed", at + timedelta(hours=float(random.exponential(30)))))
            if moment < NOW
        ],
    }


def _naive(at: datetime) -> str:
    return at.replace(tzinfo=None).isoformat()


def _feedback(random: np.random.Generator, made: list[dict[str, Any]], records: int) -> Iterator[dict[str, Any]]:
    """Yield records: on each incident reviewers mostly agree which of its first causes was right."""
    each = records // len(made)
    for one in made:
        right = min(int(random.geometric(0.7)), CAUSES)
        for n in range(each):
            rank = int(random.integers(1, 5))
            wrong = random.random() < MISTAKEN
            cause = one["causes"][rank - 1]
            verdict = "confirmed" if (rank == right) != wrong else "rejected"
            key = f"{one['id']}-{n}"
            document = {
                "id": key,
                "at": (one["at"] + timedelta(minutes=7.0 * (n + 1))).isoformat(),
                "reviewer": f"reviewer {random.integers(REVIEWERS)}",
                "incident": one["id"],
                "analysis": one["analysis"]["id"],
                "kind": "verdict",
                "cause": {name: cause[name] for name in ("family", "node", "subject")},
                "verdict": verdict,
                "rank": rank,
                "score": cause["confidence"],
            }
            yield {"id": key, "incident": one["id"], "document": json.dumps(document)}


def timed(calls: list[Callable[[], Any]]) -> dict[str, float]:
    """Return median and 95th percentile of the calls' times, in milliseconds."""
    took = []
    for call in calls:
        start = time.perf_counter()
        call()
        took.append(1000 * (time.perf_counter() - start))
    return {"p50_ms": float(np.quantile(took, 0.5)), "p95_ms": float(np.quantile(took, 0.95)), "n": len(took)}


def measure(warehouse: Warehouse, times: int) -> dict[str, Any]:
    """Return the figures."""
    filters = [
        *(IncidentFilter(), IncidentFilter(state="open"), IncidentFilter(disputed=True), IncidentFilter(mine="ana")),
        *(IncidentFilter(family="data_quality", severity="high"), IncidentFilter(text="model-3 column")),
        *(IncidentFilter(week="2026-W30"), IncidentFilter(unreviewed=True), IncidentFilter(owner="team-3")),
    ]
    weeks = [week_of(NOW - timedelta(weeks=1 + n % 50)) for n in range(times)]
    once = time.perf_counter()
    refresh(warehouse)
    once = time.perf_counter() - once
    names = [row.incident for row in incident_page(warehouse, limit=times).rows]
    chosen = [filters[n % len(filters)] for n in range(times)]
    found: dict[str, Any] = {"overview_once_s": once}
    found["list"] = timed([lambda f=f: incident_page(warehouse, f) for f in chosen])
    found["facets"] = timed([lambda f=f: facets(warehouse, f) for f in chosen])
    found["timeline"] = timed([lambda name=name: timeline(warehouse, name) for name in names])
    found["weekly_review"] = timed([lambda w=w: weekly_review(warehouse, w, NOW) for w in weeks])
    freeze(warehouse, weeks[0], NOW)
    found["frozen_review"] = timed([lambda: freeze(warehouse, weeks[0], NOW)] * times)
    found["similar"] = timed([lambda name=name: similar_incidents(warehouse, name) for name in names[:3]])
    found["settled_all"] = timed([lambda: settled(warehouse)])
    return found


def main() -> None:
    """Fill a database, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--incidents", type=int, default=10_000)
    parser.add_argument("--records", type=int, default=200_000)
    parser.add_argument("--times", type=int, default=40)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, Warehouse(Path(folder) / "rca.duckdb") as warehouse:
        warehouse.connection.execute("SET threads = 2")
        fill(warehouse, given.incidents, given.records)
        found = measure(warehouse, given.times)
    if given.json:
        print(json.dumps(found))
        return
    print(f"{given.incidents} incidents, {given.records} records; worked out once: {found['overview_once_s']:.1f} s")
    for name, each in found.items():
        if isinstance(each, dict):
            print(f"{name:14} median {each['p50_ms']:7.1f} ms   p95 {each['p95_ms']:7.1f} ms   n {each['n']}")


if __name__ == "__main__":
    main()
