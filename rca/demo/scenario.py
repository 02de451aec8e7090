"""A scenario: which faults and innocent events happen, and which symptom somebody reports."""

from dataclasses import dataclass, field, replace

from rca.demo.domain import Domain
from rca.demo.world import Effect, Fault, Truth


@dataclass(frozen=True, slots=True)
class Gap:
    """Hours in which telemetry was lost.

    Parameters
    ----------
    source
        A model's node (its prediction log), `traces` or `kpis`.
    onset, until
        Days before the end of the log at which the gap begins and ends.
    """

    source: str
    onset: float
    until: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """Which evidence the bundle carries, and in what form.

    Parameters
    ----------
    traces
        Requests whose spans are kept; 0 for none.
    resources, resource_minutes, resource_days
        Whether services report metrics; how often their resources are measured, minutes; of how
        many last days (None: all).
    trained_rows, splits
        Rows of training time in the log, 0 for none, and of which splits.
    labels, label_delay, label_ts
        Whether labels are logged, how many days after the request, and whether that time is logged.
    upstream_log
        Whether models before the final one log at all.
    batch_hours
        How long a batch of the prediction logs is.
    """

    traces: int = 2000
    otlp: bool = False
    lineage: bool = True
    resources: bool = True
    resource_minutes: float = 60.0
    resource_days: float | None = None
    latency_kpis: bool = True
    trained_rows: int = 1500
    splits: tuple[str, ...] = ("train", "validation")
    labels: bool = True
    label_delay: float = 1.0
    label_ts: bool = False
    upstream_log: bool = True
    batch_hours: int = 24
    gaps: tuple[Gap, ...] = ()


@dataclass(frozen=True, slots=True)
class Scenario:
    """One incident to simulate.

    Parameters
    ----------
    faults
        The causes, none for an incident that is natural fluctuation.
    distractors
        Innocent effects.
    node, metric
        What the incident reports.
    direction, title
        Optional parts of `incident.json`.
    start_day
        First day of the log, ISO date; the log lasts `days` days and ends at the moment of detection.
    """

    name: str
    node: str
    metric: str
    faults: tuple[Fault, ...] = ()
    distractors: tuple[Effect, ...] = ()
    direction: str | None = None
    title: str | None = None
    severity: str | None = None
    start_day: str = "2026-09-28"
    days: float = 42.0
    evidence: Evidence = field(default_factory=Evidence)

    def truths(self, domain: Domain) -> tuple[Truth, ...]:
        """Return the right answers, none for natural fluctuation."""
        return tuple(fault.cause(domain) for fault in self.faults)

    def without_faults(self) -> "Scenario":
        """Return the same stretch of traffic with the innocent events only."""
        return replace(self, faults=())
