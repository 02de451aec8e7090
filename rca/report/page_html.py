"""A page as one HTML file that needs nothing else: no script, no font, no network; it prints on A4 and letter.

Jinja escapes every text. Charts are SVG drawn by vl-convert (the extra `charts`); without it their words stand in.
"""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from rca.report.page import Block, Figure, Page
from rca.report.words import clean

_IDS = re.compile(r'(\bid="|url\(#|href="#)([\w-]+)')


def html(page: Page) -> str:
    """Return a page as HTML."""
    numbered = iter(range(10_000))
    return _template().render(
        page=page, kind=lambda block: type(block).__name__, svg=lambda figure: _svg(figure, next(numbered))
    )


@cache
def _template() -> Template:
    found = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters["clean"] = clean
    return found.get_template("page.html")


def _svg(figure: Block, number: int) -> str | None:
    """Return a chart as SVG, in which vl-convert escaped the texts of the data; None where it cannot be drawn."""
    drawn = draw(figure.spec) if isinstance(figure, Figure) else None
    if drawn is None:
        return None
    return _IDS.sub(rf"\g<1>c{number}-\g<2>", drawn)


def draw(spec: Mapping[str, Any]) -> str | None:
    """Return a Vega-Lite document as SVG; None where vl-convert is not installed."""
    try:
        import vl_convert  # noqa: PLC0415 - an extra, and slow to import
    except ImportError:
        return None
    return str(vl_convert.vegalite_to_svg(dict(spec)))
