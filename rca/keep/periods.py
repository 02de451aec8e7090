"""Stretches of whole hours: what to remove, what to spare, what was removed before."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

Period = tuple[datetime, datetime]
"""From, to (excluded); naive UTC, as the warehouse keeps it."""

HOUR = timedelta(hours=1)


def floor_hour(moment: datetime) -> datetime:
    """Return the start of the hour.

    Examples
    --------
    >>> floor_hour(datetime(2026, 3, 1, 10, 59))
    datetime.datetime(2026, 3, 1, 10, 0)
    """
    return moment.replace(minute=0, second=0, microsecond=0)


def ceil_hour(moment: datetime) -> datetime:
    """Return the end of the hour that holds the moment; a whole hour stays."""
    start = floor_hour(moment)
    return start if start == moment else start + HOUR


def united(periods: Iterable[Period]) -> list[Period]:
    """Return the same moments as the fewest periods, in order."""
    out: list[Period] = []
    for start, stop in sorted(periods):
        if start >= stop:
            continue
        if out and start <= out[-1][1]:
            out[-1] = (out[-1][0], max(out[-1][1], stop))
        else:
            out.append((start, stop))
    return out


def without(period: Period, spared: Sequence[Period]) -> list[Period]:
    """Return what is left of a period without others."""
    left: list[Period] = []
    start, stop = period
    for low, high in united(spared):
        if high <= start or low >= stop:
            continue
        left.append((start, low))
        start = max(start, high)
    left.append((start, stop))
    return [(low, high) for low, high in left if low < high]


def inside(periods: Iterable[Period], column: str) -> str:
    """Return the SQL condition that a time lies in one of the periods."""
    each = [f"({column} >= TIMESTAMP '{start}' AND {column} < TIMESTAMP '{stop}')" for start, stop in periods]
    return f"({' OR '.join(each)})" if each else "FALSE"
