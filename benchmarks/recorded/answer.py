"""One method's answer to one recorded fault: components in order, how sure, how long it took."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from schemas.analysis import Analysis

RANKING = ("candidates", "blame", "rank")
"""Stages that a peer's seconds stand beside: what is read and reduced from files is not among them."""


@dataclass(frozen=True)
class Answer:
    """One method's answer.

    Parameters
    ----------
    nodes
        Services, most suspicious first, each once.
    confidence, none_of_these
        Of the first cause and of none; NaN for methods without.
    seconds, ranking_seconds
        From the files, and for the ranking alone; NaN where not measured.
    told
        The first causes in words.
    """

    nodes: tuple[str, ...]
    confidence: float = float("nan")
    none_of_these: float = float("nan")
    seconds: float = float("nan")
    ranking_seconds: float = float("nan")
    told: tuple[str, ...] = ()

    @property
    def alarms(self) -> bool:
        """Return whether a cause is believed."""
        return bool(self.nodes) and self.confidence >= self.none_of_these

    def as_json(self) -> dict[str, Any]:
        """Return plain data; null for NaN."""
        return {name: None if value != value else value for name, value in asdict(self).items()}  # noqa: PLR0124 - NaN


def each_once(nodes: Iterable[str]) -> tuple[str, ...]:
    """Return names in order without those that came before."""
    return tuple(dict.fromkeys(nodes))


def of_engine(analysis: Analysis, seconds: float) -> Answer:
    """Return the engine's answer, which took so long from the files."""
    causes = analysis.causes
    return Answer(
        nodes=each_once(cause.node for cause in causes),
        confidence=causes[0].confidence if causes else 0.0,
        none_of_these=analysis.none_of_these,
        seconds=seconds,
        ranking_seconds=sum(analysis.timings_ms.get(stage, 0.0) for stage in RANKING) / 1000,
        told=tuple(f"{c.confidence:.2f} {c.family}/{c.mechanism} {c.node}:{c.subject}" for c in causes[:3]),
    )
