"""Long work: what is queued, runs and has ended."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from api.bulk import idempotency_key
from api.caller import Caller, Reads
from api.problems import Problem
from api.service import REPLAYED, Service
from rca.live.jobs import Job
from schemas.base import UtcTime

router = APIRouter(prefix="/v1/jobs", tags=["service"])
LONGEST_WAIT_S = 60


class Progress(BaseModel):
    """How far a job is."""

    what: str
    done: int
    of: int


class JobState(BaseModel):
    """One piece of long work."""

    id: str
    kind: str = Field(examples=["analyze"])
    account: str
    parameters: dict[str, Any]
    state: Literal["queued", "running", "done", "failed"]
    made_at: UtcTime
    ended_at: UtcTime | None = None
    result: Any = Field(default=None, description="Of a job that is done.")
    error: str | None = Field(default=None, description="Of a job that failed.")
    progress: Progress | None = None


def told(job: Job) -> JobState:
    """Return a job as the API says it."""
    what = Progress(what=job.progress[0], done=job.progress[1], of=job.progress[2]) if job.progress else None
    return JobState(
        id=job.id,
        kind=job.kind,
        account=job.account,
        parameters=dict(job.parameters),
        state=job.state,
        made_at=job.made_at,
        ended_at=job.ended_at,
        result=job.result,
        error=job.error,
        progress=what,
    )


def started(request: Request, caller: Caller, kind: str, parameters: dict[str, Any]) -> JSONResponse:
    """Start a job and answer 202 with its place, or wait for its end as far as `Prefer: wait=SECONDS` asks.

    The same request under the same idempotency key is told how the job is now.
    """
    service: Service = request.app.state.service
    job, before = service.start_once(caller, idempotency_key(request), kind, parameters)
    wait = _wait(request)
    if wait:
        job = service.jobs.wait(job.id, wait)
    headers = {"Location": f"/v1/jobs/{job.id}"} | (REPLAYED if before else {})
    if job.state == "failed":
        raise Problem(422, "failed", job.error or "the job failed", headers=headers, job=job.id)
    return JSONResponse(told(job).model_dump(mode="json"), 200 if job.state == "done" else 202, headers)


def _wait(request: Request) -> float:
    for preference in request.headers.get("prefer", "").split(","):
        name, _, value = preference.strip().partition("=")
        if name.lower() == "wait" and value.isdigit():
            return float(min(int(value[:6]), LONGEST_WAIT_S))
    return 0.0


@router.get("")
def list_jobs(request: Request, _: Reads, limit: Annotated[int, Query(ge=1, le=200)] = 50) -> list[JobState]:
    """Return the latest jobs."""
    return [told(job) for job in request.app.state.service.jobs.latest(limit)]


@router.get("/{job}")
def get_job(request: Request, _: Reads, job: str) -> JobState:
    """Return a job, with its progress while it runs and its result when it is done."""
    return told(request.app.state.service.jobs.find(job))
