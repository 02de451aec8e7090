"""The weekly review for people, as a page; `review_markdown` and `review_html` write it."""

from collections.abc import Iterator, Sequence

from rca.report.page import DASH, Block, Bullets, Figure, Grid, Page, Section, Text, day, hours, named, rate
from rca.report.page_html import html
from rca.report.page_markdown import markdown
from rca.report.review_charts import pareto_spec, ranker_spec, rate_spec, times_spec
from rca.report.words import percent, spoken
from schemas.weekly import ActionItem, Cluster, Duration, Pareto, RankerWeek, Share, WeekFigures, WeeklyReview

SHOWN_WEEKS = 8
"""Weeks of the trend that a table shows."""

MOST_NAMED = 8
"""Incidents of a cluster that are named."""


def review_markdown(review: WeeklyReview) -> str:
    """Return the review as Markdown."""
    return markdown(review_page(review))


def review_html(review: WeeklyReview) -> str:
    """Return the review as one HTML page, to be read or printed."""
    return html(review_page(review))


def headline(review: WeeklyReview) -> str:
    """Return the review in one line: what a notification says."""
    systemic = sum(each.systemic for each in review.clusters)
    late = sum(each.overdue for each in review.actions)
    n = review.this.incidents
    parts = [
        f"{n} {'incident' if n == 1 else 'incidents'} ({_moved(n, review.last.incidents)})",
        f"{systemic} systemic {'cluster' if systemic == 1 else 'clusters'}",
        *([f"{_share(review.this.undetermined)} undetermined"] if n else []),
    ]
    if late:
        parts.append(f"{late} overdue {'action' if late == 1 else 'actions'}")
    return f"Week {review.week}: {', '.join(parts)}."


def review_page(review: WeeklyReview) -> Page:
    """Return the review as a page."""
    state = f"revision {review.revision}" if review.revision else "not final"
    by = f" by {named(review.made_by)}" if review.made_by else ""
    return Page(
        title=f"Weekly review {review.week}",
        line=f"{day(review.start)} to {day(review.end)} (UTC, not included); made {day(review.made_at)}{by}; {state}",
        sections=[
            Section("In short", [Text(headline(review), strong=True), *_notes(review)]),
            Section("Incidents and impact", list(_counts(review))),
            Section("Where they come from", list(_paretos(review.pareto))),
            Section("What returns", list(_clusters(review))),
            Section("How long it took", list(_times(review))),
            Section("How good the answers were", list(_quality(review))),
            Section("Action items", list(_actions(review.actions))),
        ],
    )


def _notes(review: WeeklyReview) -> list[Block]:
    return [Bullets(review.notes)] if review.notes else []


def _moved(now: int, before: int) -> str:
    if now == before:
        return "as the week before"
    return f"{abs(now - before)} {'more' if now > before else 'fewer'} than the week before"


def _share(share: Share) -> str:
    value = share.share
    return DASH if value is None else f"{percent(value)} ({share.count} of {share.of})"


def _counts(review: WeeklyReview) -> Iterator[Block]:
    shown = review.trend[-SHOWN_WEEKS:]
    names = sorted({name for each in shown for name in each.severities})
    head = ["week", "incidents", "closed", "hours affected", "undetermined", *(named(n, "no severity") for n in names)]
    rows = [
        [
            each.week,
            str(each.incidents),
            str(each.closed),
            hours(each.hours) if each.incidents else DASH,
            _share(each.undetermined),
            *(str(each.severities.get(name, 0)) for name in names),
        ]
        for each in reversed(shown)
    ]
    yield Grid("The last weeks", head, rows, frozenset(range(1, len(head))))
    chart = review.chart
    limits = (
        f"mean {chart.centre:.1f} a week, limits {chart.lower or 0.0:.1f} to {chart.upper:.1f}"
        if chart.centre is not None and chart.upper is not None
        else "no limits yet"
    )
    signals = f"; weeks beyond: {', '.join(chart.signals)}" if chart.signals else ""
    yield Figure("Incidents a week", f"{chart.verdict} ({limits}{signals}).", rate_spec(chart))
    still = review.still_open
    yield Text(f"{still} {'incident is' if still == 1 else 'incidents are'} still open.")


def _paretos(paretos: Sequence[Pareto]) -> Iterator[Block]:
    for pareto in paretos:
        if not pareto.bars:
            continue
        rows = [
            [
                spoken(bar.name) if bar.name and pareto.aspect == "family" else named(bar.name, "not known"),
                str(bar.incidents),
                hours(bar.hours),
                percent(bar.share),
                percent(min(bar.cumulative, 1.0)),
            ]
            for bar in pareto.bars
        ]
        head = [pareto.aspect, "incidents", "hours affected", "share", "cumulated"]
        yield Grid(f"By {pareto.aspect}", head, rows, frozenset({1, 2, 3, 4}))
        if pareto.aspect == "family":
            first = pareto.bars[0]
            most = spoken(first.name) if first.name else "what is not known"
            words = f"{most} has the most, {percent(first.share)}"
            yield Figure(f"Pareto by {pareto.aspect}", f"{words}.", pareto_spec(pareto))
    if not any(pareto.bars for pareto in paretos):
        yield Text("Nothing was detected in this week.")


def _clusters(review: WeeklyReview) -> Iterator[Block]:
    again = review.recurred
    yield Text(
        f"{_share(again)} of the week's settled causes had been confirmed in the 90 days before."
        if again.of
        else "No cause of this week is settled yet."
    )
    if review.clusters:
        head = ["cluster", "within 90 days", "this week", "expected", "chance", "systemic", "systems", "incidents"]
        rows = [_cluster(each) for each in review.clusters]
        yield Grid("Incidents that belong together", head, rows, frozenset({1, 2, 3, 4}))
        yield Bullets([f"{each.title}: {each.why}" for each in review.clusters if each.systemic])
    else:
        yield Text("No cause and no signature occurred twice within 90 days.")


def _cluster(each: Cluster) -> list[str]:
    return [
        each.title,
        str(len(each.incidents)),
        str(each.new),
        f"{each.expected:.1f}",
        DASH if each.p_value is None else f"{each.p_value:.2g}",
        "yes" if each.systemic else "no",
        _some(each.systems),
        _some(each.incidents),
    ]


def _some(names: Sequence[str]) -> str:
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _times(review: WeeklyReview) -> Iterator[Block]:
    rows = []
    for name, part in (("to detect", "detect"), ("to root cause", "root_cause"), ("to resolve", "resolve")):
        now, before = (_duration(week, part) for week in (review.this, review.last))
        rows.append([name, hours(now.median), hours(now.p90), str(now.n), hours(before.median), str(before.n)])
    head = ["time", "median", "p90", "n", "median the week before", "n the week before"]
    yield Grid("Of what came to pass in the week", head, rows, frozenset({1, 2, 3, 4, 5}))
    yield Figure("Medians by week", "detection, root cause and resolution over 26 weeks.", times_spec(review.trend))


def _duration(week: WeekFigures, part: str) -> Duration:
    return {"detect": week.detect, "root_cause": week.root_cause, "resolve": week.resolve}[part]


def _quality(review: WeeklyReview) -> Iterator[Block]:
    weeks = [each for each in review.ranker[-SHOWN_WEEKS:] if each.n or each.judged]
    whole = review.quality.model_copy(update={"week": "26 weeks"})
    head = ["incidents of", "settled", "AC@1", "AC@3", "judged", "calibration error"]
    rows = [_ranked(each) for each in (whole, *reversed(weeks))]
    yield Grid("The right cause among the first", head, rows, frozenset(range(1, 6)))
    yield Figure(
        "AC@1 and AC@3 by week", f"{rate(whole.ac1)} and {rate(whole.ac3)} over all.", ranker_spec(review.ranker)
    )
    agreed = review.agreement
    if agreed.kappa is None:
        return
    yield Text(f"Reviewers agree with kappa {agreed.kappa:.2f} beyond chance, on {agreed.items} judgements of two.")
    pairs = [[named(p.first), named(p.second), str(p.items), rate(p.kappa)] for p in agreed.pairs]
    yield Grid("Reviewers, two by two", ["one", "other", "causes", "kappa"], pairs, frozenset({2, 3}))


def _ranked(each: RankerWeek) -> list[str]:
    return [each.week, str(each.n), rate(each.ac1), rate(each.ac3), str(each.judged), rate(each.ece)]


def _actions(actions: Sequence[ActionItem]) -> Iterator[Block]:
    if not actions:
        yield Text("None.")
        return
    head = ["id", "what", "owner", "due", "state", "recurred since"]
    rows = [
        [
            each.id,
            each.title,
            each.owner,
            day(each.due) + (" (overdue)" if each.overdue else ""),
            spoken(each.state),
            str(each.recurred) if each.done_at and each.cause else DASH,
        ]
        for each in actions
    ]
    yield Grid("What is to be done", head, rows, frozenset({5}))
