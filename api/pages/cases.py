"""The case library and the standard operating procedures."""

from datetime import date, timedelta
from typing import Annotated, Any

from fastapi import Form, Path, Query, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel, Field

from api.caller import Caller
from api.pages.person import Reader, Reviewer
from api.pages.prose import prose
from api.pages.render import page
from api.pages.route import pages
from api.problems import Problem
from api.routes.incidents import Name, named
from api.service import Service
from candidates import families
from rca.cases import case, edit_procedure, history_of, procedure, procedures, search_cases
from rca.errors import Conflict, InputError, UnknownName
from rca.incidents import handled
from schemas.cases import Procedure
from schemas.feedback import LONGEST_NAME

router = pages()

Family = Annotated[str, Path(min_length=1, max_length=200)]
Version = Annotated[int | None, Query(ge=1, le=1_000_000)]

HITS = 50
REVIEWED_AGAIN = timedelta(days=180)
"""What is proposed as the day until which a new version is to be looked at again."""

SKELETON = "## Diagnose\n\n1. \n\n## Confirm\n\n* \n\n## Mitigate\n\n1. \n\n## Prevent\n\n* \n"


class Draft(BaseModel):
    """A version of a procedure as it is being written; `version` is the one that it is made from."""

    title: str = Field(default="", max_length=LONGEST_NAME)
    owner: str = Field(default="", max_length=LONGEST_NAME)
    review_by: str = Field(default="", max_length=40)
    body: str = Field(max_length=200_000)
    version: int = Field(ge=0, le=1_000_000)


@router.get("/cases")
def show_cases(
    request: Request,
    caller: Reader,
    q: Annotated[str, Query(max_length=1000)] = "",
    family: Annotated[str, Query(max_length=200)] = "",
    node: Annotated[str, Query(max_length=500)] = "",
) -> Response:
    """Search the settled incidents."""
    service: Service = request.app.state.service
    with service.store.reading() as warehouse:
        hits = search_cases(warehouse, q, family=family or None, node=node or None, limit=HITS)
    asked = {"q": q, "family": family, "node": node}
    return page(
        request,
        "cases.html",
        here="cases",
        caller=caller,
        hits=hits,
        asked=asked,
        searched=any(asked.values()),
        families=sorted(families()),
    )


@router.get("/cases/{incident}")
def show_case(request: Request, caller: Reader, incident: Name) -> Response:
    """Show what an incident turned out to be."""
    name, service = named(incident), request.app.state.service
    with service.store.reading() as warehouse:
        state = handled(warehouse, name)
        try:
            found = case(warehouse, name, service.now())
        except UnknownName:
            raise
        except InputError as error:
            raise Problem(404, "not-settled", f"{error.what}; a verdict on the incident's page settles it") from error
        manual = {each.family for each in procedures(warehouse, service.now())}
    return page(request, "case.html", here="cases", caller=caller, case=found, state=state, manual=manual)


@router.get("/procedures")
def show_procedures(request: Request, caller: Reader) -> Response:
    """Show the procedure of each family."""
    service: Service = request.app.state.service
    with service.store.reading() as warehouse:
        found = procedures(warehouse, service.now())
    return page(request, "procedures.html", here="cases", caller=caller, procedures=found)


@router.get("/procedures/{family}")
def show_procedure(request: Request, caller: Reader, family: Family, version: Version = None) -> Response:
    """Show a family's procedure, the latest version or an earlier one."""
    service: Service = request.app.state.service
    with service.store.reading() as warehouse:
        found = procedure(warehouse, family, service.now(), version=version)
        versions = history_of(warehouse, family)
    return page(
        request,
        "procedure.html",
        here="cases",
        caller=caller,
        procedure=found,
        text=prose(found.body),
        versions=versions[::-1],
        may=caller.allows("review"),
    )


@router.get("/procedures/{family}/edit")
def show_editor(request: Request, caller: Reviewer, family: Family) -> Response:
    """Show the form in which a version is written."""
    service: Service = request.app.state.service
    latest = _latest(service, family)
    until = (service.now().date() + REVIEWED_AGAIN).isoformat()
    draft = (
        Draft(**latest.model_dump(include={"title", "owner", "body", "version"}), review_by=until)
        if latest
        else Draft(
            title=family.replace("_", " ").capitalize(),
            owner=caller.account,
            review_by=until,
            body=SKELETON,
            version=0,
        )
    )
    return _editor(request, caller, family, draft)


@router.post("/procedures/{family}")
def write_procedure(request: Request, caller: Reviewer, family: Family, draft: Annotated[Draft, Form()]) -> Response:
    """Make a version, if nobody made another meanwhile; what cannot be kept is shown again as it was written."""
    service: Service = request.app.state.service
    try:
        _write(service, caller, family, draft)
    except UnknownName:
        raise
    except (Conflict, InputError) as error:
        overtaken = isinstance(error, Conflict)
        told = {"error": error, "latest": _latest(service, family) if overtaken else None}
        status = 409 if overtaken else 422
        return _editor(request, caller, family, draft, status=status, problem=told)
    return RedirectResponse(f"{request.scope.get('root_path', '')}/procedures/{family}", 303)


def _editor(request: Request, caller: Caller, family: str, draft: Draft, **more: Any) -> Response:
    told = {"problem": None} | more
    return page(request, "procedure_edit.html", here="cases", caller=caller, family=family, draft=draft, **told)


def _write(service: Service, caller: Caller, family: str, draft: Draft) -> None:
    try:
        until = date.fromisoformat(draft.review_by)
    except ValueError as error:
        raise InputError(f"{draft.review_by!r} is no day", mend="write it as 2027-06-01") from error
    now = service.now()
    service.change(
        caller,
        lambda warehouse: edit_procedure(
            warehouse,
            family,
            draft.body.replace("\r\n", "\n"),
            caller.account,
            now,
            review_by=until,
            title=draft.title.strip() or None,
            owner=draft.owner.strip() or None,
            expected_version=draft.version,
        ),
        detail=f"a version of the procedure of {family}",
        status=303,
    )


def _latest(service: Service, family: str) -> Procedure | None:
    with service.store.reading() as warehouse:
        versions = history_of(warehouse, family)
        if not versions and family not in families():
            procedure(warehouse, family, service.now())  # says that there is no such family
    return versions[-1] if versions else None
