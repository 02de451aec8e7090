"""ISO weeks, as they are written: 2026-W47, from Monday 00:00 UTC."""

import re
from datetime import UTC, datetime, timedelta

from rca.errors import InputError

WEEK = timedelta(weeks=1)
_WRITTEN = re.compile(r"(\d{4})-W(\d{2})", re.ASCII)


def week_of(moment: datetime) -> str:
    """Return the week in which a moment lies."""
    year, week, _ = moment.astimezone(UTC).isocalendar()
    return f"{year:04d}-W{week:02d}"


def week_start(week: str) -> datetime:
    """Return the Monday, 00:00 UTC, on which a week begins.

    Raises
    ------
    InputError
        When it is not the name of a week.

    Examples
    --------
    >>> week_start("2026-W47").isoformat()
    '2026-11-16T00:00:00+00:00'
    """
    written = _WRITTEN.fullmatch(week)
    try:
        if written:
            return datetime.fromisocalendar(int(written[1]), int(written[2]), 1).replace(tzinfo=UTC)
    except ValueError:
        pass
    raise InputError(f"{week!r} is not a week", mend="write it as 2026-W47 (ISO week, from Monday)")
