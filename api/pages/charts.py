"""Charts under URLs of their own: drawn once for each answer, theme and width, and kept.

Drawing one takes a tenth of a second, and the first one a second: so pages show them lazily, and the drawing is warmed
up when the service starts.
"""

import importlib.util
import threading
from collections import OrderedDict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from fastapi import Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from api.pages.contrasts import contrast_spec
from api.pages.evidence import charts
from api.pages.palette import PALETTES, Spec
from api.pages.person import Reader
from api.pages.route import pages
from api.pages.specs import WIDTHS, Look, symptom_spec
from api.problems import Problem
from api.routes.incidents import Name, named
from rca.incidents import handled, timeline
from rca.report.page_html import draw
from rca.review import kept_analysis
from rca.warehouse import Warehouse
from schemas.analysis import Analysis
from schemas.handling import TimelineEntry

KEPT = 512
KEEP = "private, max-age=86400"
FURTHEST = 14 * 60
"""Minutes that a clock can be ahead of or behind UTC."""

router = pages()


class Wanted(BaseModel):
    """How a chart is wanted; `offset` is by how many minutes its clock is ahead of UTC."""

    theme: Literal["light", "dark"] = "light"
    size: Literal["wide", "small"] = "wide"
    offset: int = Field(default=0, ge=-FURTHEST, le=FURTHEST)

    def look(self) -> Look:
        """Return the colours, width and clock."""
        return Look(PALETTES[self.theme], WIDTHS[self.size], timedelta(minutes=self.offset))


class Drawn:
    """The charts that were drawn last."""

    def __init__(self) -> None:
        self.found: OrderedDict[tuple[Any, ...], str] = OrderedDict()
        self.lock = threading.Lock()

    def get(self, key: tuple[Any, ...]) -> str | None:
        """Return a chart that was drawn before."""
        with self.lock:
            if key in self.found:
                self.found.move_to_end(key)
            return self.found.get(key)

    def keep(self, key: tuple[Any, ...], svg: str) -> None:
        """Keep a chart; the one that was not asked for the longest goes."""
        with self.lock:
            self.found[key] = svg
            if len(self.found) > KEPT:
                self.found.popitem(last=False)


_DRAWN = Drawn()


def can_draw() -> bool:
    """Return whether charts can be drawn here: the extra `charts` is installed."""
    return importlib.util.find_spec("vl_convert") is not None


def warm_up() -> None:
    """Let the first chart be drawn in the background, so that no reader waits for it."""
    if can_draw():
        spec = {
            "data": {"values": [{"a": 1}]},
            "mark": "point",
            "encoding": {"x": {"field": "a", "type": "quantitative"}},
        }
        threading.Thread(target=draw, args=(spec,), name="charts", daemon=True).start()


@router.get("/incidents/{incident}/charts/{analysis}/{chart}.svg")
def show_chart(
    request: Request, _: Reader, incident: Name, analysis: str, chart: str, look: Annotated[Wanted, Query()]
) -> Response:
    """Draw one chart of an incident's answer."""
    store = request.app.state.service.store
    name = named(incident)
    with store.reading() as warehouse:
        version = handled(warehouse, name).version
        key = (str(store.path), name, version, analysis, chart, look.theme, look.size, look.offset)
        svg = _DRAWN.get(key)
        spec = None if svg else _spec(warehouse, name, analysis, chart, look.look())
    if svg is None:
        svg = draw(spec) if spec else None
        if svg is None:
            raise Problem(404, "no-chart", "there is no such chart, or the extra `charts` is not installed")
        _DRAWN.keep(key, svg)
    return Response(svg, media_type="image/svg+xml", headers={"Cache-Control": KEEP})


def _spec(warehouse: Warehouse, incident: str, analysis: str, chart: str, look: Look) -> Spec | None:
    answer = kept_analysis(warehouse, analysis)
    if answer.incident.id != incident:
        raise Problem(404, "no-chart", "this answer is of another incident")
    if chart == "symptom":
        detected = handled(warehouse, incident).incident.detected_at
        return symptom_spec(answer.incident, detected, changes_of(timeline(warehouse, incident)), look)
    return _evidence(answer, chart, look) or contrast_spec(warehouse, answer, chart, look)


def changes_of(told: Iterable[TimelineEntry]) -> list[tuple[datetime, str]]:
    """Return the change events of a timeline: when, and what."""
    return [(each.at, each.text) for each in told if each.kind == "change"]


def _evidence(answer: Analysis, chart: str, look: Look) -> Spec | None:
    found = (each for cause in answer.causes for name, each in charts(cause) if name == chart)
    shown = next(found, None)
    return shown.draw(look) if shown and shown.draw else None
