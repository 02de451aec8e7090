"""What an ingest did, in numbers."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class SourceReport:
    """One source: files landed, rows kept, rows and values set aside, files skipped as already ingested."""

    source: str
    files: int = 0
    rows: int = 0
    quarantined: int = 0
    skipped: int = 0


@dataclass(frozen=True, slots=True)
class IngestReport:
    """All sources of one ingest, and what the reader should know about the files."""

    sources: tuple[SourceReport, ...]
    warnings: tuple[str, ...] = ()

    def total(self, count: str) -> int:
        """Return the sum over the sources of `files`, `rows`, `quarantined` or `skipped`."""
        return sum(getattr(source, count) for source in self.sources)


@dataclass(slots=True)
class Tally:
    """The running counts of an ingest under way."""

    counts: dict[str, Counter[str]] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    def add(self, source: str, count: str, n: int) -> None:
        """Add n to one count of one source."""
        self.counts.setdefault(source, Counter())[count] += n

    def warn(self, text: str) -> None:
        """Keep a warning once."""
        if text not in self.warnings:
            self.warnings.append(text)

    def report(self) -> IngestReport:
        """Return the counts so far, frozen."""
        sources = tuple(SourceReport(source, **counts) for source, counts in self.counts.items())
        return IngestReport(sources, tuple(self.warnings))
