"""A scenario: which faults and innocent events happen, and which symptom somebody reports."""

from dataclasses import dataclass, field, replace

from rca.demo.domain import Domain
from rca.demo.world import Effect, Fault, Truth


@dataclass(frozen=True, slots=True)
class Evidence:
    """Which evidence the bundle carries, and in what form."""

    traces: int = 2000
    otlp: bool = False
    lineage: bool = True
    resources: bool = True
    latency_kpis: bool = True
    trained_rows: int = 1500
    label_delay: float = 1.0
    upstream_log: bool = True


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
