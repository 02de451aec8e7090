"""The weekly review, worked out, and frozen."""

import json
from datetime import datetime, timedelta

from rca.errors import Conflict, InputError
from rca.incidents import refresh, week_of, week_start
from rca.incidents.events import aware, naive
from rca.ingest.documents import latest_system
from rca.warehouse import Warehouse
from rca.weekly.actions import actions
from rca.weekly.agreement import agreement
from rca.weekly.charting import rate_chart
from rca.weekly.clusters import clusters, recurred
from rca.weekly.figures import paretos, ranker_weeks, week_figures
from rca.weekly.frame import Period, rows
from schemas.weekly import WeekFigures, WeeklyReview

TREND = 26
"""Weeks of the trend."""

RECURRENCE = timedelta(days=90)
"""The same confirmed cause within it is a recurrence."""

FEW = 10
"""Settled incidents below which rates say little."""


def period_of(week: str) -> Period:
    """Return the week, the 90 days that end with it, and the weeks of its trend.

    Raises
    ------
    InputError
        When it is not the name of a week.
    """
    start = week_start(week)
    end = start + timedelta(weeks=1)
    first = end - timedelta(weeks=TREND)
    weeks = tuple(week_of(first + timedelta(weeks=number)) for number in range(TREND))
    return Period(week, start, end, end - RECURRENCE, first, weeks)


def last_week(now: datetime) -> str:
    """Return the latest week that is over."""
    return week_of(now - timedelta(weeks=1))


def weekly_review(warehouse: Warehouse, week: str, now: datetime, *, who: str = "") -> WeeklyReview:
    """Work the review of a week out from all that is known now; nothing is kept.

    Raises
    ------
    InputError
        When it is not the name of a week, or the week has not begun.
    """
    period = period_of(week)
    if now < period.start:
        raise InputError(f"{week} has not begun", mend=f"the latest week that is over is {last_week(now)}")
    refresh(warehouse)
    figures = week_figures(warehouse, period)
    first, still_open, incidents = _extent(warehouse, period)
    ranker, quality = ranker_weeks(warehouse, period)
    counts = {name: each.incidents for name, each in figures.items()}
    review = WeeklyReview(
        week=week,
        start=period.start,
        end=period.end,
        made_at=now,
        made_by=who,
        this=figures[week],
        last=figures[period.weeks[-2]],
        trend=tuple(figures[name] for name in period.weeks),
        still_open=still_open,
        pareto=paretos(warehouse, period, latest_system(warehouse)),
        recurred=recurred(warehouse, period),
        clusters=clusters(warehouse, period),
        ranker=ranker,
        quality=quality,
        agreement=agreement(warehouse, period),
        actions=actions(warehouse, now),
        chart=rate_chart(period.weeks, counts, week_of(aware(first)) if first else None),
        incidents=incidents,
    )
    return review.model_copy(update={"notes": _notes(review, now)})


def freeze(warehouse: Warehouse, week: str, now: datetime, *, who: str = "", again: bool = False) -> WeeklyReview:
    """Return the kept review of a week; the first time, and with `again`, work it out and keep it.

    Parameters
    ----------
    again
        Make another revision; the earlier ones stay.

    Raises
    ------
    InputError
        When the week is not over yet.
    """
    kept = kept_review(warehouse, week)
    if kept is not None and not again:
        return kept
    if now < period_of(week).end:
        raise InputError(f"{week} is not over", mend="a review is frozen when its week has ended")
    made = weekly_review(warehouse, week, now, who=who)
    review = made.model_copy(update={"revision": kept.revision + 1 if kept else 1})
    document = json.dumps(review.model_dump(mode="json"), allow_nan=False)
    row = warehouse.connection.execute(
        "INSERT INTO reviews VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING revision",
        [week, review.revision, naive(now), who, document],
    ).fetchone()
    if row is None:
        raise Conflict(f"the review of {week} was frozen by another meanwhile", mend="read that one")
    return review


def kept_review(warehouse: Warehouse, week: str, revision: int | None = None) -> WeeklyReview | None:
    """Return a revision of a week's review as it was frozen, the latest unless one is named; None without."""
    week_start(week)
    row = warehouse.connection.execute(
        "SELECT document FROM reviews WHERE week = ? AND (? IS NULL OR revision = ?) ORDER BY revision DESC LIMIT 1",
        [week, revision, revision],
    ).fetchone()
    return WeeklyReview.model_validate_json(row[0]) if row else None


def current_review(warehouse: Warehouse, week: str, now: datetime, *, who: str = "") -> WeeklyReview:
    """Return the frozen review of a week that is over, and of one that is not what is known so far."""
    over = now >= period_of(week).end
    return freeze(warehouse, week, now, who=who) if over else weekly_review(warehouse, week, now, who=who)


def kept_weeks(warehouse: Warehouse) -> tuple[tuple[str, int, datetime], ...]:
    """Return the weeks that were frozen, the latest first: week, latest revision, when it was made (UTC)."""
    found = warehouse.connection.execute(
        "SELECT week, max(revision), max(made_at) FROM reviews GROUP BY week ORDER BY week DESC"
    ).fetchall()
    return tuple((week, revision, made_at) for week, revision, made_at in found)


def due_week(warehouse: Warehouse, now: datetime) -> str | None:
    """Return the latest week that is over if its review was not frozen yet: what a schedule asks."""
    week = last_week(now)
    return None if kept_review(warehouse, week) else week


def _extent(warehouse: Warehouse, period: Period) -> tuple[datetime | None, int, tuple[str, ...]]:
    """Return when records begin, how many incidents are open, and those of the week."""
    ((first, still_open, incidents),) = rows(
        warehouse,
        "SELECT min(detected_at), count(*) FILTER (state = 'open' AND coalesce(ended_at, $until) >= $until), "
        "list(incident ORDER BY detected_at DESC, incident DESC) FILTER (detected_at >= $start) FROM frame",
        period.end,
        start=period.start,
    )
    return first, still_open, tuple(incidents or ())


def _notes(review: WeeklyReview, now: datetime) -> tuple[str, ...]:
    """Return what the reader should know of the figures."""
    notes = []
    if now < review.end:
        notes.append("The week is not over: these figures will change, and are not kept.")
    if 0 < review.quality.n < FEW:
        notes.append(f"The ranker's figures rest on {review.quality.n} settled incidents: they say little yet.")
    if review.agreement.kappa is None:
        notes.append("No cause was judged by two reviewers within 90 days: how far they agree is not known.")
    if _slower(review.this, review.last):
        notes.append("Finding the cause took more than twice as long as the week before (medians).")
    late = sum(action.overdue for action in review.actions)
    if late:
        notes.append(f"{late} action {'item is' if late == 1 else 'items are'} overdue.")
    return tuple(notes)


def _slower(this: WeekFigures, last: WeekFigures) -> bool:
    now, before = this.root_cause, last.root_cause
    return min(now.n, before.n) >= FEW // 2 and bool(now.median and before.median and now.median > 2 * before.median)
