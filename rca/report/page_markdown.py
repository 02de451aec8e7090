"""A page as Markdown: untrusted text cannot become markup, a link, a table's border or HTML."""

import re
from collections.abc import Iterator

from rca.report.page import Block, Bullets, Figure, Grid, Page, Text
from rca.report.words import clean

_MARKUP = re.compile(r"[\\`*\[\]<>|~#$!&]|(?<![^\W_])_|_(?![^\W_])")
"""What is markup anywhere; an underscore inside a word is none."""

_OPENING = re.compile(r"^(\d*)([-+=.)])(?=\s|$|[-=])")
"""What begins a list or underlines a heading."""


def markdown(page: Page) -> str:
    """Return a page as Markdown (CommonMark with tables)."""
    parts = [f"# {plain(page.title)}", plain(page.line)]
    for section in page.sections:
        parts.append(f"## {plain(section.heading)}")
        parts += ["\n".join(_lines(block)) for block in section.blocks]
    return "\n\n".join(part for part in parts if part) + "\n"


def plain(text: object) -> str:
    """Return untrusted text as Markdown that shows it as it is, on one line."""
    return _OPENING.sub(r"\1\\\2", _MARKUP.sub(r"\\\g<0>", clean(text)))


def _lines(block: Block) -> Iterator[str]:
    match block:
        case Text():
            text = plain(block.text)
            yield f"**{text}**" if block.strong and text else text
        case Bullets():
            yield from (f"* {plain(item)}" for item in block.items)
        case Figure():
            yield plain(block.words)
        case Grid():
            yield from _table(block)


def _table(grid: Grid) -> Iterator[str]:
    yield f"**{plain(grid.caption)}**"
    yield ""
    yield _row([plain(cell) for cell in grid.head])
    yield _row(["---:" if place in grid.numbers else "---" for place in range(len(grid.head))])
    yield from (_row([plain(cell) for cell in row]) for row in grid.rows)


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"
