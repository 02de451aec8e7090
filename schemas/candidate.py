"""What a candidate generator answers: candidates, or why there are none."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from schemas.analysis import EvidenceItem


@dataclass(frozen=True, slots=True)
class Candidate:
    """A proposed cause, before blame and ranking.

    Parameters
    ----------
    family, node, subject
        The cause (CONTRACT section 2). `node` is where the fault originates.
    impact
        Share of the symptom explained, in [0, 1], by the estimator that the evidence names.
    strength
        How far beyond its own normal variation the anomaly is: a robust z-score, >= 0.
    specificity
        How unmistakable the family's signature is, in [0, 1].
    onset, onset_low, onset_high
        When the anomaly began, UTC, with a 90 % interval; None when unknown.
    observed_at
        The node whose data show the anomaly (the model that reads a column, say).
    explains
        Keys of the anomalies that this cause would explain away: `("column", node, column)`,
        `("output", node)`, `("metric", node, metric)`.
    features
        Further ranking features, family-specific, finite numbers.
    """

    family: str
    node: str
    subject: str | None
    impact: float
    strength: float
    specificity: float
    summary: str
    mechanism: str | None = None
    slice: str | None = None
    observed_at: str | None = None
    onset: datetime | None = None
    onset_low: datetime | None = None
    onset_high: datetime | None = None
    evidence: tuple[EvidenceItem, ...] = ()
    verify: str = ""
    remedy: str = ""
    explains: tuple[tuple[str, ...], ...] = ()
    features: Mapping[str, float] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, str, str | None]:
        """Return the cause's identity: (family, node, subject)."""
        return (self.family, self.node, self.subject)


@dataclass(frozen=True, slots=True)
class Findings:
    """The answer of one generator: candidates, or the reason why there are none.

    Exactly one of `candidates`, `ruled_out`, `not_examined` is non-empty.
    """

    candidates: tuple[Candidate, ...] = ()
    ruled_out: str | None = None
    not_examined: str | None = None
    notes: Mapping[str, Any] = field(default_factory=dict)
