"""Make the small example bundle `examples/card-fraud`, with every kind of file that a bundle can hold.

`python examples/make_card_fraud.py [folder]` writes the same bytes each time. The numbers are made
up: a formula stands for each model, so that a person can follow what happens by hand.
"""

# ruff: noqa: INP001 - a script, not a package

import csv
import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

START = datetime(2026, 3, 1, tzinfo=UTC)
DAYS, ROWS_A_DAY = 12, 30
NEW_EMBEDDER = 5
"""Day on which user-embedder is replaced by a version that behaves the same."""
THRESHOLD = 0.5
FAULT = START + timedelta(days=9, hours=9)
"""From here on payments-feed sends amounts in cents instead of euros."""

SYSTEM = """\
# What the system consists of, and what can break what (an edge runs from cause to effect).
nodes:
  - {id: payments-feed, kind: dataset, owner: payments}
  - {id: user-profile, kind: dataset, owner: crm}
  - id: user-embedder            # its prediction is an input of fraud-scorer: a cascade
    kind: model
    owner: user-ml
    task: regression
  - id: fraud-scorer
    kind: model
    owner: risk-ml
    task: binary
    threshold: 0.5
    columns: {ts: event_time, label: is_fraud}   # the files' own names
    segments: [country]          # to slice by; not an input of the model
  - id: chargeback-forecast      # its raw rows stay elsewhere: histograms only
    kind: model
    owner: finance-ml
    task: regression
  - {id: feature-store, kind: service, owner: platform}
  - {id: scoring-api, kind: service, owner: platform}
  - {id: approval-rate, kind: kpi, owner: business}
edges:
  - {from: payments-feed, to: fraud-scorer, columns: [amount, currency]}
  - {from: user-profile, to: user-embedder, columns: [tenure_days, past_orders]}
  - {from: user-embedder, to: fraud-scorer, columns: [user_score]}
  - {from: payments-feed, to: chargeback-forecast, columns: [amount]}
  - {from: feature-store, to: fraud-scorer}
  - {from: feature-store, to: scoring-api}       # the callee can break its caller
  - {from: fraud-scorer, to: approval-rate}
"""

INCIDENT = {
    "id": "card-fraud-1",
    "node": "fraud-scorer",
    "metric": "prediction_mean",
    "detected_at": "2026-03-12T18:00:00Z",
    "direction": "up",
    "title": "fraud-scorer suspects nearly everybody",
    "severity": "high",
}


def iso(moment: datetime) -> str:
    """Return a time in UTC, to the second."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def sigmoid(x: np.ndarray) -> np.ndarray:
    """Return the logistic function."""
    return 1 / (1 + np.exp(-x))


def write_csv(path: Path, header: list[str], rows: list[list[Any]]) -> None:
    """Write one CSV file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def write_lines(path: Path, records: list[dict[str, Any]]) -> None:
    """Write one JSON Lines file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")


def one_day(day: int, rng: np.random.Generator) -> dict[str, Any]:
    """Return one day's requests: what came in and what both models answered."""
    n = ROWS_A_DAY
    seconds = np.sort(rng.integers(0, 86_400, n))
    moments = [START + timedelta(days=day, seconds=int(s)) for s in seconds]
    tenure, orders = rng.integers(5, 1500, n), rng.poisson(6, n)
    score = np.round(0.4 + tenure / 3000 + orders / 60, 3)
    euros = np.round(rng.lognormal(3.6, 0.7, n), 2)
    risk = sigmoid(-2.2 + 1.4 * np.log(euros / 40) - 2 * (score - 0.8))
    cents = np.array([moment >= FAULT for moment in moments])
    amount = np.where(cents, np.round(euros * 100), euros)
    seen = sigmoid(-2.2 + 1.4 * np.log(amount / 40) - 2 * (score - 0.8))
    return {
        "ts": moments,
        "tenure": tenure,
        "orders": orders,
        "score": score,
        "amount": amount,
        "country": rng.choice(["DE", "FR", "NL"], n, p=[0.5, 0.3, 0.2]),
        "currency": rng.choice(["EUR", "USD"], n, p=[0.9, 0.1]),
        "prediction": np.round(seen, 4),
        "fraud": (rng.random(n) < risk).astype(int),
        "truth_known": [moment < START + timedelta(days=11) for moment in moments],
        "version": "embed-2" if day < NEW_EMBEDDER else "embed-3",
    }


def write_predictions(folder: Path, days: list[dict[str, Any]]) -> None:
    """Write one CSV batch per model and day; the newest labels are not known yet."""
    for number, day in enumerate(days):
        name = f"{(START + timedelta(days=number)).date()}.csv"
        requests = [f"r{number:02d}{i:02d}" for i in range(ROWS_A_DAY)]
        scored = [
            [iso(day["ts"][i]), requests[i], "fraud-7", day["amount"][i], day["currency"][i], day["score"][i],
             day["country"][i], day["prediction"][i], day["fraud"][i] if day["truth_known"][i] else ""]
            for i in range(ROWS_A_DAY)
        ]  # fmt: skip
        header = ["event_time", "request_id", "model_version", "amount", "currency", "user_score", "country",
                  "prediction", "is_fraud"]  # fmt: skip
        write_csv(folder / "predictions" / "fraud-scorer" / name, header, scored)
        embedded = [
            [iso(day["ts"][i]), day["version"], day["tenure"][i], day["orders"][i], day["score"][i]]
            for i in range(ROWS_A_DAY)
        ]
        header = ["ts", "model_version", "tenure_days", "past_orders", "prediction"]
        write_csv(folder / "predictions" / "user-embedder" / name, header, embedded)


def write_histograms(folder: Path, days: list[dict[str, Any]]) -> None:
    """Write chargeback-forecast's daily counts of `amount`; an empty edge is unbounded."""
    edges = [0.0, 20.0, 40.0, 80.0, 160.0, 1000.0]
    header = ["node", "model_version", "column", "window_start", "window_end", "bin_left", "bin_right", "category",
              "count"]  # fmt: skip
    rows = []
    for number, day in enumerate(days):
        begin = START + timedelta(days=number)
        counts = np.histogram(day["amount"], [*edges, np.inf])[0] * 40
        window = ["chargeback-forecast", "cb-1", "amount", iso(begin), iso(begin + timedelta(days=1))]
        for left, right, count in zip(edges, [*edges[1:], ""], counts, strict=True):
            rows.append([*window, left, right, "", int(count)])
    write_csv(folder / "histograms" / "amount.csv", header, rows)


def span(
    trace: int, number: int, name: str, begin: datetime, ms: float, *, parent: int | None = None
) -> dict[str, Any]:
    """Return one span in OTLP/JSON."""
    start = int(begin.timestamp()) * 10**9 + begin.microsecond * 1000
    record = {
        "traceId": f"{trace:032x}",
        "spanId": f"{trace:08x}{number:08x}",
        "name": name,
        "kind": 2,
        "startTimeUnixNano": str(start),
        "endTimeUnixNano": str(start + round(ms * 1e6)),
        "status": {},
    }
    return record if parent is None else record | {"parentSpanId": f"{trace:08x}{parent:08x}"}


def write_traces(folder: Path, rng: np.random.Generator) -> None:
    """Write three traces a day, one ExportTraceServiceRequest a line; latency is healthy throughout."""
    lines = []
    for number in range(DAYS * 3):
        begin = START + timedelta(hours=8 * number + 4)
        own, fetch = 12 + rng.normal(0, 1), 8 + rng.normal(0, 1)
        found = {
            "scoring-api": span(number + 1, 1, "POST /score", begin, own + fetch),
            "feature-store": span(number + 1, 2, "GetFeatures", begin + timedelta(milliseconds=5), fetch, parent=1),
        }
        resources = [
            {
                "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": service}}]},
                "scopeSpans": [{"spans": [one]}],
            }
            for service, one in found.items()
        ]
        lines.append({"resourceSpans": resources})
    write_lines(folder / "traces" / "spans.jsonl", lines)


def write_kpis(folder: Path, days: list[dict[str, Any]], rng: np.random.Generator) -> None:
    """Write the business figure once a day and the API's latency every six hours."""
    rows: list[list[Any]] = []
    for number, day in enumerate(days):
        begin = START + timedelta(days=number)
        rows.append(["approval-rate", "approved", iso(begin), round(float(np.mean(day["prediction"] < THRESHOLD)), 4)])
        for quarter in range(4):
            at = iso(begin + timedelta(hours=6 * quarter))
            rows.append(["scoring-api", "latency_p95", at, round(24 + float(rng.normal(0, 1)), 2)])
    write_csv(folder / "kpis.csv", ["node", "metric", "ts", "value"], rows)


def write_events(folder: Path) -> None:
    """Write what people changed, and the lineage of two nightly jobs."""
    changes = [
        (START + timedelta(days=NEW_EMBEDDER), "user-embedder", "deploy", "deploy embed-3", "embed-2", "embed-3"),
        (FAULT - timedelta(minutes=20), "payments-feed", "data_feed", "new payment provider connected", None, None),
        (FAULT - timedelta(hours=3), "scoring-api", "deploy", "deploy scoring-api 41", "40", "41"),
        (FAULT - timedelta(hours=30), "feature-store", "config", "raise cache lifetime", {"ttl_s": 60}, {"ttl_s": 90}),
    ]
    keys = ("ts", "node", "kind", "title", "before", "after")
    records = [dict(zip(keys, (iso(ts), *rest), strict=True)) for ts, *rest in sorted(changes, key=lambda c: c[0])]
    write_lines(folder / "changes.jsonl", records)
    runs = []
    for number in range(0, DAYS, 3):
        at = START + timedelta(days=number, hours=1)
        for job, source, target in (
            ("load-payments", "kafka/payments", "payments-feed"),
            ("score-fraud", "payments-feed", "fraud-scorer"),
        ):
            runs.append(
                {
                    "eventType": "COMPLETE",
                    "eventTime": iso(at),
                    "run": {"runId": f"00000000-0000-4000-8000-{len(runs):012d}"},
                    "job": {"namespace": "prod", "name": job},
                    "inputs": [{"namespace": "prod", "name": source}],
                    "outputs": [{"namespace": "prod", "name": target}],
                    "producer": "https://example.com/scheduler",
                    "schemaURL": "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent",
                }
            )
    write_lines(folder / "lineage.jsonl", runs)


def make(folder: Path) -> None:
    """Write the whole bundle."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(20260301)
    days = [one_day(day, rng) for day in range(DAYS)]
    (folder / "system.yaml").write_text(SYSTEM, encoding="utf-8")
    (folder / "incident.json").write_text(json.dumps(INCIDENT, indent=2) + "\n", encoding="utf-8")
    write_predictions(folder, days)
    write_histograms(folder, days)
    write_traces(folder, rng)
    write_kpis(folder, days, rng)
    write_events(folder)


if __name__ == "__main__":
    make(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "card-fraud")
