"""How good the answers have been so far, as far as it is settled: by confidence, by family, and over time."""

from dataclasses import dataclass

from rca.incidents import refresh
from rca.warehouse import Warehouse

BINS = 10
TRAILING = 50
"""The learning curve is over so many incidents, or over all while there are fewer."""

MOST_POINTS = 300

_SETTLED = "FROM incident_overview WHERE outcome IS NOT NULL AND state <> 'merged'"

_CALIBRATION = f"""
SELECT least(floor(judged_confidence * {BINS}), {BINS - 1})::INTEGER AS bin, count(*), avg(judged_confidence),
    count(*) FILTER (judged_right)
{_SETTLED} AND judged_confidence IS NOT NULL AND judged_right IS NOT NULL GROUP BY bin ORDER BY bin
"""

_FAMILIES = f"""
SELECT right_family, count(*), count(*) FILTER (right_rank = 1), count(*) FILTER (right_rank <= 3)
{_SETTLED} AND outcome = 'cause' GROUP BY right_family ORDER BY count(*) DESC, right_family
"""

_CURVE = f"""
-- a row is a settled incident in the order in which they settled, with the rates over the latest until it
WITH curve AS (
    SELECT row_number() OVER told AS n, count(*) OVER () AS everything,
        avg((coalesce(right_rank, 999) <= 1)::INTEGER) OVER told AS ac1,
        avg((coalesce(right_rank, 999) <= 3)::INTEGER) OVER told AS ac3
    {_SETTLED} AND outcome = 'cause'
    WINDOW told AS (ORDER BY right_at, incident ROWS BETWEEN {TRAILING - 1} PRECEDING AND CURRENT ROW)
)
SELECT n, ac1, ac3 FROM curve WHERE n % greatest(1, everything // {MOST_POINTS}) = 0 OR n = everything ORDER BY n
"""


@dataclass(frozen=True, slots=True)
class Bin:
    """First causes that were shown with a confidence in [low, high): how many, their mean, and how many were right."""

    low: float
    high: float
    n: int
    said: float
    right: int


@dataclass(frozen=True, slots=True)
class FamilyQuality:
    """Settled incidents of a family: how many, and of how many the cause was first, and among the first three."""

    family: str
    n: int
    first: int
    third: int


@dataclass(frozen=True, slots=True)
class Learned:
    """AC@1 and AC@3 over the latest `TRAILING` of the first n settled incidents."""

    n: int
    ac1: float
    ac3: float


@dataclass(frozen=True, slots=True)
class Answers:
    """How good the answers have been."""

    calibration: tuple[Bin, ...]
    families: tuple[FamilyQuality, ...]
    curve: tuple[Learned, ...]

    @property
    def settled(self) -> int:
        """Return how many incidents have a settled cause."""
        return sum(each.n for each in self.families)

    @property
    def judged(self) -> int:
        """Return of how many first causes it is settled whether they were right."""
        return sum(each.n for each in self.calibration)

    def share(self, places: int) -> float | None:
        """Return the share of settled causes that were listed first (1) or among the first three; None without any."""
        hits = sum(each.first if places == 1 else each.third for each in self.families)
        return hits / self.settled if self.settled else None

    @property
    def calibration_error(self) -> float | None:
        """Return the expected calibration error over ten bins; None without any."""
        off = sum(abs(each.n * each.said - each.right) for each in self.calibration)
        return off / self.judged if self.judged else None


def answers(warehouse: Warehouse) -> Answers:
    """Return how good the answers have been."""
    refresh(warehouse)
    read = warehouse.connection.execute
    return Answers(
        tuple(
            Bin(bin_ / BINS, (bin_ + 1) / BINS, n, said, right)
            for bin_, n, said, right in read(_CALIBRATION).fetchall()
        ),
        tuple(FamilyQuality(*row) for row in read(_FAMILIES).fetchall()),
        tuple(Learned(*row) for row in read(_CURVE).fetchall()),
    )
