"""What probabilities have been worth so far: how often first causes that were shown with such a one were right."""

from dataclasses import dataclass
from math import floor

from rca.warehouse import Warehouse

BINS = 20
NEAR = 2
"""So many bins on either side count: a tenth."""
FEWEST = 5
"""Fewer settled incidents tell nothing."""


@dataclass(frozen=True, slots=True)
class Reliability:
    """Of `of` first causes shown with `low` to `high`, `right` were settled as right."""

    low: float
    high: float
    right: int
    of: int

    @property
    def share(self) -> float | None:
        """Return the share that was right; None where too few were settled."""
        return self.right / self.of if self.of >= FEWEST else None


@dataclass(frozen=True, slots=True)
class Reliabilities:
    """Settled incidents by the confidence of their first cause, in twentieths: how many, and how many were right."""

    counts: dict[int, tuple[int, int]]

    def near(self, confidence: float) -> Reliability:
        """Return what probabilities within a tenth of this one have been worth."""
        bin_ = min(BINS - 1, floor(confidence * BINS))
        low, high = max(0, bin_ - NEAR), min(BINS - 1, bin_ + NEAR)
        found = [self.counts.get(each, (0, 0)) for each in range(low, high + 1)]
        return Reliability(low / BINS, (high + 1) / BINS, sum(right for _, right in found), sum(n for n, _ in found))


def reliabilities(warehouse: Warehouse) -> Reliabilities:
    """Return what is settled of the first causes; reads the overview, which `rca.incidents.refresh` keeps in step."""
    rows = warehouse.connection.execute(
        "SELECT least(floor(judged_confidence * ?), ?)::INTEGER, count(*), count(*) FILTER (judged_right) "
        "FROM incident_overview WHERE judged_right IS NOT NULL AND state <> 'merged' GROUP BY 1",
        [BINS, BINS - 1],
    ).fetchall()
    return Reliabilities({bin_: (n, right) for bin_, n, right in rows})
