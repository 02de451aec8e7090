"""All that the page of one incident shows, gathered in one reading; who judges blind gets nothing that others said."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from api.caller import Caller
from api.incident_json import current_tag
from api.pages.charts import changes_of
from api.pages.drawing import Drawing, drawn
from api.pages.evidence import Exhibit, exhibits
from api.pages.known import known_graph
from api.service import Service
from rca.graph import upstream_of
from rca.incidents import handled, refresh, timeline
from rca.report.chart import around, read_trace, smooth
from rca.report.expected import expected
from rca.report.page import DASH
from rca.report.words import moment, number, pair
from rca.review import Listing, history, kept_analysis, listing, resolve
from rca.review.analyses import latest_analysis
from rca.review.blind import ENOUGH, blind_to, judges, own, wants_second
from rca.review.feedback import live
from rca.review.labels import SettledIncident
from rca.review.reliability import Reliabilities, Reliability, reliabilities
from rca.warehouse import Warehouse
from schemas.analysis import Analysis, Cause, IncidentSummary, Moved
from schemas.feedback import Feedback, account
from schemas.handling import HandledIncident, TimelineEntry, Verification

OPEN = 3
"""Causes that are shown at once."""

TELLING = ("feedback", "verified", "closed")
"""What of the timeline gives away what others think it was."""


@dataclass(frozen=True, slots=True)
class CauseView:
    """A cause with what speaks for and against it, and what was said; `drawn`: its rank, which names its charts."""

    cause: Cause
    exhibits: tuple[Exhibit, ...]
    reliability: Reliability
    expected: tuple[str, str]
    mine: Feedback | None
    others: tuple[Feedback, ...]
    checks: tuple[Verification, ...]
    drawn: int

    @property
    def speaking(self) -> tuple[Moved, ...]:
        """Return what raised its score."""
        return tuple(each for each in self.cause.moved if each.by > 0)

    @property
    def against(self) -> tuple[Moved, ...]:
        """Return what lowered its score."""
        return tuple(each for each in self.cause.moved if each.by < 0)


@dataclass(frozen=True, slots=True)
class Said:
    """What was said of an incident, as one account may see it.

    Parameters
    ----------
    blind
        What others said is hidden until the account said something itself.
    mine, others
        What stands.
    settled
        What it adds up to; None while hidden, or when nothing was said.
    """

    wants_second: bool
    judges: int
    blind: bool
    mine: tuple[Feedback, ...]
    others: tuple[Feedback, ...]
    settled: SettledIncident | None

    @property
    def second_missing(self) -> bool:
        """Return whether another reviewer is still wanted."""
        return self.wants_second and self.judges < ENOUGH


@dataclass(frozen=True, slots=True)
class View:
    """What the page shows."""

    state: HandledIncident
    tag: str
    answer: Analysis | None
    latest: bool
    answers: tuple[tuple[str, datetime, str], ...]
    causes: tuple[CauseView, ...]
    explored: bool
    values: tuple[str, str]
    changes: tuple[tuple[datetime, str], ...]
    told: tuple[TimelineEntry, ...]
    said: Said
    drawing: Drawing | None
    nodes: tuple[str, ...]

    @property
    def undetermined(self) -> bool:
        """Return whether "none of these" is more probable than the first cause."""
        if self.answer is None:
            return False
        return self.answer.none_of_these > max((each.cause.confidence for each in self.causes), default=0.0)

    @property
    def nearest_change(self) -> int | None:
        """Return the number of the change that came last before the onset, or soonest after."""
        if self.answer is None or not self.changes:
            return None
        onset = self.answer.incident.onset
        return 1 + min(range(len(self.changes)), key=lambda place: abs(self.changes[place][0] - onset))


def view(
    warehouse: Warehouse, service: Service, caller: Caller, incident: str, key: str | None, *, reveal: bool
) -> View:
    """Return what the page of an incident shows.

    Parameters
    ----------
    key
        Id of the answer; None: the latest.
    reveal
        Show what others said, also to who has said nothing yet.
    """
    refresh(warehouse)
    state, told = handled(warehouse, incident), timeline(warehouse, incident)
    last = latest_analysis(warehouse, incident)
    answer = kept_analysis(warehouse, key or last, incident=incident) if key or last else None
    records = history(warehouse, incident)
    said = _said(state, records, caller, reveal=reveal)
    shown = _listing(answer, state, caller, service.settings.explore)
    graph = known_graph(warehouse, service.store.path)
    path = answer.causes[0].blame_path if answer and answer.causes else ()
    near = upstream_of(graph, state.incident.node) | set(path)
    return View(
        state=state,
        tag=current_tag(warehouse, incident).strip('"'),
        answer=answer,
        latest=answer is None or answer.id == last,
        answers=_answers(warehouse, incident),
        causes=_causes(answer, shown, said, state, reliabilities(warehouse)),
        explored=shown.explored,
        values=_values(answer.incident) if answer else ("", ""),
        changes=tuple(changes_of(told)),
        told=_visible(told, said, caller),
        said=said,
        drawing=drawn(graph.subgraph(near), marked=path, end=state.incident.node) if len(graph) else None,
        nodes=tuple(sorted(graph)),
    )


def _said(state: HandledIncident, records: Sequence[Feedback], caller: Caller, *, reveal: bool) -> Said:
    wanted = wants_second(state.incident.id, state.incident.severity)
    standing = live(records)
    second = wanted and 0 < len(judges(records)) < ENOUGH and blind_to(records, caller.account)
    blind = second and caller.allows("review") and not reveal
    mine = own(standing, caller.account)
    found = resolve(records)
    return Said(
        wants_second=wanted,
        judges=len(judges(records)),
        blind=blind,
        mine=mine,
        others=() if blind else tuple(each for each in standing if each not in mine),
        settled=None if blind or not found else found[0],
    )


def _listing(answer: Analysis | None, state: HandledIncident, caller: Caller, share: float) -> Listing:
    """Return the causes as shown: shuffled only for a reviewer, and never while somebody has to act on them."""
    if answer is None:
        return Listing(())
    return listing(answer, share if state.state == "closed" and caller.allows("review") else 0.0)


def _causes(
    answer: Analysis | None, shown: Listing, said: Said, state: HandledIncident, known: Reliabilities
) -> tuple[CauseView, ...]:
    def of(records: Sequence[Feedback], cause: Cause) -> list[Feedback]:
        """Return the last word of each account on a cause."""
        words = {account(r.reviewer): r for r in records if r.cause and r.cause.key == cause.key}
        return list(words.values())

    return tuple(
        CauseView(
            cause=cause,
            exhibits=exhibits(cause),
            reliability=known.near(cause.confidence),
            expected=expected(cause, answer.incident),
            mine=next(iter(of(said.mine, cause)), None),
            others=tuple(of(said.others, cause)),
            checks=tuple(
                each for each in state.verified if each.cause and each.cause.key == cause.key and not said.blind
            ),
            drawn=next(each.rank for each in answer.causes if each.key == cause.key),
        )
        for cause in shown.causes
        if answer
    )


def _visible(told: Sequence[TimelineEntry], said: Said, caller: Caller) -> tuple[TimelineEntry, ...]:
    if not said.blind:
        return tuple(told)
    return tuple(each for each in told if each.kind not in TELLING or account(each.who or "") == caller.account)


def _answers(warehouse: Warehouse, incident: str) -> tuple[tuple[str, datetime, str], ...]:
    rows = warehouse.connection.execute(
        "SELECT id, given_at, ranker_version FROM analyses WHERE incident = ? ORDER BY given_at DESC, id", [incident]
    ).fetchall()
    return tuple(rows)


def _values(seen: IncidentSummary) -> tuple[str, str]:
    return pair(seen.baseline_value, seen.value, seen.metric)


def points_of(answer: Analysis | None) -> list[tuple[str, str]]:
    """Return the symptom's chart as rows of a table: smoothed as the line is."""
    whole = read_trace(answer.incident.series) if answer else None
    if answer is None or whole is None:
        return []
    trace = smooth(around(whole, answer.incident.onset, answer.incident.window[1]), answer.incident.onset)
    return [
        (f"{moment(datetime.fromtimestamp(at, UTC))} UTC", DASH if value is None else number(value))
        for at, value in zip(trace.seconds, trace.values, strict=True)
    ]


def compared(one: Analysis, other: Analysis) -> list[dict[str, Any]]:
    """Return the causes of two answers side by side, by how far their probabilities differ."""
    found: dict[Any, dict[str, Any]] = {}
    for side, answer in (("one", one), ("other", other)):
        for cause in answer.causes:
            found.setdefault(cause.key, {"cause": cause, "one": None, "other": None})[side] = cause
    rows = [
        row | {"moved": (row["other"].confidence if row["other"] else 0) - (row["one"].confidence if row["one"] else 0)}
        for row in found.values()
    ]
    return sorted(rows, key=lambda row: -abs(row["moved"]))
