"""What the feedback on one incident adds up to, for its row of the overview."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rca.review import Label, resolve, spelled
from rca.review.feedback import live
from rca.review.standing import POSITIVE, Held, held
from schemas.feedback import CauseKey, Feedback

Verdict = tuple[str, str, bool, datetime]
"""(account, cause as it is written, whether it was right, when)."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What is known of an incident from its feedback.

    Parameters
    ----------
    analysis
        Id of the answer that was judged.
    settled
        What it was: the weightiest label; None: not settled.
    right
        All causes that are settled as right.
    first_at
        When the settled cause was first named or confirmed by an account that still says so.
    verdicts
        Each account's last word on each cause; who cannot tell is left out.
    """

    analysis: str | None = None
    settled: Label | None = None
    right: frozenset[CauseKey] = frozenset()
    first_at: datetime | None = None
    records: int = 0
    disputed: bool = False
    people: frozenset[str] = frozenset()
    comments: tuple[str, ...] = ()
    verdicts: tuple[Verdict, ...] = ()

    def named(self) -> tuple[str, ...]:
        """Return the parts of the settled cause, and whether there was no fault, as words to be found by."""
        if self.settled is None:
            return ()
        return tuple(part for part in self.settled.cause if part) if self.settled.cause else ("no fault",)

    def columns(self) -> dict[str, Any]:
        """Return the columns of the overview that it fills."""
        family, node, subject = (self.settled and self.settled.cause) or (None, None, None)
        return {
            "outcome": None if self.settled is None else "cause" if self.settled.cause else "no_fault",
            "right_family": family,
            "right_node": node,
            "right_subject": subject,
            "right_at": self.first_at and self.first_at.replace(tzinfo=None).isoformat(),
            "right_rank": self.settled.rank if self.settled and self.settled.listed else None,
            "records": self.records,
            "disputed": self.disputed,
        }


def judged(records: Sequence[Feedback]) -> Judged:
    """Return what all records of one incident add up to."""
    said = live(records)
    if not said:
        return Judged()
    (incident,) = resolve(said)
    telling = [label for label in incident.labels if label.positive or label.cause is None]
    settled = min(telling, key=lambda label: (label.verdict != "confirmed", label.rank or 0), default=None)
    words = held(said)
    return Judged(
        analysis=incident.analysis,
        settled=settled,
        right=frozenset(label.cause for label in telling if label.cause),
        first_at=_first_at(words, settled),
        records=len(said),
        disputed=bool(incident.disputed),
        people=frozenset(each.reviewer for each in said),
        comments=tuple(each.comment for each in said if each.comment.split()),
        verdicts=tuple(_verdict(word) for word in words if word.verdict != "cant_tell"),
    )


def _first_at(words: Sequence[Held], settled: Label | None) -> datetime | None:
    if settled is None:
        return None
    return min(word.said.at for word in words if word.target == settled.cause and word.verdict == settled.verdict)


def _verdict(word: Held) -> Verdict:
    target = word.target
    cause = target if isinstance(target, str) else spelled(target) if target else ""
    return word.who, cause, word.verdict in POSITIVE, word.said.at
