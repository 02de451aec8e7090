"""Untrusted text made safe to print, and numbers, times and p-values as people read them."""

import math
import unicodedata
from datetime import UTC, datetime

from schemas.base import to_utc

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
"""Month names in English: `strftime` would follow the reader's locale half of the time."""

UNSAFE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
"""Unicode categories that may move the cursor, hide or reorder text."""

CHANCE = (
    (1e-6, "chance alone would practically never do this"),
    (1e-3, "chance alone would very rarely do this"),
    (0.01, "chance alone would rarely do this"),
    (0.05, "chance alone would seldom do this"),
    (1.0, "chance alone could well do this"),
)


def clean(text: object, limit: int = 2000) -> str:
    """Return one line of printable text: no control, format or direction characters, at most `limit` long.

    Names and sentences of an analysis come from logged data; an escape sequence in a column name
    must not reach the terminal.
    """
    flat = "".join(_printable(character) for character in str(text)[: limit + 1])
    flat = " ".join(flat.split())
    return flat if len(flat) <= limit else flat[: limit - 3] + "..."


def _printable(character: str) -> str:
    if character.isspace():
        return " "
    return "�" if unicodedata.category(character) in UNSAFE else character


def spoken(identifier: str) -> str:
    """Return `data_quality` as "data quality"."""
    return clean(identifier).replace("_", " ")


def number(value: float, digits: int = 3) -> str:
    """Return a number with so many significant digits, without exponents where people read none."""
    if not math.isfinite(value):
        return "unknown"
    size = abs(value)
    if size and (size < 1e-4 or size >= 1e9):  # noqa: PLR2004
        return f"{value:.{digits - 1}e}"
    whole = math.floor(math.log10(size)) + 1 if size >= 1 else 0
    decimals = max(0, digits - whole) if size >= 1 or not size else digits - 1 - math.floor(math.log10(size))
    return f"{value:,.{decimals}f}"


def pair(before: float | None, after: float | None, metric: str) -> tuple[str, str]:
    """Return two values of a metric with as many digits as it takes to tell them apart, and the unit."""
    unit = " ms" if metric.startswith("latency_") else ""
    texts = ("unknown", "unknown")
    for digits in range(3, 8):
        texts = (
            "unknown" if before is None else number(before, digits),
            "unknown" if after is None else number(after, digits),
        )
        if texts[0] != texts[1]:
            break
    return (
        texts[0] if texts[0] == "unknown" else texts[0] + unit,
        texts[1] if texts[1] == "unknown" else texts[1] + unit,
    )


def percent(share: float) -> str:
    """Return a share of [0, 1] as a percentage; what is neither 0 nor 1 is not rounded to it."""
    if 0 < share < 0.01:  # noqa: PLR2004
        return "<1%"
    if 0.99 < share < 1:  # noqa: PLR2004
        return ">99%"
    return f"{100 * share:.0f}%"


def chance(p_value: float) -> str:
    """Return a p-value in words and as a number."""
    words = next(words for limit, words in CHANCE if p_value <= limit)
    if p_value < 1e-12:  # noqa: PLR2004
        return f"{words} (p < 1e-12)"
    shown = f"{p_value:.1g}".replace("e-0", "e-") if p_value < 0.01 else f"{p_value:.2f}"  # noqa: PLR2004
    return f"{words} (p = {shown})"


def moment(value: datetime, *, year: bool = False) -> str:
    """Return a time in UTC as "4 Mar 10:00" or "4 Mar 2026 10:00"."""
    utc = to_utc(value)
    date = f"{utc.day} {MONTHS[utc.month - 1]}" + (f" {utc.year}" if year else "")
    return f"{date} {utc:%H:%M}"


def parse_moment(value: object) -> datetime | None:
    """Return a time given as `datetime`, ISO 8601 text or seconds since 1970; None when it is no time."""
    try:
        if isinstance(value, datetime):
            return to_utc(value)
        if isinstance(value, (int, float)):
            return datetime.fromtimestamp(value, UTC)
        return to_utc(datetime.fromisoformat(str(value)))
    except (ValueError, OverflowError, OSError):
        return None


def milliseconds(value: float) -> str:
    """Return a duration as "340 ms" or "1.2 s"."""
    return f"{value:.0f} ms" if value < 1000 else f"{value / 1000:.1f} s"  # noqa: PLR2004
