"""Incidents: opened, listed, edited, explained, merged and closed."""

import base64
import binascii
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from api.bulk import idempotency_key
from api.caller import Caller, Reads, Reviews
from api.edits import expected, not_modified
from api.incident_json import current_tag, incident_json
from api.problems import UNUSABLE, Problem
from api.routes.jobs import JobState, started
from api.service import Service
from api.strict_route import StrictRoute
from rca.errors import InputError
from rca.incidents import (
    close,
    edit,
    facets,
    handled,
    incident_page,
    merge,
    note,
    open_incident,
    reopen,
    split,
    split_off,
    timeline,
    verified,
)
from rca.review.analyses import kept_analysis, latest_analyses
from rca.review.similar import similar_incidents
from rca.warehouse import Warehouse
from schemas.analysis import Analysis
from schemas.feedback import NamedCause
from schemas.handling import Facets, HandledIncident, IncidentFilter, IncidentPage, TimelineEntry
from schemas.incident import Incident

router = APIRouter(prefix="/v1/incidents", tags=["incidents"], route_class=StrictRoute)

Name = Annotated[
    str,
    Path(
        min_length=1,
        max_length=500,
        description="Id of the incident; `~` and its base64url where it holds a slash.",
        examples=["inc-42"],
    ),
]
Text = Annotated[str, Field(max_length=2000)]


OPENED: dict[str, Any] = {
    "id": "inc-42",
    "node": "fraud-scorer",
    "metric": "auc",
    "detected_at": "2026-03-04T12:00:00Z",
    "title": "Fraud scorer misses fraud",
    "severity": "high",
}


class NewIncident(Incident):
    """An incident to open."""

    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_extra={"examples": [OPENED]})
    id: str = Field(min_length=1, max_length=500, examples=["inc-42"])
    node: str = Field(
        min_length=1, max_length=500, description="Id of the node whose metric went wrong.", examples=["fraud-scorer"]
    )
    metric: str = Field(
        min_length=1,
        max_length=500,
        description="A model metric, a latency, or a metric name in kpis.parquet.",
        examples=["auc"],
    )
    title: str | None = Field(default=None, max_length=500)
    severity: str | None = Field(default=None, max_length=100)
    owner: str | None = Field(default=None, max_length=200, description="Who handles it; default: who owns the node.")


class Edit(BaseModel):
    """Parts to change; null takes an optional part away."""

    model_config = ConfigDict(extra="forbid")
    title: str | None = Field(default=None, max_length=500)
    severity: str | None = Field(default=None, max_length=100)
    owner: str | None = Field(default=None, max_length=200)
    node: str | None = Field(default=None, max_length=500)
    metric: str | None = Field(default=None, max_length=500)
    direction: Literal["up", "down"] | None = None
    detected_at: str | None = Field(default=None, max_length=50)
    started_at: str | None = Field(default=None, max_length=50)
    ended_at: str | None = Field(default=None, max_length=50)
    baseline: tuple[str, str] | None = None


class Others(BaseModel):
    """Other incidents, and why."""

    incidents: list[Annotated[str, Field(min_length=1, max_length=500)]] = Field(min_length=1, max_length=100)
    comment: Text = ""


class Part(BaseModel):
    """A part of an incident that is to be one of its own."""

    incident: Incident
    comment: Text = ""


class Reason(BaseModel):
    """Why."""

    reason: Text = ""


class Note(BaseModel):
    """A remark."""

    text: str = Field(min_length=1, max_length=2000)


class Check(BaseModel):
    """What came of the check that a cause proposes."""

    step: str = Field(
        min_length=1, max_length=2000, examples=["replay yesterday's requests with amount divided by 100"]
    )
    result: Literal["passed", "failed", "unclear"]
    cause: NamedCause | None = None
    comment: Text = ""


class Asked(BaseModel):
    """How to explain."""

    model_config = ConfigDict(extra="forbid")
    ranker: Literal["auto", "heuristic", "supervised"] = "auto"


class Detail(HandledIncident):
    """An incident with its latest answer."""

    analysis: Analysis | None = Field(description="The latest answer; null: none was made yet.")


class PageAsked(IncidentFilter):
    """Which page of which incidents; one model, for it refuses what it does not know."""

    after: str | None = Field(default=None, max_length=1000, description="The `after` of the page before.")
    limit: int = Field(default=50, ge=1, le=500)


class Similar(BaseModel):
    """A past incident like this one."""

    incident: str
    similarity: float = Field(ge=0, le=1.0000001)
    settled: bool
    findings: list[dict[str, Any]] = Field(description="What was confirmed there, and what mends it.")


def named(incident: str) -> str:
    """Return the id that a path names."""
    if not incident.startswith("~"):
        return incident
    try:
        name = base64.b64decode(incident[1:] + "=" * (-len(incident[1:]) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise Problem(400, UNUSABLE, f"{incident[:60]!r} is no id: after ~ comes base64url of UTF-8") from error
    return name or incident


@router.get("")
def list_incidents(
    request: Request,
    _: Reads,
    asked: Annotated[PageAsked, Query()],
) -> IncidentPage:
    """Return a page of the incidents that fit, the newest first."""
    with request.app.state.service.store.reading() as warehouse:
        return incident_page(warehouse, asked, after=asked.after, limit=asked.limit)


@router.get(":facets")
def list_facets(request: Request, _: Reads, filters: Annotated[IncidentFilter, Query()]) -> Facets:
    """Return what the incidents that fit have, with counts."""
    with request.app.state.service.store.reading() as warehouse:
        return facets(warehouse, filters)


@router.post("", status_code=201)
def create_incident(request: Request, caller: Reviews, new: NewIncident) -> HandledIncident:
    """Open an incident."""
    service: Service = request.app.state.service
    said = new.model_dump(mode="json")
    document = Incident.model_validate({key: value for key, value in said.items() if key != "owner"})

    place = {"Location": f"/v1/incidents/{_path(new.id)}"}
    status, body, headers = service.change_once(
        caller,
        idempotency_key(request),
        said,
        lambda warehouse: open_incident(warehouse, document, caller.account, service.now(), owner=new.owner),
        lambda opened: (201, opened.model_dump(mode="json", by_alias=True), place),
        detail=f"opened {new.id}",
    )
    return JSONResponse(body, status, headers)  # type: ignore[return-value]


def _path(incident: str) -> str:
    plain = all(letter.isalnum() or letter in "-_." for letter in incident) and incident.isascii()
    return incident if plain else "~" + base64.urlsafe_b64encode(incident.encode()).decode().rstrip("=")


@router.get("/{incident}", response_model=Detail)
def get_incident(request: Request, _: Reads, incident: Name) -> Response:
    """Return an incident and its latest answer."""
    name = named(incident)
    tag, told = request.app.state.service.store.remembered(
        ("incident", name), lambda warehouse: incident_json(warehouse, name)
    )
    if not_modified(request, tag):
        return Response(status_code=304, headers={"ETag": tag})
    return Response(told, headers={"ETag": tag}, media_type="application/json")


@dataclass(frozen=True, slots=True)
class Meant:
    """The incident that a request is to change, and the request itself."""

    request: Request
    response: Response
    caller: Caller
    name: str

    def change(self, act: Any, detail: str, *, needs_tag: bool = False, **more: Any) -> HandledIncident:
        """Do something to the incident, and answer with the ETag of what came of it."""
        service: Service = self.request.app.state.service

        def do(warehouse: Warehouse) -> tuple[HandledIncident, str]:
            handled(warehouse, self.name)
            expected(self.request, current_tag(warehouse, self.name), needed=needs_tag)
            result: HandledIncident = act(warehouse, self.name, who=self.caller.account, at=service.now(), **more)
            return result, current_tag(warehouse, self.name)

        result, self.response.headers["ETag"] = service.change(self.caller, do, detail=f"{self.name}: {detail}")
        return result


def meant(request: Request, response: Response, caller: Reviews, incident: Name) -> Meant:
    """Return what a request is to change."""
    return Meant(request, response, caller, named(incident))


Change = Annotated[Meant, Depends(meant)]


@router.patch("/{incident}")
def patch_incident(on: Change, changes: Edit) -> HandledIncident:
    """Change parts of an incident; needs If-Match with the ETag of the version that is edited."""
    told = changes.model_dump(exclude_unset=True)
    return on.change(edit, f"edited {', '.join(told)}", needs_tag=True, changes=told)


@router.post("/{incident}:analyze", responses={202: {"model": JobState}}, response_model=JobState)
def analyze_incident(request: Request, caller: Reviews, incident: Name, asked: Asked | None = None) -> Response:
    """Explain an incident: 202 and the job's place, or with `Prefer: wait=SECONDS` what came of it."""
    name = named(incident)
    with request.app.state.service.store.reading() as warehouse:
        handled(warehouse, name)
    return started(request, caller, "analyze", {"incident": name, "ranker": (asked or Asked()).ranker})


@router.post("/{incident}:merge")
def merge_incidents(on: Change, others: Others) -> HandledIncident:
    """Let other incidents be the same as this one; `:split` undoes it."""
    told = f"merged in {', '.join(others.incidents)}"
    return on.change(merge, told, others=others.incidents, comment=others.comment)


@router.post("/{incident}:split")
def split_incidents(on: Change, others: Others) -> HandledIncident:
    """Take incidents that were merged into this one out again."""
    return on.change(split, f"split {', '.join(others.incidents)}", others=others.incidents, comment=others.comment)


@router.post("/{incident}:split_off", status_code=201)
def split_incident_off(on: Change, part: Part) -> HandledIncident:
    """Open a part of an incident as one of its own (two faults that were taken for one), and return that."""
    on.response.headers["Location"] = f"/v1/incidents/{_path(part.incident.id)}"
    told = f"split {part.incident.id} off"
    return on.change(split_off, told, part=part.incident, comment=part.comment)


@router.post("/{incident}:close")
def close_incident(on: Change, why: Reason) -> HandledIncident:
    """Close an incident."""
    return on.change(close, "closed", reason=why.reason)


@router.post("/{incident}:reopen")
def reopen_incident(on: Change, why: Reason) -> HandledIncident:
    """Open a closed incident again."""
    return on.change(reopen, "opened again", reason=why.reason)


@router.post("/{incident}/notes", status_code=201)
def add_note(on: Change, said: Note) -> HandledIncident:
    """Remark something."""
    return on.change(note, "remarked", text=said.text)


@router.post("/{incident}/checks", status_code=201)
def add_check(on: Change, check: Check) -> HandledIncident:
    """Say what came of a check that a cause proposes."""
    told: dict[str, Any] = {"step": check.step, "result": check.result, "cause": check.cause, "comment": check.comment}
    return on.change(verified, f"checked: {check.result}", **told)


@router.get("/{incident}/timeline")
def get_timeline(request: Request, _: Reads, incident: Name) -> list[TimelineEntry]:
    """Return what happened, in order of time."""
    with request.app.state.service.store.reading() as warehouse:
        return list(timeline(warehouse, named(incident)))


@router.get("/{incident}/analyses")
def list_analyses(request: Request, _: Reads, incident: Name) -> list[dict[str, Any]]:
    """Return the answers that were kept, the latest first."""
    name = named(incident)
    with request.app.state.service.store.reading() as warehouse:
        handled(warehouse, name)
        rows = warehouse.connection.execute(
            """SELECT id, given_at, ranker_kind, ranker_version FROM analyses WHERE incident = ?
               ORDER BY given_at DESC, id""",
            [name],
        ).fetchall()
    return [{"id": key, "given_at": f"{at.isoformat()}Z", "ranker": [kind, version]} for key, at, kind, version in rows]


@router.get("/{incident}/analysis", response_model=Analysis)
def get_analysis(
    request: Request,
    _: Reads,
    incident: Name,
    id: Annotated[str | None, Query(max_length=100)] = None,  # noqa: A002
) -> Response:
    """Return the latest answer, or the one of an id."""
    return Response(_answer(request, incident, id).model_dump_json(), media_type="application/json")


def _answer(request: Request, incident: str, key: str | None = None) -> Analysis:
    name = named(incident)
    with request.app.state.service.store.reading() as warehouse:
        handled(warehouse, name)
        found = kept_analysis(warehouse, key, incident=name)
    if found.incident.id != name:
        raise InputError(f"the answer {key} is of another incident")
    return found


@router.get("/{incident}/ruled-out")
def get_ruled_out(request: Request, _: Reads, incident: Name) -> dict[str, list[dict[str, str]]]:
    """Return which families were ruled out or could not be examined, and why."""
    answer = _answer(request, incident)
    return {
        "ruled_out": [one.model_dump() for one in answer.ruled_out],
        "not_examined": [one.model_dump() for one in answer.not_examined],
    }


@router.get("/{incident}/similar")
def get_similar(
    request: Request, _: Reads, incident: Name, top: Annotated[int, Query(ge=1, le=50)] = 5
) -> list[Similar]:
    """Return past incidents like this one, what they were, and what mends them."""
    name = named(incident)
    with request.app.state.service.store.reading() as warehouse:
        handled(warehouse, name)
        if name not in latest_analyses(warehouse):
            return []
        found = similar_incidents(warehouse, name, top=top)
    return [
        Similar(
            incident=one.incident,
            similarity=min(1.0, one.similarity),
            settled=bool(one.findings),
            findings=one.to_json()["findings"],
        )
        for one in found
    ]
