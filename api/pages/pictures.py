"""Charts of the pages about many incidents: drawn once for each content, theme and width, and kept."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

from fastapi import Depends, Query
from fastapi.responses import Response

from api.pages.charts import Drawn
from api.pages.palette import PALETTES, Palette, Spec
from api.pages.specs import WIDTHS, Look
from api.problems import Problem
from rca.report.page_html import draw
from rca.report.review_charts import Ink

KEEP = "private, max-age=300"

_DRAWN = Drawn()


@dataclass(frozen=True, slots=True)
class Wanted:
    """How a chart is wanted: for which theme, and how wide."""

    theme: str
    size: str

    @property
    def look(self) -> Look:
        """Return colours and width."""
        return Look(PALETTES[self.theme], WIDTHS[self.size], timedelta())


def wanted(
    theme: Annotated[str, Query(pattern="^(light|dark)$")] = "light",
    size: Annotated[str, Query(pattern="^(wide|small)$")] = "wide",
) -> Wanted:
    """Return how a request wants its chart."""
    return Wanted(theme, size)


Picture = Annotated[Wanted, Depends(wanted)]


def picture(key: tuple[Any, ...], how: Wanted, spec: Callable[[Look], Spec | None]) -> Response:
    """Return a chart as SVG.

    Parameters
    ----------
    key
        What the chart's content depends on, besides theme and width.
    spec
        Returns the Vega-Lite document; called when the chart was not drawn before.

    Raises
    ------
    Problem
        404 when there is no such chart, or charts cannot be drawn here.
    """
    whole = (*key, how)
    svg = _DRAWN.get(whole)
    if svg is None:
        document = spec(how.look)
        svg = draw(document) if document else None
        if svg is None:
            raise Problem(404, "no-chart", "there is no such chart, or the extra `charts` is not installed")
        _DRAWN.keep(whole, svg)
    return Response(svg, media_type="image/svg+xml", headers={"Cache-Control": KEEP})


def ink_of(palette: Palette) -> Ink:
    """Return the colours of a report's charts in the look of the pages."""
    return Ink(palette.accent, palette.after, palette.before, palette.soft, palette.bad, "transparent")
