"""How far reviewers agree beyond chance: Cohen's kappa of each pair, and one figure for all.

Cohen, "A Coefficient of Agreement for Nominal Scales", Educ. Psychol. Meas. 20, 1960. The pooled figure takes the
agreement and the chance agreement of all pairs together, each item weighing alike (De Vries et al., "Using Pooled Kappa
to Summarize Interrater Agreement across Many Items", Field Methods 20, 2008): a mean of kappas from few items each
would be mostly noise.
"""

from rca.warehouse import Warehouse
from rca.weekly.frame import Period, rows
from schemas.weekly import Agreement, ReviewerPair

MOST_PAIRS = 10
"""Pairs that are listed, those with the most items."""

_PAIRS = """
, said AS (
    SELECT v.incident, v.who, v.cause, v.agrees FROM standing_verdicts AS v SEMI JOIN frame USING (incident)
    WHERE v.noted_at >= $window AND v.noted_at < $until
)
-- a row is a pair of reviewers: how many causes both judged, how often alike, and how often each said that it was right
SELECT a.who, b.who, count(*), count(*) FILTER (a.agrees = b.agrees), count(*) FILTER (a.agrees),
    count(*) FILTER (b.agrees)
FROM said AS a JOIN said AS b ON a.incident = b.incident AND a.cause = b.cause AND a.who < b.who
GROUP BY a.who, b.who ORDER BY count(*) DESC, a.who, b.who
"""


def agreement(warehouse: Warehouse, period: Period) -> Agreement:
    """Return the agreement of the reviewers over the 90 days that end with the week."""
    found = rows(warehouse, _PAIRS, period.end, window=period.window)
    items = sum(n for _, _, n, *_ in found)
    alike = sum(same for _, _, _, same, *_ in found)
    chance = sum(n * _chance(n, one, other) for _, _, n, _, one, other in found)
    pairs = tuple(
        ReviewerPair(first=a, second=b, items=n, kappa=kappa(same, n * _chance(n, one, other), n))
        for a, b, n, same, one, other in found[:MOST_PAIRS]
    )
    return Agreement(kappa=kappa(alike, chance, items), items=items, pairs=pairs)


def kappa(alike: float, chance: float, items: int) -> float | None:
    """Return how far agreement exceeds chance's, as a share of what it could; None where chance leaves no room.

    Parameters
    ----------
    alike, chance
        Items on which two agreed, and on which chance would let them agree.

    Examples
    --------
    >>> kappa(8, 5.0, 10)
    0.6
    """
    return (alike - chance) / (items - chance) if items > chance else None


def _chance(items: int, one: int, other: int) -> float:
    """Return the share of items on which chance lets two agree, given how often each says that a cause was right."""
    p, q = one / items, other / items
    return p * q + (1 - p) * (1 - q)
