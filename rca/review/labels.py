"""What of the log is settled: for each incident its labels, and what is disputed or undecided."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from rca.review.feedback import history, live
from rca.review.standing import POSITIVE, Held, Target, held
from rca.warehouse import Warehouse
from schemas.feedback import CauseKey, Feedback, Verdict

CONSIDERED_SECONDS = 10.0
"""Accepting the first cause faster than this, evidence unopened, is not a considered verdict."""


@dataclass(frozen=True, slots=True)
class Label:
    """What was said of one cause.

    Parameters
    ----------
    cause
        (family, node, subject); None: that there was no fault, then confirmed.
    reviewers, dissenting
        Accounts that say so, and accounts that said the opposite, in alphabetical order.
    ruled_by
        Accounts among the reviewers that settled it: by adjudication, or as part of the gold set.
    disputed
        Whether reviewers contradict each other and no adjudication came after.
    hasty
        Those of the reviewers who merely accepted the first cause at once.
    listed
        Whether the cause was shown; otherwise a reviewer named it.
    rank, score, explored
        As shown to the first of the reviewers.
    comments
        What the reviewers remarked.
    """

    cause: CauseKey | None
    verdict: Verdict
    reviewers: tuple[str, ...]
    dissenting: tuple[str, ...] = ()
    ruled_by: tuple[str, ...] = ()
    disputed: bool = False
    hasty: tuple[str, ...] = ()
    listed: bool = True
    rank: int | None = None
    score: float | None = None
    explored: bool = False
    comments: tuple[str, ...] = ()

    @property
    def considered(self) -> bool:
        """Return whether any of the reviewers did more than accept the first cause at once."""
        return not {*self.reviewers} <= {*self.hasty}

    @property
    def positive(self) -> bool:
        """Return whether it says that a cause was right, at least in part."""
        return self.cause is not None and self.verdict in POSITIVE


@dataclass(frozen=True, slots=True)
class SettledIncident:
    """What is known of one incident.

    Parameters
    ----------
    analysis
        Id of the answer that the last of the records which decide anything refers to; None when none was kept. Who
        cannot tell decides nothing.
    at
        When the last of what holds was first said, UTC: saying it again does not make it later.
    gold
        Whether it belongs to the gold set, which never trains.
    labels
        What is settled.
    disputed, undecided
        What is not: reviewers disagree, or cannot tell.
    unnamed
        Missing causes in words, for which the graph has no name.
    unnamed_by
        Who told them.
    """

    incident: str
    analysis: str | None
    at: datetime
    gold: bool
    labels: tuple[Label, ...]
    disputed: tuple[Label, ...] = ()
    undecided: tuple[Label, ...] = ()
    unnamed: tuple[str, ...] = ()
    unnamed_by: tuple[str, ...] = ()

    @property
    def no_fault(self) -> bool:
        """Return whether it is settled that there was no fault."""
        return any(label.cause is None for label in self.labels)

    @property
    def missing(self) -> tuple[Label, ...]:
        """Return the settled causes that were not listed."""
        return tuple(label for label in self.labels if not label.listed)


def settled(warehouse: Warehouse) -> tuple[SettledIncident, ...]:
    """Return what the log of a warehouse says, in order of time."""
    return resolve(history(warehouse))


def resolve(records: Sequence[Feedback]) -> tuple[SettledIncident, ...]:
    """Return what a log says of each incident, ordered by the time of its last record."""
    by_incident: dict[str, list[Feedback]] = {}
    for each in live(records):
        by_incident.setdefault(each.incident, []).append(each)
    found = [_settle(name, said) for name, said in by_incident.items()]
    return tuple(sorted(found, key=lambda one: (one.at, one.incident)))


def _settle(incident: str, said: Sequence[Feedback]) -> SettledIncident:
    standing = held(said)
    named = sorted({word.target for word in standing if not isinstance(word.target, str)}, key=_in_order)
    labels = [label for target in named if (label := _label(target, standing)) is not None]
    telling = sorted((word for word in standing if word.decides), key=lambda word: word.when) or list(standing)
    words = [word for word in telling if isinstance(word.target, str)]
    first: dict[tuple[Target, Verdict], datetime] = {}
    for word in map(Held, said):
        key = (word.target, word.verdict)
        first[key] = min(first.get(key, word.said.at), word.said.at)
    return SettledIncident(
        incident=incident,
        analysis=next((word.said.analysis for word in reversed(telling) if word.said.analysis), None),
        at=max(first[word.target, word.verdict] for word in telling),
        gold=any(word.said.gold for word in standing if word.verdict != "cant_tell"),
        labels=tuple(label for label in labels if not label.disputed and label.verdict != "cant_tell"),
        disputed=tuple(label for label in labels if label.disputed),
        undecided=tuple(label for label in labels if not label.disputed and label.verdict == "cant_tell"),
        unnamed=tuple(sorted({str(word.target) for word in words})),
        unnamed_by=tuple(sorted({word.who for word in words})),
    )


def _in_order(cause: CauseKey | None) -> tuple[str, ...]:
    return tuple(part or "" for part in cause or ())


def _label(target: CauseKey | None, standing: Sequence[Held]) -> Label | None:
    """Return what holds of a cause, or of no fault; None when all that was said of it is overruled."""
    own = sorted((word for word in standing if word.target == target), key=lambda word: word.when)
    now = [word for word in own if not word.overruled]
    if not now:
        return None
    decided = [word for word in now if word.verdict != "cant_tell"]
    last = (decided or now)[-1]
    saying = [word for word in own if word.verdict == last.verdict]
    against = any(word.excludes(last) and not word.overruled for word in standing)
    shown = next((word.said for word in saying if word.said.rank is not None), None)
    return Label(
        cause=target,
        verdict=last.verdict,
        reviewers=tuple(sorted(word.who for word in saying)),
        dissenting=tuple(sorted({word.who for word in standing if word.opposes(last)})),
        ruled_by=tuple(sorted(word.who for word in saying if word.rules and not word.overruled)),
        disputed=against or len({word.verdict for word in decided}) > 1,
        hasty=tuple(sorted(word.who for word in saying if not considered(word.said))),
        listed=target is None or any(word.said.rank is not None for word in own),
        rank=shown.rank if shown else None,
        score=shown.score if shown else None,
        explored=bool(shown and shown.explored),
        comments=tuple(word.said.comment for word in saying if word.said.comment.split()),
    )


def considered(said: Feedback) -> bool:
    """Return whether a reviewer did more than accept the first cause at once."""
    accepted_first = said.kind == "verdict" and said.rank == 1 and said.verdict == "confirmed"
    slow = said.seconds is not None and said.seconds >= CONSIDERED_SECONDS
    return bool(said.opened) or slow or not accepted_first
