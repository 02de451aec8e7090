"""The list of incidents: quick filters, facets, search, and rows that come by themselves."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from fastapi.responses import Response
from pydantic import ValidationError

from api.caller import Caller
from api.edits import etag, not_modified
from api.pages.person import Reader
from api.pages.render import page
from api.pages.route import pages
from rca.errors import InputError
from rca.incidents import facets, incident_page
from rca.incidents.marks import Marks, marks
from rca.review.blind import ENOUGH, wants_second
from rca.warehouse import Warehouse
from schemas.feedback import account
from schemas.handling import FacetCount, IncidentFilter, IncidentRow

router = pages()

FLAGS = ("unreviewed", "disputed", "low_confidence")
FACETS = (("node", "Model or part"), ("owner", "Owner"), ("family", "Cause family"), ("severity", "Severity"))
ROWS = 50
SHOWN_VALUES = 8
"""Values of a facet that are shown at once."""


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the list, as one account may see it."""

    row: IncidentRow
    marks: Marks
    hidden: bool
    """The account is to give its own verdict first."""

    @property
    def state(self) -> tuple[str, str]:
        """Return the review state in words, and its tone."""
        row, wanted = self.row, wants_second(self.row.incident, self.row.severity)
        if self.hidden:
            return "second review, blind", "info"
        if row.disputed:
            return "disputed", "bad"
        if row.outcome == "no_fault":
            return "no fault", "good"
        if row.outcome == "cause" and wanted and len(self.marks.reviewers) < ENOUGH:
            return "1 of 2 reviews", "info"
        if row.outcome == "cause":
            return "settled", "good"
        return ("in review", "info") if row.records else ("unreviewed", "plain")


def chosen(request: Request, caller: Caller) -> IncidentFilter:
    """Return the filter that an address names; what is left empty does not restrict.

    Raises
    ------
    InputError
        When a value cannot be used.
    """
    query = request.query_params
    said: dict[str, Any] = {name: query[name] for name in IncidentFilter.model_fields if query.get(name)}
    said |= {name: True for name in FLAGS if name in said}
    if "mine" in said:
        said["mine"] = caller.account
    try:
        return IncidentFilter.model_validate(said)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise InputError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error


def as_query(filters: IncidentFilter) -> dict[str, Any]:
    """Return a filter as the parts of an address."""
    said = filters.model_dump(exclude_defaults=True)
    return said | {name: "1" for name in (*FLAGS, "mine") if said.get(name)}


def lines(warehouse: Warehouse, caller: Caller, rows: tuple[IncidentRow, ...]) -> list[Line]:
    """Return the rows of a page with their marks; verdicts of others are hidden from who is to judge blind."""
    known = marks(warehouse, [row.incident for row in rows])
    return [Line(row, known[row.incident], hidden_from(row, known[row.incident], caller)) for row in rows]


def hidden_from(row: IncidentRow, known: Marks, caller: Caller) -> bool:
    """Return whether somebody is to judge an incident that others judged already, without knowing how."""
    wanted = wants_second(row.incident, row.severity) and 0 < len(known.reviewers) < ENOUGH
    return wanted and caller.allows("review") and account(caller.account) not in known.reviewers


def without(query: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return the parts of an address without one of them."""
    return {key: value for key, value in query.items() if key != name}


@router.get("/incidents")
def show_incidents(request: Request, caller: Reader) -> Response:
    """Show the incidents that fit."""
    filters, after = chosen(request, caller), request.query_params.get("after")
    service = request.app.state.service
    with service.store.reading() as warehouse:
        found = incident_page(warehouse, filters, after=after, limit=ROWS)
        counts = facets(warehouse, filters)
        shown = lines(warehouse, caller, found.rows)
    query = as_query(filters)
    return page(
        request,
        "incidents.html",
        here="incidents",
        caller=caller,
        found=found,
        lines=shown,
        counts=counts,
        facets=[(name, words, _values(getattr(counts, name))) for name, words in FACETS],
        weeks=[each.value for each in counts.week if each.value],
        filters=filters,
        query=query,
        without=without,
        paged=bool(after),
        now=service.now(),
    )


@router.get("/incidents/rows")
def show_rows(request: Request, caller: Reader) -> Response:
    """Return the first rows alone, for a page that looks for new ones; 304 while they are the same."""
    filters = chosen(request, caller)
    service = request.app.state.service
    with service.store.reading() as warehouse:
        found = incident_page(warehouse, filters, limit=ROWS)
        shown = lines(warehouse, caller, found.rows)
    answer = page(request, "rows.html", lines=shown, query=as_query(filters), found=found)
    tag = etag(hashlib.sha256(bytes(answer.body)).hexdigest()[:32])
    answer.headers["ETag"] = tag
    answer.headers["X-Total"] = str(found.total)
    answer.headers["Cache-Control"] = "private, no-cache"
    return Response(status_code=304, headers={"ETag": tag}) if not_modified(request, tag) else answer


def _values(counts: tuple[FacetCount, ...]) -> list[FacetCount]:
    return [each for each in counts if each.value]
