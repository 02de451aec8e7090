"""The two periods that an answer compares, as parameters of a query."""

from datetime import UTC, datetime
from typing import Any

from schemas.analysis import IncidentSummary

WHEN = """CASE WHEN ts >= $since AND ts < $until THEN 'since'
    WHEN ts >= $from AND ts < $to THEN 'before' END"""
"""Which period a row belongs to; null: neither."""


def parameters(seen: IncidentSummary) -> dict[str, Any]:
    """Return the bounds of the baseline and of the window, as the tables keep times."""
    bounds = (*seen.baseline, *seen.window)
    return dict(zip(("from", "to", "since", "until"), map(_naive, bounds), strict=True))


def _naive(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)
