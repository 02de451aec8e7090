"""The answer of `rca analyze --json` (CONTRACT section 4)."""

from typing import Any, Literal

from pydantic import Field

from schemas.base import Answer, UtcTime
from schemas.incident import Direction

EvidenceKind = Literal["histogram", "series", "change", "trace", "slice", "schema", "graph", "estimate"]


class EvidenceItem(Answer):
    """One observation for (or against) a cause: a sentence, and the small data a chart needs."""

    kind: EvidenceKind
    text: str
    data: dict[str, Any] = Field(default_factory=dict)


class IncidentSummary(Answer):
    """The symptom as measured. `significance` is the p-value of the control chart."""

    id: str
    node: str
    metric: str
    direction: Direction
    baseline: tuple[UtcTime, UtcTime]
    window: tuple[UtcTime, UtcTime]
    onset: UtcTime
    baseline_value: float | None
    value: float | None
    significance: float | None = Field(default=None, ge=0, le=1)
    title: str | None = None
    severity: str | None = None
    onset_interval: tuple[UtcTime, UtcTime] | None = Field(
        default=None, description="90 % interval of the onset's estimate."
    )
    series: dict[str, Any] = Field(
        default_factory=dict, description="The metric over time: {ts, value, n}, for a chart."
    )


class Moved(Answer):
    """Evidence that moved a cause's score."""

    name: str = Field(description="The ranking feature.")
    value: float | None = Field(description="Its value; null when the cause has none.")
    by: float = Field(description="How far it moved the cause's log-odds; below 0: against the cause.")
    text: str = Field(description="The same in words.")


class Cause(Answer):
    """A ranked cause. `confidence` is the probability that a reviewer would confirm it."""

    rank: int = Field(ge=1)
    family: str
    mechanism: str | None = None
    node: str
    subject: str | None = None
    slice: str | None = None
    confidence: float = Field(ge=0, le=1)
    impact: float = Field(ge=0, le=1, description="Share of the symptom that this explains.")
    onset: UtcTime | None = None
    blame_path: tuple[str, ...] = ()
    summary: str
    evidence: tuple[EvidenceItem, ...] = ()
    verify: str = ""
    remedy: str = ""
    features: dict[str, float] = Field(default_factory=dict)
    moved: tuple[Moved, ...] = Field(default=(), description="What moved its score most, the largest first.")

    @property
    def key(self) -> tuple[str, str, str | None]:
        """Return the cause's identity: (family, node, subject)."""
        return (self.family, self.node, self.subject)


class FamilyNote(Answer):
    """Why a family is not among the causes."""

    family: str
    reason: str


class RankerInfo(Answer):
    """Which ranker ordered the causes."""

    kind: Literal["heuristic", "supervised"]
    version: str


class Analysis(Answer):
    """The whole answer. The confidences and `none_of_these` sum to at most 1."""

    schema_version: Literal[1] = 1
    id: str | None = Field(default=None, description="Under which a database keeps it; null when none does.")
    incident: IncidentSummary
    causes: tuple[Cause, ...]
    none_of_these: float = Field(ge=0, le=1)
    ruled_out: tuple[FamilyNote, ...] = ()
    not_examined: tuple[FamilyNote, ...] = ()
    ranker: RankerInfo
    timings_ms: dict[str, float] = Field(default_factory=dict)
    warnings: tuple[str, ...] = Field(default=(), description="What the reader should know about the data.")
