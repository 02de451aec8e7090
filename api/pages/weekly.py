"""The weekly review: which weeks there are, and one of them as it was frozen."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import Form, Path, Query, Request
from fastapi.responses import RedirectResponse, Response

from api.pages.palette import Spec, dressed
from api.pages.person import Reader, Reviewer
from api.pages.pictures import Picture, ink_of, picture
from api.pages.render import page
from api.pages.route import pages
from api.pages.specs import Look
from api.service import Service
from rca.errors import UnknownName
from rca.incidents import week_of, week_start
from rca.incidents.events import aware
from rca.report.review import headline
from rca.report.review_charts import review_chart
from rca.warehouse import Warehouse
from rca.weekly import due_week, freeze, kept_review, kept_weeks, weekly_review
from rca.weekly.names import named_incidents
from schemas.weekly import WeeklyReview

router = pages()

Week = Annotated[str, Path(pattern=r"^(19[7-9]\d|2\d\d\d)-W[0-5]\d$")]
Revision = Annotated[int | None, Query(ge=1, le=1_000_000)]

LISTED = 26
"""Weeks of the list; the older ones are linked."""

MOST_ROWS = 60
"""Incidents of the week that are listed with their titles."""

FRESH = timedelta(seconds=30)
"""How long a review that is not frozen is shown before it is worked out again."""

NARROW = 400
ASPECTS = ("family", "component", "owner", "pipeline")


@dataclass
class Latest:
    """The review of a week that is not frozen, as it was worked out last: page and charts ask for it at once."""

    key: tuple[Any, ...] = ()
    review: WeeklyReview | None = None

    def get(self, warehouse: Warehouse, key: tuple[Any, ...], week: str, now: datetime) -> WeeklyReview:
        """Return the review of a week, at most so old as `FRESH`."""
        if self.review is None or self.key != key or not timedelta() <= now - self.review.made_at < FRESH:
            self.review, self.key = weekly_review(warehouse, week, now), key
        return self.review


_LATEST = Latest()


def shown(service: Service, warehouse: Warehouse, week: str, revision: int | None) -> WeeklyReview:
    """Return the review of a week: a revision that was frozen, else what is known so far.

    Raises
    ------
    UnknownName
        When there is no such revision.
    """
    found = kept_review(warehouse, week, revision)
    if found is None and revision is not None:
        kept = kept_review(warehouse, week)
        raise UnknownName("revision", str(revision), map(str, range(1, (kept.revision if kept else 0) + 1)))
    return found or _LATEST.get(warehouse, (str(service.store.path), week), week, service.now())


@router.get("/reviews")
def show_reviews(
    request: Request, caller: Reader, before: Annotated[str | None, Query(max_length=10)] = None
) -> Response:
    """Show which weeks were reviewed."""
    service: Service = request.app.state.service
    now = service.now()
    with service.store.reading() as warehouse:
        kept = [each for each in kept_weeks(warehouse) if before is None or each[0] < before]
        found = [kept_review(warehouse, week) for week, *_ in kept[:LISTED]]
        due = due_week(warehouse, now)
    reviews = [(each, aware(at)) for each, (_, _, at) in zip(found, kept, strict=False) if each]
    more = kept[LISTED - 1][0] if len(kept) > LISTED else None
    return page(
        request,
        "reviews.html",
        here="reviews",
        caller=caller,
        reviews=reviews,
        due=due,
        current=week_of(now),
        more=more,
        paged=bool(before),
        may=caller.allows("review"),
    )


@router.get("/reviews/{week}")
def show_review(request: Request, caller: Reader, week: Week, revision: Revision = None) -> Response:
    """Show the review of a week."""
    service: Service = request.app.state.service
    now = service.now()
    with service.store.reading() as warehouse:
        review = shown(service, warehouse, week, revision)
        latest = kept_review(warehouse, week) if revision else review
        listed = review.incidents[:MOST_ROWS]
        known = named_incidents(warehouse, listed)
    start = week_start(week)
    following = week_of(start + timedelta(weeks=1))
    return page(
        request,
        "review.html",
        here="reviews",
        caller=caller,
        review=review,
        headline=headline(review).partition(": ")[2],
        latest=latest.revision if latest else 0,
        before=week_of(start - timedelta(weeks=1)),
        after=following if week_start(following) <= now else None,
        rows=[(name, known.get(name)) for name in listed],
        over=now >= review.end,
        may=caller.allows("review"),
        paretos=[each for each in review.pareto if each.bars],
        query={"revision": review.revision} if review.revision else {},
    )


@router.get("/reviews/{week}/charts/{chart}.svg")
def show_review_chart(
    request: Request,
    _: Reader,
    how: Picture,
    week: Week,
    chart: Annotated[str, Path(max_length=40)],
    revision: Revision = None,
) -> Response:
    """Draw one chart of a review."""
    service: Service = request.app.state.service
    with service.store.reading() as warehouse:
        review = shown(service, warehouse, week, revision)
    key = (str(service.store.path), week, review.revision, review.made_at, chart)
    return picture(key, how, lambda look: chart_spec(review, chart, look))


def chart_spec(review: WeeklyReview, chart: str, look: Look) -> Spec | None:
    """Return one chart of a review in the look of the pages."""
    found = review_chart(review, chart, ink_of(look.palette))
    if found is None:
        return None
    pareto = chart.startswith("pareto-")
    width = look.width - (170 if pareto else 70)
    return dressed(found | {"width": width / 2 if pareto and look.width > NARROW else width}, look.palette)


@router.post("/reviews/{week}/freeze")
def freeze_week(
    request: Request, caller: Reviewer, week: Week, again: Annotated[str, Form(max_length=10)] = ""
) -> RedirectResponse:
    """Keep the review of a week that is over as it is known now."""
    service: Service = request.app.state.service
    now = service.now()
    made = service.change(
        caller,
        lambda warehouse: freeze(warehouse, week, now, who=caller.account, again=bool(again)),
        detail=f"froze the review of {week}",
        status=303,
    )
    service.told("review.ready", {"week": week, "revision": made.revision})
    return RedirectResponse(f"{request.scope.get('root_path', '')}/reviews/{week}", 303)
