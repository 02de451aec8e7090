"""The draft of a postmortem: all that is known of an incident, in order, for people to complete."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from rca.cases import case
from rca.cases.library import symptom_of
from rca.errors import InputError
from rca.incidents import handled, timeline
from rca.report.page import DASH, Block, Bullets, Grid, Page, Section, Text, day, hours, named
from rca.report.page_html import html
from rca.report.page_markdown import markdown
from rca.report.words import moment, percent, spoken
from rca.review import kept_analysis, spelled
from rca.review.analyses import latest_analysis
from rca.warehouse import Warehouse
from rca.weekly import actions
from schemas.analysis import Analysis, Cause
from schemas.cases import Case
from schemas.handling import HandledIncident, TimelineEntry
from schemas.weekly import ActionItem

MOST_CAUSES = 5

UNWRITTEN = (
    "Impact: who was affected, and how badly?",
    "What went well, what went badly, where were we lucky?",
    "Why did nothing catch it earlier?",
)
"""What no log knows."""


@dataclass(frozen=True, slots=True)
class Known:
    """What there is of an incident."""

    state: HandledIncident
    told: tuple[TimelineEntry, ...]
    answer: Analysis | None
    case: Case | None
    actions: tuple[ActionItem, ...]

    @property
    def causes(self) -> tuple[Cause, ...]:
        """Return the listed causes, the settled one first."""
        listed = self.answer.causes if self.answer else ()
        right = self.case.cause.key if self.case and self.case.cause else None
        return tuple(sorted(listed, key=lambda cause: (cause.key != right, cause.rank)))


def postmortem_markdown(warehouse: Warehouse, incident: str, now: datetime) -> str:
    """Return the draft of an incident's postmortem as Markdown."""
    return markdown(postmortem_page(warehouse, incident, now))


def postmortem_html(warehouse: Warehouse, incident: str, now: datetime) -> str:
    """Return the draft of an incident's postmortem as one HTML page."""
    return html(postmortem_page(warehouse, incident, now))


def postmortem_page(warehouse: Warehouse, incident: str, now: datetime) -> Page:
    """Return the draft of an incident's postmortem.

    Raises
    ------
    UnknownName
        When there is no such incident.
    """
    known = _known(warehouse, incident, now)
    state = known.state
    symptom = f"{state.incident.metric} of {state.incident.node}"
    return Page(
        title=f"Postmortem {incident}: {named(state.incident.title, symptom)}",
        line=f"Draft of {day(now)}, from what was logged; {state.state}, owner {named(state.owner, 'nobody')}",
        sections=[
            Section("Summary", list(_summary(known))),
            Section("Cause", list(_cause(known))),
            Section("Other causes", list(_others(known))),
            Section("Timeline", [_timeline(known.told)]),
            Section("What was done", list(_done(known))),
            Section("Action items", [_actions(known.actions)]),
            Section("Still to be written", [Bullets(UNWRITTEN)]),
        ],
    )


def _known(warehouse: Warehouse, incident: str, now: datetime) -> Known:
    state = handled(warehouse, incident)
    try:
        settled = case(warehouse, incident, now)
    except InputError:
        settled = None
    key = (settled.analysis if settled else None) or latest_analysis(warehouse, incident)
    answer = kept_analysis(warehouse, key) if key else None
    mine = settled.prevention if settled else tuple(a for a in actions(warehouse, now) if a.incident == incident)
    return Known(state, timeline(warehouse, incident), answer, settled, mine)


def _summary(known: Known) -> Iterator[Block]:
    incident, seen = known.state.incident, known.answer.incident if known.answer else None
    yield Text(f"{symptom_of(known.state, known.answer)}.", strong=True)
    onset = incident.started_at or (seen.onset if seen else None)
    closed = known.state.closed_at
    rows = [
        ["severity", named(incident.severity)],
        ["began", moment(onset, year=True) if onset else DASH],
        ["detected", moment(incident.detected_at, year=True)],
        ["closed", moment(closed, year=True) if closed else DASH],
        ["time to detect", _between(onset, incident.detected_at)],
        ["time to resolve", _between(incident.detected_at, closed)],
        ["merged in", ", ".join(known.state.merged) or DASH],
    ]
    yield Grid("Facts (times in UTC)", ["what", "value"], rows)


def _between(start: datetime | None, end: datetime | None) -> str:
    return hours(max(0.0, (end - start).total_seconds() / 3600)) if start and end else DASH


def _cause(known: Known) -> Iterator[Block]:
    if known.case is None:
        yield Text("It is not settled yet what it was; the most likely cause follows.", strong=True)
    elif known.case.cause is None:
        yield Text("Reviewers settled that there was no fault.", strong=True)
        return
    else:
        who = ", ".join(known.case.reviewers)
        yield Text(f"{spelled(known.case.cause.key)}, {spoken(known.case.verdict)} by {who}.", strong=True)
    first = next(iter(known.causes), None)
    if first is None or (known.case and known.case.cause and first.key != known.case.cause.key):
        yield Text("No answer listed it, so there is no evidence on record.")
        return
    yield Text(first.summary)
    yield Text(f"Listed as number {first.rank}, {percent(first.confidence)} likely; explains {percent(first.impact)}.")
    if first.blame_path:
        yield Text(f"Way from cause to symptom: {' → '.join(first.blame_path)}")
    yield from _weighed(first, known.case)


def _weighed(cause: Cause, settled: Case | None) -> Iterator[Block]:
    speaking = [*(settled.told_apart if settled else ()), *(item.text for item in cause.evidence)]
    speaking += [each.text for each in cause.moved if each.by > 0]
    against = [each.text for each in cause.moved if each.by < 0]
    for heading, items in (("For it:", speaking), ("Against it:", against)):
        if items:
            yield Text(heading)
            yield Bullets(list(dict.fromkeys(items)))


def _others(known: Known) -> Iterator[Block]:
    rejected = {each.cause.key for each in known.case.rivals if each.rejected} if known.case else set()
    rows = [
        [
            spelled(cause.key),
            percent(cause.confidence),
            "rejected by reviewers" if cause.key in rejected else "less likely",
            next((moved.text for moved in cause.moved if moved.by < 0), DASH),
        ]
        for cause in known.causes[1:MOST_CAUSES]
    ]
    if rows:
        yield Grid("Considered", ["cause", "probability", "what became of it", "against it"], rows, frozenset({1}))
    answer = known.answer
    notes = [
        *(f"ruled out: {spoken(note.family)}: {note.reason}" for note in (answer.ruled_out if answer else ())),
        *(f"not examined: {spoken(note.family)}: {note.reason}" for note in (answer.not_examined if answer else ())),
    ]
    yield Bullets(notes) if notes else Text("Nothing else was examined.")


def _timeline(told: tuple[TimelineEntry, ...]) -> Grid:
    rows = [[moment(each.at, year=True), spoken(each.kind), each.text, named(each.who)] for each in told]
    return Grid("What happened (UTC)", ["when", "kind", "what", "who"], rows)


def _done(known: Known) -> Iterator[Block]:
    if known.case and known.case.fix:
        yield Bullets(known.case.fix)
    elif known.state.reason:
        yield Text(known.state.reason)
    else:
        yield Text("Nothing is on record.")
    remedy = known.causes[0].remedy if known.causes else ""
    if remedy:
        yield Text(f"Proposed: {remedy}")
    if known.state.verified:
        rows = [[moment(c.at, year=True), c.step, c.result, c.who, c.comment] for c in known.state.verified]
        yield Grid("Checks", ["when", "check", "result", "who", "remark"], rows)


def _actions(items: tuple[ActionItem, ...]) -> Block:
    if not items:
        return Text("None yet: rca actions add --db FILE --incident ID adds one.")
    rows = [[each.id, each.title, each.owner, day(each.due), spoken(each.state)] for each in items]
    return Grid("What is to be done", ["id", "what", "owner", "due", "state"], rows)
