"""A site whose incidents and verdicts are made by hand, week after week."""

import json
from datetime import UTC, datetime, timedelta

from rca.incidents import close, open_incident
from rca.review import keep_analysis, record
from rca.warehouse import Warehouse
from schemas.feedback import Feedback, NamedCause
from schemas.incident import Incident
from tests.rca.review.conftest import of_incident, proposed_of

MONDAY = datetime(2026, 11, 16, tzinfo=UTC)
"""Of 2026-W47."""

AFTER = MONDAY + timedelta(weeks=1, hours=9)

SYSTEM = {
    "nodes": [
        {"id": "load-payments", "kind": "pipeline", "owner": "data"},
        {"id": "payments-feed", "kind": "dataset", "owner": "payments"},
        {"id": "fraud-scorer", "kind": "model", "owner": "risk"},
        {"id": "churn-scorer", "kind": "model", "owner": "growth"},
    ],
    "edges": [
        {"from": "load-payments", "to": "payments-feed"},
        {"from": "payments-feed", "to": "fraud-scorer"},
        {"from": "payments-feed", "to": "churn-scorer"},
    ],
}


def open_site() -> Warehouse:
    """Return a database with the system."""
    warehouse = Warehouse()
    warehouse.connection.execute("INSERT INTO systems VALUES ('0', 1, ?)", [json.dumps(SYSTEM)])
    return warehouse


def happen(
    warehouse: Warehouse,
    name: str,
    at: datetime,
    *,
    node: str = "fraud-scorer",
    cause: str | None = None,
    explained: bool = True,
    closed: float | None = None,
    who: str = "ana",
    severity: str | None = None,
) -> None:
    """Let an incident happen.

    Parameters
    ----------
    cause
        Subject of the settled cause on payments-feed; '-' for no fault; None: nobody says anything.
    explained
        Whether an answer of it is kept, whose first cause is `amount`.
    closed
        Hours after which it is closed.
    """
    open_incident(
        warehouse,
        Incident(
            id=name,
            node=node,
            metric="auc",
            detected_at=at,
            started_at=at - timedelta(hours=3),
            severity=severity,
        ),
        "monitor",
        at,
    )
    if explained:
        answer = of_incident(name)
        answer = answer.model_copy(update={"incident": answer.incident.model_copy(update={"node": node})})
        keep_analysis(warehouse, answer, proposed_of(answer), at=at)
    if cause is not None:
        judge(warehouse, name, at + timedelta(hours=2), cause, who)
    if closed is not None:
        close(warehouse, name, "ana", at + timedelta(hours=closed))


def judge(warehouse: Warehouse, name: str, at: datetime, cause: str, who: str = "ana") -> None:
    """Say what an incident was."""
    parts = {"id": f"{name}-{who}", "reviewer": who, "incident": name, "at": at}
    if cause == "-":
        record(warehouse, Feedback(kind="no_fault", **parts))
        return
    named = NamedCause(family="data_quality", node="payments-feed", subject=cause)
    if cause == "amount":
        record(warehouse, Feedback(cause=named, verdict="confirmed", **parts))
    else:
        record(warehouse, Feedback(kind="missing", cause=named, **parts))
