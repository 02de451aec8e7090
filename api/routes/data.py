"""A project's data as a whole: backups, retention, erasure of a subject."""

import json
from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from api.caller import Administers, Caller
from api.keeping import told
from api.routes.jobs import JobState, started
from api.routes.jobs import told as told_job
from api.service import Service
from api.strict_route import StrictRoute
from rca.warehouse.backup import places

router = APIRouter(prefix="/v1/data", tags=["service"], route_class=StrictRoute)
Days = Annotated[int, Field(ge=1, le=36_500)]
JOB: dict[int | str, dict[str, Any]] = {202: {"model": JobState}}


class Backup(BaseModel):
    """A copy of the database, in the folder of backups on the server."""

    name: str = Field(examples=["2026-03-04T120000-1a2b3c"])
    taken_at: str
    bytes: int
    sha256: str
    schema_version: int
    rows: int


class Retention(BaseModel):
    """How many days rows are kept; of what is left out nothing leaves."""

    model_config = ConfigDict(extra="forbid")
    raw_days: Days | None = Field(
        default=None, description="Production rows of models: they stay as counts.", examples=[90]
    )
    spans_days: Days | None = Field(default=None, examples=[14])
    kpis_days: Days | None = Field(default=None, examples=[400])
    keep_open: bool = Field(default=True, description="Keep what open incidents are about, however old.")
    dry_run: bool = Field(default=False, description="Only say what would leave.")


class Subject(BaseModel):
    """Whose rows leave. The name is kept nowhere: not in the job, not in the audit log."""

    model_config = ConfigDict(extra="forbid")
    node: str = Field(min_length=1, max_length=500, examples=["fraud-scorer"])
    column: str = Field(min_length=1, max_length=500, examples=["user_id"])
    value: str = Field(min_length=1, max_length=10_000, examples=["u-123"])
    dry_run: bool = Field(default=False, description="Only say how much would leave.")


@router.post(":backup", responses=JOB, response_model=JobState)
def back_data_up(request: Request, caller: Administers) -> Response:
    """Copy the database at one moment, and check the copy: 202 and the job's place; its result names the backup."""
    return _started(request, caller, "backup", {})


@router.get("/backups")
def list_backups(request: Request, _: Administers) -> list[Backup]:
    """Return the backups that lie in the server's folder, the latest first."""
    folder = request.app.state.service.store.backups
    found = [each for each in sorted(folder.iterdir(), reverse=True) if places(each)[1].is_file()]
    return [Backup(**told(each, json.loads(places(each)[1].read_text(encoding="utf-8")))) for each in found]


@router.post(":retain", responses=JOB, response_model=JobState)
def retain_data(request: Request, caller: Administers, how: Retention) -> Response:
    """Roll old raw rows up: they leave, the counts that answers need stay."""
    return _started(request, caller, "retain", how.model_dump())


@router.post(":erase", status_code=202)
def erase_data(request: Request, response: Response, caller: Administers, subject: Subject) -> JobState:
    """Delete the rows of one subject, and every trace of them in the database."""
    service: Service = request.app.state.service
    parts = subject.model_dump(exclude={"value"}) | {"subject": service.keeping.subject(subject.value)}
    _noted(service, caller, f"erase a subject of {subject.node}")
    job = service.jobs.start("erase", parts, caller.account)
    response.headers["Location"] = f"/v1/jobs/{job.id}"
    return told_job(job)


def _started(request: Request, caller: Caller, kind: str, parameters: dict[str, Any]) -> Response:
    _noted(request.app.state.service, caller, f"{kind} {json.dumps(parameters)}")
    return started(request, caller, kind, parameters)


def _noted(service: Service, caller: Caller, detail: str) -> None:
    service.change(caller, lambda _warehouse: None, detail=detail, status=202)
