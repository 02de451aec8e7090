"""The case library: what past incidents turned out to be, and what is to be done about each family of causes."""

from datetime import date

from pydantic import Field

from schemas.base import Answer, UtcTime
from schemas.feedback import NamedCause, Verdict
from schemas.handling import Verification
from schemas.weekly import ActionItem


class Rival(Answer):
    """A cause that was listed and was not it, and what spoke against it."""

    cause: NamedCause
    rank: int
    confidence: float
    rejected: bool = Field(description="Whether reviewers said so; otherwise it was only less likely.")
    against: str = Field(description="What lowered its score most, in words; empty: nothing did.")


class Case(Answer):
    """A settled incident: symptom, cause, what told it apart, what fixed and prevents it. `cause` null: no fault."""

    incident: str
    title: str | None
    node: str
    metric: str
    detected_at: UtcTime
    symptom: str
    cause: NamedCause | None
    mechanism: str | None = None
    verdict: Verdict
    summary: str = Field(default="", description="What happened, as the answer says.")
    told_apart: tuple[str, ...] = Field(
        default=(), description="What told the cause from the others: passed checks, then what moved its score most."
    )
    evidence: tuple[str, ...] = ()
    checks: tuple[Verification, ...] = ()
    rivals: tuple[Rival, ...] = ()
    fix: tuple[str, ...] = Field(default=(), description="What was done: remarks, why it was closed.")
    remedy: str = Field(default="", description="What the answer proposed to do.")
    prevention: tuple[ActionItem, ...] = Field(default=(), description="Action items of the incident or its cause.")
    again: tuple[str, ...] = Field(default=(), description="Other incidents with the same settled cause.")
    reviewers: tuple[str, ...] = ()
    analysis: str | None = None


class CaseHit(Answer):
    """A case that a search found; `score` orders them."""

    incident: str
    title: str | None
    node: str
    metric: str
    detected_at: UtcTime
    cause: NamedCause | None
    score: float = Field(ge=0)


class Procedure(Answer):
    """A standard operating procedure for one family of causes, as Markdown."""

    family: str
    title: str
    owner: str
    version: int = Field(ge=1)
    review_by: date
    body: str
    written_by: str | None = Field(default=None, description="Who wrote this site's version; null: it is shipped.")
    written_at: UtcTime | None = None
    overdue: bool = Field(default=False, description="Whether it should have been reviewed by now.")
