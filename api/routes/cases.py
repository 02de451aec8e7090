"""The case library: what settled incidents turned out to be."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response

from api.caller import Reads
from api.problems import Problem
from api.routes.documents import RESPONSES, Form, written
from api.routes.incidents import named
from rca.cases import case, search_cases
from rca.errors import InputError, UnknownName
from rca.report.case import case_markdown
from rca.report.case import case_page as as_page
from rca.report.page_html import html
from schemas.cases import Case, CaseHit

router = APIRouter(prefix="/v1/cases", tags=["reviews"])


@router.get("")
def list_cases(
    request: Request,
    _: Reads,
    q: Annotated[
        str, Query(max_length=1000, description="Words to look for.", examples=["unit of amount changed"])
    ] = "",
    family: Annotated[str | None, Query(max_length=200, examples=["data_quality"])] = None,
    node: Annotated[
        str | None, Query(max_length=500, description="Of the symptom or the cause.", examples=["payments-feed"])
    ] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 20,
) -> list[CaseHit]:
    """Return the settled incidents that fit, the best first; without words the latest."""
    with request.app.state.service.store.reading() as warehouse:
        return list(search_cases(warehouse, q, family=family, node=node, limit=limit))


@router.get("/{incident}", response_model=Case, responses=RESPONSES)
def get_case(
    request: Request,
    _: Reads,
    incident: Annotated[str, Path(min_length=1, max_length=700, examples=["inc-42"])],
    format: Form = "json",  # noqa: A002
) -> Response:
    """Return a case: symptom, cause, what told it apart, what fixed it, what prevents it."""
    name = named(incident)
    service = request.app.state.service
    with service.store.reading() as warehouse:
        try:
            found = case(warehouse, name, service.now())
        except UnknownName:
            raise
        except InputError as error:
            raise Problem(404, "not-settled", f"{error.what}; a verdict (POST /v1/feedback) settles it") from error
    return written(
        format,
        f"case-{name}",
        found.model_dump(mode="json"),
        lambda: case_markdown(found),
        lambda: html(as_page(found)),
    )
