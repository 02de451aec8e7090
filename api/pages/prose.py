"""Markdown that people wrote, as HTML: no markup of their own, no links and no pictures, so that nothing leads away."""

from functools import cache

from markdown_it import MarkdownIt
from markupsafe import Markup

NOT_TAKEN = ("link", "image", "autolink", "html_inline", "html_block", "reference")


@cache
def _reader() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).enable("table").disable(list(NOT_TAKEN))


def prose(text: str) -> Markup:
    """Return Markdown as HTML in which every text is escaped."""
    return Markup(_reader().render(text))  # noqa: S704 - the reader escapes all text and makes no links
