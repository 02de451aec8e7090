"""Standard operating procedures: one for each family of causes, in versions."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from api.caller import Reads, Reviews
from api.edits import etag, expected, not_modified
from api.service import Service
from api.strict_route import StrictRoute
from rca.cases import edit_procedure, history_of, procedure, procedures
from rca.errors import UnknownName
from rca.warehouse import Warehouse
from schemas.cases import Procedure

router = APIRouter(prefix="/v1/procedures", tags=["reviews"], route_class=StrictRoute)
Family = Annotated[str, Path(min_length=1, max_length=200, examples=["data_quality"])]
BODY = "## Diagnose\n…\n\n## Confirm\n…\n\n## Mitigate\n…\n\n## Prevent\n…\n"


class NewVersion(BaseModel):
    """A version of a procedure; what is left out stays as it was."""

    model_config = ConfigDict(extra="forbid")
    body: str = Field(
        max_length=200_000,
        description="Markdown with the sections Diagnose, Confirm, Mitigate and Prevent.",
        examples=[BODY],
    )
    review_by: date = Field(description="Until when somebody is to look at it again.", examples=["2027-06-01"])
    title: str | None = Field(default=None, min_length=1, max_length=1000, examples=["Wrong values in a feed"])
    owner: str | None = Field(default=None, min_length=1, max_length=1000, examples=["data-team"])


@router.get("")
def list_procedures(request: Request, _: Reads) -> list[Procedure]:
    """Return the procedure of each family that holds."""
    service: Service = request.app.state.service
    with service.store.reading() as warehouse:
        return list(procedures(warehouse, service.now()))


@router.get("/{family}", response_model=Procedure)
def get_procedure(
    request: Request,
    _: Reads,
    family: Family,
    version: Annotated[int | None, Query(ge=1, le=1_000_000, description="An earlier one.")] = None,
) -> Response:
    """Return a family's procedure, with the ETag that an edit of it names."""
    service: Service = request.app.state.service
    with service.store.reading() as warehouse:
        found = procedure(warehouse, family, service.now(), version=version)
    tag = etag(found.version)
    if not_modified(request, tag):
        return Response(status_code=304, headers={"ETag": tag})
    return Response(found.model_dump_json(), headers={"ETag": tag}, media_type="application/json")


@router.get("/{family}/versions")
def list_versions(request: Request, _: Reads, family: Family) -> list[Procedure]:
    """Return all versions of a family's procedure, the oldest first."""
    with request.app.state.service.store.reading() as warehouse:
        found = history_of(warehouse, family)
        known = {each.family for each in procedures(warehouse, request.app.state.service.now())}
    if not found:
        raise UnknownName("family", family, known)
    return list(found)


@router.put("/{family}")
def put_procedure(request: Request, response: Response, caller: Reviews, family: Family, new: NewVersion) -> Procedure:
    """Make a version of a family's procedure; needs If-Match with the ETag of the one that it is to follow."""
    service: Service = request.app.state.service
    now = service.now()

    def do(warehouse: Warehouse) -> Procedure:
        before = history_of(warehouse, family)
        expected(request, etag(before[-1].version if before else 0))
        more = {"review_by": new.review_by, "title": new.title, "owner": new.owner}
        return edit_procedure(warehouse, family, new.body, caller.account, now, **more)  # type: ignore[arg-type]

    made = service.change(caller, do, detail=f"a version of the procedure of {family}")
    response.headers["ETag"] = etag(made.version)
    return made
