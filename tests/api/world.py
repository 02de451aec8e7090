"""A small system whose feed breaks: what its parts would send, as plain rows, always the same."""

import math
import random
from datetime import UTC, datetime, timedelta
from typing import Any

START = datetime(2026, 3, 2, tzinfo=UTC)
ONSET = datetime(2026, 3, 5, 12, tzinfo=UTC)
END = datetime(2026, 3, 7, tzinfo=UTC)

SYSTEM: dict[str, Any] = {
    "nodes": [
        {"id": "payments-feed", "kind": "dataset", "owner": "data-team"},
        {"id": "fraud-scorer", "kind": "model", "owner": "risk-team", "task": "binary"},
        {"id": "feature-store", "kind": "service"},
        {"id": "gateway", "kind": "service"},
        {"id": "approval-rate", "kind": "kpi"},
    ],
    "edges": [
        {"from": "payments-feed", "to": "fraud-scorer", "columns": ["amount"]},
        {"from": "feature-store", "to": "fraud-scorer"},
        {"from": "fraud-scorer", "to": "approval-rate"},
        {"from": "feature-store", "to": "gateway"},
    ],
}
INCIDENT = {"id": "inc-42", "node": "fraud-scorer", "metric": "auc", "detected_at": END.isoformat(), "title": "AUC"}
CHANGE = {
    "ts": (ONSET - timedelta(minutes=4)).isoformat(),
    "node": "payments-feed",
    "kind": "data_feed",
    "title": "feed v7 sends cents",
    "before": "v6",
    "after": "v7",
}


def predictions(count: int = 6000, seed: int = 7) -> list[dict[str, Any]]:
    """Return what the scorer logs: from ONSET on its feed sends cents instead of euros."""
    draw = random.Random(seed)  # noqa: S311 - no secret
    step = (END - START) / count
    rows = []
    for number in range(count):
        at = START + number * step
        amount = draw.lognormvariate(3.5, 0.8)
        age = draw.uniform(0, 10)
        risk = _sigmoid(1.6 * (math.log(amount) - 3.5) - 0.3 * (age - 5))
        label = int(draw.random() < risk)
        sent = amount * (100 if at >= ONSET and draw.random() < 0.9 else 1)
        rows.append(
            {
                "ts": at.isoformat(),
                "request_id": f"r-{number}",
                "prediction": round(_sigmoid(1.6 * (math.log(sent) - 3.5) - 0.3 * (age - 5)), 4),
                "label": label,
                "amount": round(sent, 2),
                "age": round(age, 2),
                "country": draw.choice(["DE", "FR", "PL"]),
            }
        )
    return rows


def _sigmoid(value: float) -> float:
    return 1 / (1 + math.exp(-value))
