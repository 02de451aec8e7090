"""What a reviewer says of an answer: one record of the append-only log of feedback."""

import unicodedata
from datetime import UTC, datetime
from functools import lru_cache
from typing import Literal, Self
from uuid import uuid4

from pydantic import Field, field_validator, model_validator

from schemas.base import Answer, UtcTime

Verdict = Literal["confirmed", "contributing", "rejected", "cant_tell"]
FeedbackKind = Literal["verdict", "missing", "no_fault", "undo", "adjudication"]
CauseKey = tuple[str, str, str | None]
"""A cause's identity: (family, node, subject), as `Candidate.key`."""

LONGEST_NAME = 1000
LONGEST_COMMENT = 20_000
"""Characters; longer ones are refused rather than cut."""


_UNSEEN = frozenset({"Cc", "Cf"})
_FILLERS = "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0"
_BLANK = frozenset((*_FILLERS, *map(chr, range(0xFE00, 0xFE10)), *map(chr, range(0xE0100, 0xE01F0))))
"""Characters of other categories that show nothing: fillers and variation selectors."""


@lru_cache(maxsize=4096)
def account(reviewer: str) -> str:
    """Return the account of a reviewer's name: case, width, runs of spaces and invisible characters make no other."""
    flat = unicodedata.normalize("NFKC", _seen(reviewer)).casefold()
    return " ".join(unicodedata.normalize("NFKC", _seen(flat)).split())


def _seen(text: str) -> str:
    return "".join(c for c in text if c.isspace() or not (c in _BLANK or unicodedata.category(c) in _UNSEEN))


class NamedCause(Answer):
    """A cause by name."""

    family: str = Field(min_length=1, max_length=LONGEST_NAME)
    node: str = Field(min_length=1, max_length=LONGEST_NAME, description="Where the fault originates.")
    subject: str | None = Field(default=None, max_length=20 * LONGEST_NAME, description="Which part of the node.")

    @property
    def key(self) -> CauseKey:
        """Return (family, node, subject)."""
        return (self.family, self.node, self.subject)


class Feedback(Answer):
    """One record of the log. Records are only added: an undo is a record that names the one it takes back.

    | kind | says | needs |
    |---|---|---|
    | `verdict` | what a listed cause was | `cause`, `verdict` |
    | `missing` | that the right cause was not listed | `cause`, or a `comment` that says it |
    | `no_fault` | that nothing was wrong | nothing |
    | `undo` | that a record of one's own is taken back | `reverts` |
    | `adjudication` | what holds, whatever was said before | `cause` and `verdict`, or neither: no fault |
    """

    id: str = Field(default_factory=lambda: uuid4().hex, min_length=1, max_length=64)
    at: UtcTime = Field(default_factory=lambda: datetime.now(UTC), description="When it was said.")
    reviewer: str = Field(max_length=LONGEST_NAME, description="Who said it.")
    incident: str = Field(min_length=1)
    analysis: str | None = Field(default=None, description="Id of the answer that was judged.")
    kind: FeedbackKind = "verdict"
    cause: NamedCause | None = None
    verdict: Verdict | None = None
    reverts: str | None = Field(default=None, description="Id of the record that is taken back.")
    rank: int | None = Field(default=None, ge=1, description="Place at which the cause was shown.")
    score: float | None = Field(default=None, ge=0, le=1, description="Confidence with which it was shown.")
    ranker_version: str | None = Field(default=None, description="Which ranker ordered what was shown.")
    explored: bool = Field(default=False, description="The first three were shown in random order.")
    seconds: float | None = Field(default=None, ge=0, allow_inf_nan=False, description="How long the decision took.")
    opened: bool | None = Field(default=None, description="Whether the evidence was opened before; null: unknown.")
    gold: bool = Field(default=False, description="Belongs to the gold set, which measures and never trains.")
    comment: str = Field(default="", max_length=LONGEST_COMMENT)

    @field_validator("reviewer")
    @classmethod
    def _somebody(cls, name: str) -> str:
        if not account(name):
            raise ValueError("a reviewer has a name that can be seen")
        return name

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        needs = _needs(self)
        if needs:
            raise ValueError(needs)
        return self


def _needs(said: Feedback) -> str | None:
    """Return what is wrong with the combination of parts, and how to mend it; None when nothing is."""
    named, judged = said.cause is not None, said.verdict is not None
    if said.kind == "verdict" and named and judged and said.reverts is None and not said.explored:
        return None  # nearly all of a long log
    rules: dict[FeedbackKind, tuple[tuple[bool, str], ...]] = {
        "verdict": (
            (not named, "a verdict needs a cause: family, node, subject"),
            (not judged, "a verdict is one of confirmed, contributing, rejected, cant_tell: say which"),
        ),
        "missing": (
            (judged, "a missing cause is confirmed by naming it: leave out the verdict"),
            (
                not named and not said.comment.split(),
                "a missing cause needs its name, or a comment that says what it was",
            ),
        ),
        "no_fault": ((named or judged, "no_fault is about the whole incident: leave out cause and verdict"),),
        "undo": (
            (said.reverts is None, "an undo says in reverts which record it takes back"),
            (named or judged, "an undo takes a whole record back: leave out cause and verdict"),
        ),
        "adjudication": (
            (named != judged, "an adjudication gives a cause its verdict; for no fault, leave out both"),
            (said.verdict == "cant_tell", "an adjudication settles: one of confirmed, contributing, rejected"),
        ),
    }
    always = (
        (said.reverts is not None and said.kind != "undo", f"{said.kind} takes nothing back: leave out reverts"),
        (said.explored and said.rank is None, "explored needs rank: the place at which the cause was shown"),
    )
    return next((message for broken, message in (*always, *rules[said.kind]) if broken), None)
