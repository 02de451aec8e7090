"""A page for people, apart from how it is written down: sections of text, tables and charts.

`rca.report.page_markdown` and `rca.report.page_html` write it. All texts are plain and untrusted: each writer escapes
them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from rca.report.words import MONTHS, clean, number
from schemas.base import to_utc

DASH = "–"  # noqa: RUF001 - an empty cell


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph; `strong`: what the reader should see first."""

    text: str
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list."""

    items: Sequence[str]


@dataclass(frozen=True, slots=True)
class Grid:
    """A table; `numbers` are the columns that are aligned to the right."""

    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    numbers: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart: a Vega-Lite document, and the same in words for whoever does not see it."""

    caption: str
    words: str
    spec: Mapping[str, Any]


Block = Text | Bullets | Grid | Figure


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands under it."""

    heading: str
    blocks: Sequence[Block]


@dataclass(frozen=True, slots=True)
class Page:
    """A page: a title, a line below it, and sections."""

    title: str
    line: str
    sections: Sequence[Section]


def day(value: datetime | date) -> str:
    """Return a day as "4 Mar 2026"."""
    moment = to_utc(value) if isinstance(value, datetime) else value
    return f"{moment.day} {MONTHS[moment.month - 1]} {moment.year}"


def hours(value: float | None) -> str:
    """Return a length of time as people say it: minutes, hours, or days."""
    if value is None:
        return DASH
    if value < 2:  # noqa: PLR2004
        return f"{60 * value:.0f} min"
    return f"{number(value, 2)} h" if value < 72 else f"{number(value / 24, 2)} d"  # noqa: PLR2004


def rate(value: float | None, digits: int = 2) -> str:
    """Return a figure of [0, 1] with so many decimals."""
    return DASH if value is None else f"{value:.{digits}f}"


def named(name: str | None, other: str = DASH) -> str:
    """Return a name on one line."""
    return clean(name, 200) if name else other
