"""Weekly reviews: a week in figures, frozen once it is over."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from api.caller import Reads, Reviews
from api.edits import etag, not_modified
from api.routes.documents import RESPONSES, Form, written
from api.service import Service
from api.strict_route import StrictRoute
from rca.errors import UnknownName
from rca.incidents.events import aware
from rca.report.review import review_html, review_markdown
from rca.weekly import due_week, freeze, kept_review, kept_weeks, weekly_review
from schemas.base import UtcTime
from schemas.weekly import WeeklyReview

router = APIRouter(prefix="/v1/reviews", tags=["reviews"], route_class=StrictRoute)
Week = Annotated[str, Path(pattern=r"^(19[7-9]\d|2\d\d\d)-W[0-5]\d$", description="ISO week.", examples=["2026-W47"])]


class KeptWeek(BaseModel):
    """A week whose review was frozen."""

    week: str = Field(examples=["2026-W47"])
    revision: int = Field(description="The latest.", examples=[1])
    made_at: UtcTime


class Kept(BaseModel):
    """The reviews that there are."""

    due: str | None = Field(description="The latest week that is over and was not frozen yet.", examples=["2026-W47"])
    reviews: list[KeptWeek] = Field(description="The latest first.")


class Again(BaseModel):
    """Whether a week that was frozen is to be worked out anew."""

    model_config = ConfigDict(extra="forbid")
    again: bool = Field(default=False, description="Make another revision; the earlier ones stay.")


@router.get("")
def list_reviews(request: Request, _: Reads) -> Kept:
    """Return which weeks were frozen, and which one is due."""
    service: Service = request.app.state.service
    with service.store.reading() as warehouse:
        weeks = [KeptWeek(week=week, revision=n, made_at=aware(at)) for week, n, at in kept_weeks(warehouse)]
        return Kept(due=due_week(warehouse, service.now()), reviews=weeks)


@router.get("/{week}", response_model=WeeklyReview, responses=RESPONSES)
def get_review(
    request: Request,
    _: Reads,
    week: Week,
    revision: Annotated[int | None, Query(ge=1, le=1_000_000, description="An earlier one.")] = None,
    format: Form = "json",  # noqa: A002
) -> Response:
    """Return the review of a week: as it was frozen, or, of one that was not (revision 0), as it is known so far."""
    service: Service = request.app.state.service
    with service.store.reading() as warehouse:
        found = kept_review(warehouse, week, revision)
        if found is None and revision is not None:
            kept = kept_review(warehouse, week)
            raise UnknownName("revision", str(revision), map(str, range(1, (kept.revision if kept else 0) + 1)))
        found = found or weekly_review(warehouse, week, service.now())
    tag = {"ETag": etag(f"{week}.{found.revision}.{format}")} if found.revision else {}
    if tag and not_modified(request, tag["ETag"]):
        return Response(status_code=304, headers=tag)
    review = found
    return written(
        format,
        f"review-{week}",
        review.model_dump(mode="json"),
        lambda: review_markdown(review),
        lambda: review_html(review),
        **tag,
    )


@router.post("/{week}:freeze", status_code=201)
def freeze_review(request: Request, caller: Reviews, week: Week, how: Again | None = None) -> WeeklyReview:
    """Keep the review of a week that is over as it is known now."""
    service: Service = request.app.state.service
    now = service.now()
    made = service.change(
        caller,
        lambda warehouse: freeze(warehouse, week, now, who=caller.account, again=(how or Again()).again),
        detail=f"froze the review of {week}",
        status=201,
    )
    service.told("review.ready", {"week": week, "revision": made.revision})
    return made
