"""What reviewers say: records that are only ever added."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from api.bulk import idempotency_key
from api.caller import Reads, Reviews, Trains
from api.service import Service
from api.strict_route import StrictRoute
from rca.errors import UnknownName
from rca.review import adjudicate, history, read_feedback, record, undo
from rca.warehouse import Warehouse
from schemas.feedback import Feedback, FeedbackKind, NamedCause, Verdict

router = APIRouter(prefix="/v1/feedback", tags=["feedback"], route_class=StrictRoute)


class NewFeedback(BaseModel):
    """A record to add; who says it and when is known from the request."""

    model_config = ConfigDict(extra="forbid")
    id: str | None = Field(
        default=None, min_length=1, max_length=64, description="Of the client's own, to send it again."
    )
    reviewer: str | None = Field(default=None, max_length=1000, description="Only without authentication.")
    incident: str = Field(min_length=1, max_length=500, examples=["inc-42"])
    analysis: str | None = Field(default=None, max_length=100)
    kind: FeedbackKind = "verdict"
    cause: NamedCause | None = None
    verdict: Verdict | None = None
    rank: int | None = Field(default=None, ge=1, le=10_000)
    score: float | None = Field(default=None, ge=0, le=1)
    ranker_version: str | None = Field(default=None, max_length=200)
    explored: bool = False
    seconds: float | None = Field(default=None, ge=0, le=1e7)
    opened: bool | None = None
    comment: str = Field(default="", max_length=20_000)


class Undo(BaseModel):
    """Why a record is taken back."""

    reviewer: str | None = Field(default=None, max_length=1000)
    comment: str = Field(default="", max_length=20_000)


class Ruling(BaseModel):
    """What a cause was, whatever was said before; without a cause: there was no fault."""

    model_config = ConfigDict(extra="forbid")
    reviewer: str | None = Field(default=None, max_length=1000)
    incident: str = Field(min_length=1, max_length=500)
    cause: NamedCause | None = None
    verdict: Verdict | None = None
    gold: bool = False
    comment: str = Field(default="", max_length=20_000)


@router.get("")
def list_feedback(
    request: Request,
    _: Reads,
    incident: Annotated[str | None, Query(max_length=500)] = None,
    limit: Annotated[int, Query(ge=1, le=5000)] = 500,
) -> list[Feedback]:
    """Return the latest records, of one incident or of all, in the order in which they were added."""
    with request.app.state.service.store.reading() as warehouse:
        return list(history(warehouse, incident)[-limit:])


@router.post("", status_code=201, response_model=Feedback)
def add_feedback(request: Request, caller: Reviews, said: NewFeedback) -> Any:
    """Say what a cause was, that the right one is missing, or that nothing was wrong."""
    service: Service = request.app.state.service
    parts = said.model_dump(exclude_none=True) | {"reviewer": caller.speaks_as(said.reviewer), "at": service.now()}
    kept = read_feedback(**parts)

    status, body, headers = service.change_once(
        caller,
        idempotency_key(request),
        said.model_dump(mode="json"),
        lambda warehouse: record(warehouse, kept),
        lambda added: (201, added.model_dump(mode="json"), {"Location": f"/v1/feedback/{added.id}"}),
        detail=f"{said.kind} of {said.incident}",
    )
    return JSONResponse(body, status, headers)


@router.post(":adjudicate", status_code=201)
def add_ruling(request: Request, caller: Trains, said: Ruling) -> Feedback:
    """Settle a dispute."""
    service: Service = request.app.state.service
    who = caller.speaks_as(said.reviewer)
    parts: dict[str, Any] = {"cause": said.cause, "verdict": said.verdict, "gold": said.gold, "comment": said.comment}
    return service.change(
        caller,
        lambda warehouse: adjudicate(warehouse, said.incident, who, **parts),
        detail=f"adjudicated {said.incident}",
        status=201,
    )


@router.get("/{record}")
def get_feedback(request: Request, _: Reads, record: str) -> Feedback:
    """Return one record."""
    with request.app.state.service.store.reading() as warehouse:
        return _found(warehouse, record)


@router.post("/{record}:revert", status_code=201)
def revert_feedback(request: Request, caller: Reviews, record: str, why: Undo | None = None) -> Feedback:
    """Take a record of one's own back, by another record that says so."""
    service: Service = request.app.state.service
    why = why or Undo()
    who = caller.speaks_as(why.reviewer)
    return service.change(
        caller,
        lambda warehouse: undo(warehouse, record, who, comment=why.comment),
        detail=f"took {record} back",
        status=201,
    )


def _found(warehouse: Warehouse, key: str) -> Feedback:
    row = warehouse.connection.execute("SELECT document FROM feedback WHERE id = ?", [key]).fetchone()
    if row is None:
        raise UnknownName("record", key, ())
    return Feedback.model_validate_json(row[0])
