"""Simulated reviewers of a site: they fill a real database, from which the real training reads its labels.

Five people share the incidents. What they get wrong is chosen: slips at random, tiredness (they read from the top and
stop early, then some accept the first cause unread), and one account that lies.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from rankers.model import Model
from rankers.pretrained.cases import Case
from rankers.proposed import Ranked
from rankers.supervised import rank
from rca.review import keep_analysis
from rca.warehouse import Warehouse
from schemas.analysis import Analysis, Cause, IncidentSummary, RankerInfo
from schemas.feedback import Feedback, NamedCause

PEOPLE = ("ann", "bea", "cem", "dia", "eli")
LIAR = "mal"
START = datetime(2026, 1, 5, tzinfo=UTC)
BETWEEN = timedelta(hours=6)
GOES_ON = 0.6
"""Chance that a tired reviewer looks at the next cause."""

ACCEPTS = 0.5
"""Chance that one who stopped before the right cause accepts the first."""


@dataclass(frozen=True)
class Habits:
    """How the people of a site review.

    Parameters
    ----------
    slips
        Share of incidents in which a wrong answer is confirmed.
    tired
        Whether they read from the top and stop early.
    lies
        Share of the incidents that one account labels, always wrongly.
    adjudicated
        Share of the incidents that a lead settles afterwards, rightly: what reviewers are trusted by.
    """

    slips: float = 0.0
    tired: bool = False
    lies: float = 0.0
    adjudicated: float = 0.0


@dataclass(frozen=True)
class Page:
    """What a reviewer sees of one incident: the causes in order, and which of them are right."""

    case: Case
    shown: tuple[Ranked, ...]
    right: tuple[bool, ...]


def page(case: Case, model: Model) -> Page:
    """Return an incident as a ranker shows it."""
    ranking = rank(model, case.proposed)
    known = {id(candidate): right for candidate, right in zip(case.proposed.candidates, case.right, strict=True)}
    return Page(case, ranking.ranked, tuple(known[id(each.candidate)] for each in ranking.ranked))


def review(warehouse: Warehouse, cases: Sequence[Case], habits: Habits, model: Model, seed: int) -> None:
    """Let the people of a site review incidents one after the other, each shown as a ranker orders it."""
    rng = np.random.default_rng([seed, 11])
    records: list[Feedback] = []
    for place, case in enumerate(cases):
        now = START + place * BETWEEN
        seen = page(case, model)
        key = keep_analysis(warehouse, _answer(case, seen, model, now), case.proposed, at=now)
        common = {"incident": case.name, "analysis": key, "at": now, "ranker_version": model.version}
        liar = rng.random() < habits.lies
        who = LIAR if liar else PEOPLE[int(rng.integers(len(PEOPLE)))]
        said = _lies(seen, rng) if liar else _says(seen, habits, rng)
        records += [Feedback.model_validate(common | {"reviewer": who} | each) for each in said]
        if rng.random() < habits.adjudicated:
            settled = {"reviewer": "lead", "kind": "adjudication", "at": now + timedelta(hours=1)}
            records += [Feedback.model_validate(common | settled | each) for each in _truth(seen)]
    _add(warehouse, records)


def _add(warehouse: Warehouse, records: Sequence[Feedback]) -> None:
    """Add many records at once; `rca.review.record` checks and commits each by itself."""
    warehouse.connection.executemany(
        "INSERT INTO feedback (id, incident, document) VALUES (?, ?, ?)",
        [[each.id, each.incident, each.model_dump_json()] for each in records],
    )


def _named(seen: Page, place: int) -> dict[str, object]:
    c = seen.shown[place].candidate
    return {
        "cause": NamedCause(family=c.family, node=c.node, subject=c.subject),
        "rank": place + 1,
        "score": min(1.0, seen.shown[place].confidence),
    }


Said = list[dict[str, object]]


def _truth(seen: Page) -> Said:
    right = [place for place, each in enumerate(seen.right) if each]
    return [{"verdict": "confirmed"} | _named(seen, place) for place in right] or [{}]


def _confirmed(seen: Page, place: int, *, careful: bool) -> dict[str, object]:
    effort = {"opened": True, "seconds": 60.0} if careful else {"opened": False, "seconds": 3.0}
    return {"kind": "verdict", "verdict": "confirmed"} | effort | _named(seen, place)


def _rejected(seen: Page, place: int) -> dict[str, object]:
    return {"kind": "verdict", "verdict": "rejected", "opened": True, "seconds": 20.0} | _named(seen, place)


def _wrong(seen: Page, rng: np.random.Generator) -> int | None:
    """Return a wrong cause, the likelier the more probable it was shown."""
    odds = np.array([0.0 if right else r.confidence + 0.01 for r, right in zip(seen.shown, seen.right, strict=True)])
    return int(rng.choice(len(odds), p=odds / odds.sum())) if odds.sum() else None


def _says(seen: Page, habits: Habits, rng: np.random.Generator) -> Said:
    if rng.random() < habits.slips:
        place = _wrong(seen, rng)
        return [] if place is None else [_confirmed(seen, place, careful=True)]
    if habits.tired:
        return _reads(seen, rng)
    right = [place for place, each in enumerate(seen.right) if each]
    return [_confirmed(seen, place, careful=True) for place in right] or [{"kind": "no_fault"}]


def _reads(seen: Page, rng: np.random.Generator) -> Said:
    """Return what one says who reads from the top and tires."""
    said: Said = []
    for place, right in enumerate(seen.right):
        if right:
            return [*said, _confirmed(seen, place, careful=True)]
        said.append(_rejected(seen, place))
        if rng.random() >= GOES_ON:
            break
    else:
        return [{"kind": "no_fault"}]
    return [_confirmed(seen, 0, careful=False)] if rng.random() < ACCEPTS else said


def _lies(seen: Page, rng: np.random.Generator) -> Said:
    """Return what one says who confirms the least plausible cause and rejects the right one."""
    said = [_rejected(seen, place) for place, right in enumerate(seen.right) if right]
    wrong = [place for place, right in enumerate(seen.right) if not right]
    _ = rng.random()  # keeps the others' dice the same whatever is said
    return [*said, _confirmed(seen, wrong[-1], careful=True)] if wrong else said


def _answer(case: Case, seen: Page, model: Model, now: datetime) -> Analysis:
    day = timedelta(days=1)
    return Analysis(
        incident=IncidentSummary(
            id=case.name,
            node=case.table,
            metric="symptom",
            direction="down",
            baseline=(now - 20 * day, now - 5 * day),
            window=(now - day, now),
            onset=now - day,
            baseline_value=None,
            value=None,
        ),
        causes=tuple(
            Cause(
                rank=place,
                family=each.candidate.family,
                node=each.candidate.node,
                subject=each.candidate.subject,
                confidence=min(1.0, each.confidence),
                impact=0.0,
                summary="",
            )
            for place, each in enumerate(seen.shown, 1)
        ),
        none_of_these=0.0,
        ranker=RankerInfo(kind="heuristic", version=model.version),
    )
