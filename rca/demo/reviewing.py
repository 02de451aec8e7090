"""What people said of the season's incidents and did about them: invented, but about the answers that were given.

Reviewers know what broke. They confirm it where the answer lists it, reject what was listed before it and right
after it, and name it where it is missing.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from rca.demo.hotel import HOTEL
from rca.demo.season import SEASON, Report
from rca.incidents import close, note, verified, week_of, week_start
from rca.review import read_feedback, record
from rca.warehouse import Warehouse
from rca.weekly import add_action, freeze, move_action
from schemas.analysis import Analysis
from schemas.feedback import NamedCause

Act = Callable[[Warehouse, datetime], object]
"""Something that somebody does at a time."""

LEAD, RIVAL = "ana", "ben"


@dataclass(frozen=True, slots=True)
class Handling:
    """How one incident was handled; times are hours after it was detected.

    Parameters
    ----------
    judged
        Who said what broke, and when; with what remark.
    checked
        The check that was made, and its result; None: none was.
    closed
        When, and why; None: it is open.
    """

    judged: tuple[tuple[str, float, str], ...] = ()
    checked: str | None = None
    closed: tuple[float, str] | None = None


HANDLED: Mapping[str, Handling] = {
    "inc-101": Handling(
        (("ana", 5, "answers of groups were joined by position"), ("ben", 9, "")),
        "Score ten group bookings by hand and compare",
        (26, "the batch writer joins by request id again"),
    ),
    "inc-102": Handling(
        (("ana", 3, "connector 3.1 sends days"), ("ben", 20, "")),
        "Take twenty agents' bookings from before and since: 24 times smaller",
        (22, "connector rolled back to 3.0"),
    ),
    "inc-103": Handling(
        (("chen", 2, "a query lost its index"),),
        "Own time of SELECT features by hour",
        (16, "index built again"),
    ),
    "inc-104": Handling(
        (("ana", 1, "the labels of 3.5.0 were shuffled in training"), ("chen", 6, "")),
        "Score yesterday's requests with 3.4.2",
        (37, "rolled back to 3.4.2"),
    ),
    "inc-105": Handling(
        (("ana", 4, "guest-intent 7.3.0 gives odds, not probabilities"), ("chen", 7, "")),
        None,
        (25, "guest-intent is back on 7.2.0"),
    ),
    "inc-107": Handling((("ben", 6, "the feed lost deposit types"), ("ana", 30, "")), None, (38, "backfilled")),
    "inc-108": Handling(
        (("chen", 1, "calibration.offset was set by hand"), ("ben", 3, "")),
        "Set calibration.offset to 0 on one replica",
        (39, "set back; the setting needs a review now"),
    ),
    "inc-109": Handling(
        (("chen", 1, "two replicas were lost"), ("ana", 26, "")),
        "CPU of model-server by replica",
        (11, "replicas are back"),
    ),
    "inc-110": Handling(
        (("ana", 2, "days again, connector 3.2"), ("ben", 5, "")),
        "Take twenty agents' bookings from before and since: 24 times smaller",
        (37, "converted in our adapter"),
    ),
    "inc-111": Handling(
        (("ben", 12, "early winter bookings: they are real"),), None, (54, "real bookings; retrained on schedule")
    ),
    "inc-114": Handling((("ana", 3, "deposit_type is called deposit since contract 4"),)),
}
"""Incident -> how it was handled. inc-106 had no fault, inc-113 is disputed; nobody looked at the rest yet."""


def reviewed(warehouse: Warehouse, answers: Mapping[str, Analysis], end: datetime, now: datetime) -> None:
    """Record in the order of time what people said and did, and the reviews of the weeks that were over by then.

    Parameters
    ----------
    answers
        Incident -> its answer.
    end
        End of the log.
    """
    reports = {report.name: report for report in SEASON if report.name in answers}
    acts = [each for each in _acts(reports, answers, end) if each[0] <= now]
    weeks = _weeks(reports.values(), end, now)
    acts += [(week_start(week) + timedelta(days=7, hours=8), partial(_frozen, week)) for week in weeks]
    for at, act in sorted(acts, key=lambda each: each[0]):
        act(warehouse, at)


def _weeks(reports: Iterable[Report], end: datetime, now: datetime) -> list[str]:
    """Return the weeks with incidents, but for the latest ones, which wait to be reviewed."""
    weeks = {week_of(noticed(report, end)) for report in reports}
    return sorted(week for week in weeks if week_start(week) + timedelta(days=14) <= min(now, end))


def noticed(report: Report, end: datetime) -> datetime:
    """Return when an incident was detected."""
    return end - timedelta(days=report.noticed)


def _acts(
    reports: Mapping[str, Report], answers: Mapping[str, Analysis], end: datetime
) -> Iterator[tuple[datetime, Act]]:
    for report in reports.values():
        start, answer = noticed(report, end), answers[report.name]
        handling = HANDLED.get(report.name, Handling())
        for who, hours, comment in handling.judged:
            *rejected, right = _judgements(report, answer)
            for said in (*rejected, right | {"comment": comment}):
                yield start + timedelta(hours=hours), partial(_say, answer, who, said)
        if handling.checked:
            told = {"step": handling.checked, "result": "passed", "cause": _truth(report)}
            yield start + timedelta(hours=handling.judged[0][1] - 0.5), partial(_check, report.name, told)
        if handling.closed:
            hours, why = handling.closed
            yield start + timedelta(hours=hours), partial(_close, report.name, why)
    if "inc-106" in reports:
        yield from _calm(noticed(reports["inc-106"], end), answers["inc-106"])
    if "inc-113" in reports:
        yield from _dispute(noticed(reports["inc-113"], end), answers["inc-113"])
    yield from _items(reports, end)


def _judgements(report: Report, answer: Analysis) -> list[dict[str, Any]]:
    """Return what somebody says who knows what broke: what was listed before it is rejected."""
    right = _truth(report)
    listed = next((cause for cause in answer.causes if right and cause.key == right.key), None)
    if right is None:
        return [{"kind": "no_fault"}]
    if listed is None:
        return [{"kind": "missing", "cause": right}]
    wrong = [cause.key for cause in answer.causes if cause.rank <= listed.rank + 1 and cause.key != right.key]
    return [_verdict(key, "rejected") for key in wrong] + [_verdict(right.key, "confirmed")]


def _verdict(key: tuple[str, str, str | None], verdict: str) -> dict[str, Any]:
    family, node, subject = key
    return {"cause": NamedCause(family=family, node=node, subject=subject), "verdict": verdict}


def _truth(report: Report) -> NamedCause | None:
    if report.fault is None:
        return None
    truth = report.fault.cause(HOTEL)
    return NamedCause(family=truth.family, node=truth.node, subject=truth.subject)


def _say(answer: Analysis, who: str, said: dict[str, Any], warehouse: Warehouse, at: datetime) -> None:
    parts = {"reviewer": who, "at": at, "incident": answer.incident.id, "analysis": answer.id}
    record(warehouse, read_feedback(**parts, **said))


def _check(incident: str, told: dict[str, Any], warehouse: Warehouse, at: datetime) -> None:
    verified(warehouse, incident, LEAD, at, **told)


def _close(incident: str, why: str, warehouse: Warehouse, at: datetime) -> None:
    close(warehouse, incident, LEAD, at, reason=why)


def _note(incident: str, who: str, text: str, warehouse: Warehouse, at: datetime) -> None:
    note(warehouse, incident, who, at, text=text)


def _frozen(week: str, warehouse: Warehouse, at: datetime) -> None:
    freeze(warehouse, week, at, who=LEAD)


def _calm(start: datetime, answer: Analysis) -> Iterator[tuple[datetime, Act]]:
    """Two reviewers find that nothing was wrong with the overbooking cost."""
    remarks = ("two large groups in one day", "")
    for hours, who, comment in zip((8, 11), (LEAD, RIVAL), remarks, strict=True):
        yield (
            start + timedelta(hours=hours),
            partial(_say, answer, who, {"kind": "no_fault", "comment": comment}),
        )
    yield start + timedelta(hours=30), partial(_close, answer.incident.id, "within what two large groups do")


def _dispute(start: datetime, answer: Analysis) -> Iterator[tuple[datetime, Act]]:
    """One reviewer confirms what was listed first, another rejects it and confirms what was listed next."""
    first, *others = answer.causes
    second = others[0] if others else None
    yield start + timedelta(hours=4), partial(_say, answer, LEAD, _verdict(first.key, "confirmed"))
    yield start + timedelta(hours=9), partial(_say, answer, RIVAL, _verdict(first.key, "rejected"))
    if second:
        yield start + timedelta(hours=9), partial(_say, answer, RIVAL, _verdict(second.key, "confirmed"))
    text = "The same partner's meal codes changed that day; I do not think that these bookings are odd."
    yield start + timedelta(hours=9.2), partial(_note, answer.incident.id, RIVAL, text)


def _items(reports: Mapping[str, Report], end: datetime) -> Iterator[tuple[datetime, Act]]:
    """Yield the action items and what became of them; days are before the end of the log."""
    for incident, title, owner, added, due, steps in (
        ("inc-101", "Join answers by request id in the batch writer", "revenue-ml", 73.0, 60.0,
         ((66.0, "done", ""), (52.0, "verified", "replayed a day with rows in another order: the same answers"))),
        ("inc-102", "Range check on lead_hours in the booking feed contract", "data-platform", 66.0, 50.0,
         ((51.0, "done", "a check of the maximum"),)),
        ("inc-104", "Compare a release on last week's requests before it answers", "revenue-ml", 59.0, 38.0,
         ((40.0, "done", ""), (24.0, "verified", "release 3.6.0 was stopped by it"))),
        ("inc-108", "Let a second person approve calibration settings", "revenue-ml", 36.0, 9.0, ()),
        ("inc-110", "Agree on the unit of lead_hours with the partners", "data-platform", 27.0, -12.0, ()),
        ("inc-109", "Alarm when model-server loses a replica", "platform", 33.0, 20.0, ((21.0, "done", ""),)),
    ):  # fmt: skip
        if incident not in reports:
            continue
        day = (end - timedelta(days=due)).date()
        made: list[str] = []
        about = {"owner": owner, "due": day, "incident": incident, "cause": _truth(reports[incident])}
        yield end - timedelta(days=added), partial(_add, made, title, about)
        for days, step, comment in steps:
            yield end - timedelta(days=days), partial(_move, made, step, comment)


def _add(made: list[str], title: str, about: dict[str, Any], warehouse: Warehouse, at: datetime) -> None:
    made.append(add_action(warehouse, title, LEAD, at, **about).id)


def _move(made: list[str], step: Any, comment: str, warehouse: Warehouse, at: datetime) -> None:
    move_action(warehouse, made[0], step, LEAD, at, comment=comment)
