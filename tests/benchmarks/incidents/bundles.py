"""A bundle small enough to know by heart: one model, two feeds, one column that becomes null."""

import json
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import yaml

DAYS, A_DAY, ONSET_DAY = 20, 100, 14
START = datetime(2026, 3, 1)  # noqa: DTZ001 - the logs are UTC without saying so
SYSTEM = {
    "nodes": [
        {"id": "orders-feed", "kind": "dataset"},
        {"id": "people-feed", "kind": "dataset"},
        {"id": "scorer", "kind": "model", "task": "binary"},
    ],
    "edges": [
        {"from": "orders-feed", "to": "scorer", "columns": ["amount", "country"]},
        {"from": "people-feed", "to": "scorer", "columns": ["age"]},
    ],
}
CHANGES = [
    {"ts": "2026-03-05T10:00:00Z", "node": "scorer", "kind": "deploy", "title": "scorer 2", "after": "2"},
    {"ts": "2026-03-14T20:00:00Z", "node": "scorer", "kind": "config", "title": "cache on", "after": {"cache": True}},
]
TRUTH = {
    "causes": [{"family": "data_quality", "node": "orders-feed", "subject": "amount", "mechanism": "null_burst"}],
    "incident": {"node": "scorer", "metric": "accuracy"},
    "readers": {"amount": ["scorer"], "country": ["scorer"], "age": ["scorer"]},
    "table": "shop",
}


def rows(day: int, rng: np.random.Generator) -> dict:
    """Return one day's log; from the onset on half of the amounts are missing, and the answers guesses."""
    amount = rng.gamma(2, 20, A_DAY)
    label = (amount > 35).astype(float)
    hidden = (rng.random(A_DAY) < 0.6) & (day >= ONSET_DAY)
    logged = [None if gone else float(value) for gone, value in zip(hidden, amount, strict=True)]
    return {
        "ts": [START + timedelta(days=day, minutes=14 * i) for i in range(A_DAY)],
        "amount": pa.array(logged, pa.float64()),
        "country": rng.choice(["DE", "FR", "A & B"], A_DAY),
        "age": rng.integers(18, 90, A_DAY).astype(float),
        "prediction": np.where(hidden, 0.5 - 0.4 * label, 0.1 + 0.8 * label),
        "label": label,
    }


def write(folder: Path) -> Path:
    """Write the bundle and its right answer."""
    log = folder / "predictions" / "scorer"
    log.mkdir(parents=True)
    rng = np.random.default_rng(0)
    for day in range(DAYS):
        pq.write_table(pa.table(rows(day, rng)), log / f"{day:02d}.parquet")
    incident = {"id": "i", "node": "scorer", "metric": "accuracy", "detected_at": "2026-03-21T00:00:00Z"}
    (folder / "system.yaml").write_text(yaml.safe_dump(SYSTEM))
    (folder / "incident.json").write_text(json.dumps(incident))
    (folder / "changes.jsonl").write_text("\n".join(map(json.dumps, CHANGES)))
    folder.with_name(folder.name + ".truth.json").write_text(json.dumps(TRUTH))
    return folder
