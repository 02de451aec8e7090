"""Who holds what of the causes of one incident, after all that was said.

On each cause a reviewer's later verdict replaces the earlier one, and nobody holds both that there was no fault and
that a cause was right. An adjudication overrules what others said before it of its cause, or against it. In an
incident of the gold set, what gold records and adjudications say comes last and overrules the rest.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from schemas.feedback import CauseKey, Feedback, Verdict, account

POSITIVE = ("confirmed", "contributing")

Target = CauseKey | str | None
"""A cause; the words for one that has no name; None: no fault."""


@dataclass(slots=True)
class Held:
    """One account's last word on one target.

    Parameters
    ----------
    who
        The account.
    target
        What the word is about.
    verdict
        On the target: naming a missing cause, or no fault, confirms it.
    rules
        Whether it has more authority than a verdict: it adjudicates, or is of the gold set.
    """

    said: Feedback
    overruled: bool = False
    who: str = field(init=False)
    target: Target = field(init=False)
    verdict: Verdict = field(init=False)
    rules: bool = field(init=False)

    def __post_init__(self) -> None:
        said = self.said
        self.who = account(said.reviewer)
        self.target = said.cause.key if said.cause is not None else said.comment if said.kind == "missing" else None
        self.verdict = said.verdict or "confirmed"
        self.rules = said.kind == "adjudication" or (said.gold and self.verdict != "cant_tell")

    @property
    def when(self) -> tuple[datetime, str]:
        """Return the key of the order in time."""
        return (self.said.at, self.said.id)

    @property
    def decides(self) -> bool:
        """Return whether it says anything that holds: who cannot tell, or is overruled, decides nothing."""
        return not self.overruled and self.verdict != "cant_tell"

    def excludes(self, other: "Held") -> bool:
        """Return whether one says that there was no fault and the other that a cause was right."""
        fault = self if other.target is None else other
        return (self.target is None) != (other.target is None) and fault.verdict in POSITIVE

    def concerns(self, other: "Held") -> bool:
        """Return whether one says anything of what the other is about: that there was no fault concerns every cause."""
        return self.target == other.target or (self.target is None) != (other.target is None)

    def opposes(self, other: "Held") -> bool:
        """Return whether the two cannot both be true, whatever part a cause had."""
        same = self.target == other.target and "cant_tell" not in {self.verdict, other.verdict}
        return self.excludes(other) or (same and (self.verdict in POSITIVE) != (other.verdict in POSITIVE))


def held(said: Sequence[Feedback]) -> tuple[Held, ...]:
    """Return every account's last words after the records of one incident, none of them taken back."""
    words = [Held(each) for each in said]
    if any(word.said.gold and word.rules for word in words):
        words.sort(key=lambda word: word.rules)
    standing: list[Held] = []
    for word in words:
        standing = [now for before in standing if (now := _after(before, word)) is not None]
        standing.append(word)
    return tuple(standing)


def _after(before: Held, word: Held) -> Held | None:
    """Return what becomes of a word after another: it stays, is overruled, or was one's own and is replaced (None)."""
    if before.target != word.target and not before.excludes(word):
        return before
    if before.who == word.who:
        return None
    if word.said.kind == "adjudication" or (word.rules and not before.rules):
        return replace(before, overruled=True)
    return before
