"""The page of one incident, and what belongs to it: answers side by side, the raw logs, drafts to take away."""

from typing import Annotated
from uuid import uuid4

from fastapi import Query, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, Field

from api.pages.charts import can_draw
from api.pages.contrasts import contrast, shares
from api.pages.incident_view import OPEN, compared, points_of, view
from api.pages.incidents import as_query, chosen
from api.pages.known import known_graph
from api.pages.person import Reader
from api.pages.render import page, segment
from api.pages.route import pages
from api.routes.incidents import Name, named
from api.whynot import why_not
from candidates import families
from rca.cases.manual import procedures
from rca.errors import InputError
from rca.incidents import handled
from rca.incidents.listing import neighbours
from rca.incidents.weeks import week_of
from rca.report.postmortem import postmortem_html, postmortem_markdown
from rca.review import kept_analysis, similar_incidents
from rca.review.analyses import latest_analysis
from rca.warehouse import Warehouse
from rca.weekly.actions import actions
from rca.weekly.agreement import agreement
from rca.weekly.review import period_of
from schemas.analysis import Analysis
from schemas.feedback import LONGEST_NAME

MESSAGES = {
    "verdict": "Your verdict is kept.",
    "missing": "The missing cause is kept.",
    "no-fault": "Kept: there was no fault.",
    "undo": "Taken back.",
    "ruling": "The ruling is kept; it settles what was disputed.",
    "check": "The result of the check is kept.",
    "note": "The remark is kept.",
    "edit": "The change is kept.",
    "asked": "It is being explained anew; the page shows the answer when it is there.",
}
EXPORT_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
"""A draft carries its own style, and nothing else that acts."""

router = pages()


class Asked(BaseModel):
    """What the address of the page may ask for beside the filter of the list.

    `analysis` is an earlier answer, `why` what is not among the causes, `pick` the node of a missing cause, `said` what
    was just done, `reveal` that others' verdicts are shown before one's own.
    """

    analysis: str | None = Field(default=None, max_length=100)
    why: str = Field(default="", max_length=LONGEST_NAME)
    pick: str = Field(default="", max_length=LONGEST_NAME)
    said: str = Field(default="", max_length=LONGEST_NAME)
    reveal: bool = False


@router.get("/incidents/{incident}")
def show_incident(request: Request, caller: Reader, incident: Name, asked: Annotated[Asked, Query()]) -> Response:
    """Show an incident and all that is known of it."""
    name, service, filters = named(incident), request.app.state.service, chosen(request, caller)
    with service.store.reading() as warehouse:
        shown = view(warehouse, service, caller, name, asked.analysis, reveal=asked.reveal)
        before, behind = neighbours(warehouse, name, filters)
        graph = known_graph(warehouse, service.store.path)
        why = asked.why.strip()
        answer = why_not(warehouse, shown.answer, why, graph) if why and shown.answer else None
        agreed = agreement(warehouse, period_of(week_of(service.now()))) if shown.said.settled else None
        todo = [each for each in actions(warehouse, service.now()) if each.incident == name]
        runbooks = {each.family: each for each in procedures(warehouse, service.now())}
        columns = _columns(warehouse) if shown.answer else []
    return page(
        request,
        "incident.html",
        here="incidents",
        caller=caller,
        view=shown,
        place=f"/incidents/{segment(name)}",
        query=as_query(filters),
        neighbours=(before, behind),
        why=why,
        why_not=answer,
        pick=asked.pick,
        message=MESSAGES.get(asked.said, ""),
        waiting=asked.said == "asked",
        agreed=agreed,
        actions=todo,
        runbooks=runbooks,
        families=sorted(families()),
        columns=columns,
        charts=can_draw(),
        points=points_of(shown.answer),
        fresh=lambda: uuid4().hex,
        open_causes=OPEN,
        now=service.now(),
    )


def _columns(warehouse: Warehouse) -> list[str]:
    rows = warehouse.connection.execute(
        "SELECT DISTINCT column_name FROM prediction_columns WHERE role IN ('feature', 'segment') ORDER BY 1 LIMIT 500"
    ).fetchall()
    return [row[0] for row in rows]


@router.get("/incidents/{incident}/contrast")
def show_contrast(request: Request, caller: Reader, incident: Name, part: Annotated[bool, Query()] = False) -> Response:
    """Show what the raw logs say of the two periods; as `part`, for the page that holds it."""
    name = named(incident)
    with request.app.state.service.store.reading() as warehouse:
        state = handled(warehouse, name)
        answer = kept_analysis(warehouse, incident=name)
        found = contrast(warehouse, answer)
    return page(
        request,
        "contrast_part.html" if part else "contrast.html",
        here="incidents",
        caller=caller,
        state=state,
        answer=answer,
        found=found,
        shares=shares,
        place=f"/incidents/{segment(name)}",
        charts=can_draw(),
    )


@router.get("/incidents/{incident}/similar")
def show_similar(request: Request, caller: Reader, incident: Name, part: Annotated[bool, Query()] = False) -> Response:
    """Show past incidents like this one and what mended them; as `part`, for the page that holds it."""
    name = named(incident)
    with request.app.state.service.store.reading() as warehouse:
        state = handled(warehouse, name)
        found = similar_incidents(warehouse, name) if latest_analysis(warehouse, name) else ()
    return page(
        request,
        "similar_part.html" if part else "similar.html",
        here="incidents",
        caller=caller,
        state=state,
        similar=found,
        place=f"/incidents/{segment(name)}",
    )


@router.get("/incidents/{incident}/compare")
def show_comparison(
    request: Request,
    caller: Reader,
    incident: Name,
    one: Annotated[str, Query(max_length=100)],
    other: Annotated[str, Query(max_length=100)],
) -> Response:
    """Show two answers of an incident side by side."""
    name = named(incident)
    with request.app.state.service.store.reading() as warehouse:
        state = handled(warehouse, name)
        first, second = (_answer(warehouse, name, key) for key in (one, other))
    rows = compared(first, second)
    place = f"/incidents/{segment(name)}"
    return page(
        request,
        "compare.html",
        here="incidents",
        caller=caller,
        state=state,
        answers=(first, second),
        rows=rows,
        place=place,
    )


def _answer(warehouse: Warehouse, incident: str, key: str) -> Analysis:
    found = kept_analysis(warehouse, key)
    if found.incident.id != incident:
        raise InputError(f"the answer {key} is of another incident")
    return found


@router.get("/incidents/{incident}/postmortem.md")
def take_markdown(request: Request, _: Reader, incident: Name) -> Response:
    """Return the draft of a postmortem as Markdown."""
    service, name = request.app.state.service, named(incident)
    with service.store.reading() as warehouse:
        text = postmortem_markdown(warehouse, name, service.now())
    return Response(text, media_type="text/markdown; charset=utf-8", headers=_attached(name, "md"))


@router.get("/incidents/{incident}/postmortem.html")
def take_html(request: Request, _: Reader, incident: Name) -> Response:
    """Return the draft of a postmortem as one HTML page."""
    service, name = request.app.state.service, named(incident)
    with service.store.reading() as warehouse:
        text = postmortem_html(warehouse, name, service.now())
    return HTMLResponse(text, headers={"Content-Security-Policy": EXPORT_POLICY})


def _attached(incident: str, ending: str) -> dict[str, str]:
    plain = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in incident)[:80]
    return {"Content-Disposition": f'attachment; filename="postmortem-{plain}.{ending}"'}
