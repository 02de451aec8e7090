"""The causes of an incident one by one: evidence, and why another one is not among them."""

from typing import Annotated

from fastapi import APIRouter, Query, Request

from api.caller import Reads
from api.routes.incidents import Name, named
from api.whynot import WhyNot
from api.whynot import why_not as reasons
from rca.errors import UnknownName
from rca.incidents import handled
from rca.review.analyses import kept_analysis
from schemas.analysis import Analysis, Cause, EvidenceItem

router = APIRouter(prefix="/v1/incidents", tags=["incidents"])


def _answer(request: Request, incident: str) -> Analysis:
    name = named(incident)
    with request.app.state.service.store.reading() as warehouse:
        handled(warehouse, name)
        return kept_analysis(warehouse, incident=name)


@router.get("/{incident}/causes")
def list_causes(request: Request, _: Reads, incident: Name) -> list[Cause]:
    """Return the causes of the latest answer, the most probable first."""
    return list(_answer(request, incident).causes)


@router.get("/{incident}/causes/{rank}")
def get_cause(request: Request, _: Reads, incident: Name, rank: int) -> Cause:
    """Return one cause by its rank."""
    causes = _answer(request, incident).causes
    found = next((cause for cause in causes if cause.rank == rank), None)
    if found is None:
        raise UnknownName("cause", str(rank), [str(cause.rank) for cause in causes])
    return found


@router.get("/{incident}/causes/{rank}/evidence")
def get_evidence(request: Request, caller: Reads, incident: Name, rank: int) -> list[EvidenceItem]:
    """Return the evidence of one cause."""
    return list(get_cause(request, caller, incident, rank).evidence)


@router.get("/{incident}/why-not")
def why_not(
    request: Request,
    _: Reads,
    incident: Name,
    of: Annotated[
        str, Query(min_length=1, max_length=500, description="A family, node or column.", examples=["feature_drift"])
    ],
) -> WhyNot:
    """Say why a family, node or column is not, or not higher, among the causes."""
    answer = _answer(request, incident)
    with request.app.state.service.store.reading() as warehouse:
        return reasons(warehouse, answer, of)
