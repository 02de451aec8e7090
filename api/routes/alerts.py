"""Alertmanager's webhook: alerts open incidents, repeats are grouped, resolution closes."""

from datetime import datetime, timedelta
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from api.caller import Ingests
from api.problems import Problem
from api.strict_route import StrictRoute
from rca.incidents import alerted, close, handled, open_incident, reopen
from rca.ingest.documents import latest_system
from rca.live.alerts import Alert, incident_of
from rca.warehouse import Warehouse
from schemas.base import UtcTime

router = APIRouter(prefix="/v1/alerts", tags=["incidents"], route_class=StrictRoute)
WHO = "alertmanager"
NEVER = timedelta(days=365 * 1000)
"""Alertmanager writes year 1 for an alert that has not ended."""


class OneAlert(BaseModel):
    """One alert of a notification."""

    model_config = ConfigDict(extra="ignore")
    status: str = Field(max_length=50, examples=["firing"])
    labels: dict[str, str] = Field(
        max_length=200, examples=[{"alertname": "AucLow", "node": "fraud-scorer", "metric": "auc"}]
    )
    annotations: dict[str, str] = Field(default_factory=dict, max_length=200)
    starts_at: UtcTime = Field(alias="startsAt")
    ends_at: UtcTime | None = Field(default=None, alias="endsAt")
    fingerprint: str = Field(default="", max_length=200)


class Notification(BaseModel):
    """What Alertmanager posts (webhook version 4)."""

    model_config = ConfigDict(extra="ignore")
    alerts: list[OneAlert] = Field(max_length=1000)


class Taken(BaseModel):
    """What became of the alerts."""

    opened: list[str]
    repeated: list[str]
    closed: list[str]
    unplaced: list[str] = Field(description="Alerts that name no node and metric, with the reason.")


@router.post("/alertmanager")
def post_alertmanager(request: Request, caller: Ingests, notification: Notification) -> Taken:
    """Open an incident for each alert that fires, and close it when the alert is resolved.

    The labels `node` and `metric` say what it is about; without `node`, `service` or `job` do. An alert is the same
    when its fingerprint and its start are.
    """
    service = request.app.state.service
    now = service.now()
    taken: dict[str, list[str]] = {"opened": [], "repeated": [], "closed": [], "unplaced": []}

    def take(warehouse: Warehouse) -> None:
        for one in notification.alerts:
            what, name = _take(warehouse, one, now)
            taken[what].append(name)

    service.change(caller, take, detail=f"{len(notification.alerts)} alerts")
    for incident in taken["opened"]:
        service.jobs.start("analyze", {"incident": incident}, WHO)
    return Taken(**taken)


def _take(warehouse: Warehouse, one: OneAlert, now: datetime) -> tuple[str, str]:
    system = latest_system(warehouse)
    if system is None:
        raise Problem(409, "no-system", "no system is declared yet; PUT it to /v1/system first")
    ended = one.ends_at if one.ends_at and one.ends_at > one.starts_at else None
    alert = Alert(one.labels, one.annotations, one.starts_at, ended, one.fingerprint)
    incident = incident_of(alert, system)
    if isinstance(incident, str):
        return "unplaced", incident
    detail: dict[str, Any] = {"labels": one.labels, "annotations": one.annotations, "status": one.status}
    known = warehouse.connection.execute("SELECT 1 FROM incidents WHERE id = ?", [incident.id]).fetchone()
    if known is None:
        if one.status == "resolved":
            return "unplaced", f"{incident.id}: resolved before it was seen firing"
        open_incident(warehouse, incident, WHO, now, detail=detail)
        return "opened", incident.id
    state = handled(warehouse, incident.id).state
    if one.status == "resolved":
        if state == "open":
            close(warehouse, incident.id, WHO, now, reason="the alert is resolved")
            return "closed", incident.id
        return "repeated", incident.id
    if state == "closed":
        reopen(warehouse, incident.id, WHO, now, reason="the alert fires again")
    alerted(warehouse, incident.id, WHO, now, detail=detail)
    return "repeated", incident.id
