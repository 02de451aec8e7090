"""How an incident is handled: its state after all that happened to it, pages of a list, and its timeline."""

from typing import Any, Literal

from pydantic import Field

from schemas.base import Answer, UtcTime
from schemas.feedback import LONGEST_NAME, NamedCause
from schemas.incident import Incident

EventKind = Literal["opened", "edited", "alert", "merged", "split", "closed", "reopened", "verified", "note"]
IncidentState = Literal["open", "closed", "merged"]
StepResult = Literal["passed", "failed", "unclear"]
Outcome = Literal["cause", "no_fault"]


class Verification(Answer):
    """What came of the check that a cause proposes."""

    at: UtcTime
    who: str
    step: str = Field(description="What was checked.")
    result: StepResult = Field(description="passed: the check speaks for the cause.")
    cause: NamedCause | None = None
    comment: str = ""


class HandledIncident(Answer):
    """An incident as it stands. `version` is the place of its last event; 0: nothing happened to it yet."""

    incident: Incident
    version: int = Field(ge=0)
    state: IncidentState = "open"
    merged_into: str | None = None
    merged: tuple[str, ...] = Field(default=(), description="Incidents that were merged into this one.")
    owner: str | None = Field(default=None, description="Assigned, or else the team that owns the node.")
    opened_at: UtcTime
    closed_at: UtcTime | None = None
    reason: str = Field(default="", description="Why it was closed.")
    alerts: int = Field(default=0, ge=0)
    verified: tuple[Verification, ...] = ()


class IncidentFilter(Answer):
    """Which incidents are meant; what is left out does not restrict. Merged ones are left out unless asked for."""

    state: IncidentState | None = None
    unreviewed: bool = Field(default=False, description="Nobody said anything of it yet.")
    disputed: bool = Field(default=False, description="Reviewers contradict each other.")
    low_confidence: bool = Field(default=False, description="No cause is more likely than not.")
    mine: str | None = Field(
        default=None, max_length=LONGEST_NAME, description="Account that owns, opened, changed or judged it."
    )
    node: str | None = Field(
        default=None, max_length=LONGEST_NAME, description="Whose symptom it is, or where the first cause lies."
    )
    owner: str | None = Field(default=None, max_length=LONGEST_NAME)
    family: str | None = Field(
        default=None, max_length=LONGEST_NAME, description="Of the settled cause, or else of the most probable one."
    )
    severity: str | None = Field(default=None, max_length=LONGEST_NAME)
    week: str | None = Field(default=None, max_length=LONGEST_NAME, description="ISO week of detection: 2026-W47.")
    text: str = Field(default="", max_length=LONGEST_NAME, description="Words that must all occur.")


class IncidentRow(Answer):
    """One line of the list of incidents."""

    incident: str
    version: int
    title: str | None
    node: str
    metric: str
    severity: str | None
    owner: str | None
    detected_at: UtcTime
    state: IncidentState
    merged_into: str | None
    closed_at: UtcTime | None
    analysis: str | None = Field(description="Id of its latest answer.")
    first: NamedCause | None = Field(description="The most probable cause.")
    confidence: float | None
    none_of_these: float | None
    causes: int | None = Field(description="How many were listed.")
    outcome: Outcome | None = Field(description="What is settled; null: nothing yet.")
    right: NamedCause | None = Field(description="The settled cause.")
    records: int = Field(description="Records of feedback that stand.")
    disputed: bool


class IncidentPage(Answer):
    """A part of the list, newest first; `after` leads to the next part and is null on the last."""

    rows: tuple[IncidentRow, ...]
    total: int = Field(ge=0, description="How many incidents fit the filter.")
    after: str | None = None


class FacetCount(Answer):
    """How many of the incidents that fit have this value; null: none is known."""

    value: str | None
    count: int


class Facets(Answer):
    """What the incidents that fit a filter have, the most frequent first; weeks from the latest."""

    state: tuple[FacetCount, ...] = ()
    node: tuple[FacetCount, ...] = ()
    owner: tuple[FacetCount, ...] = ()
    family: tuple[FacetCount, ...] = ()
    severity: tuple[FacetCount, ...] = ()
    week: tuple[FacetCount, ...] = ()
    unreviewed: int = 0
    disputed: int = 0
    low_confidence: int = 0


class TimelineEntry(Answer):
    """One thing that happened, with who and, for what is kept under an id, which."""

    at: UtcTime
    kind: Literal["onset", "detected", "change", "analysis", "feedback", EventKind]
    text: str
    who: str | None = None
    incident: str = Field(description="This one, or one that was merged into it.")
    key: str | None = Field(default=None, description="Id of the answer or the record of feedback.")
    detail: dict[str, Any] = Field(default_factory=dict)
