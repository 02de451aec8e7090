"""How pages are rendered: Jinja2 that escapes every text, and the words for times, shares and lengths of time.

Templates get `link(path)` for paths within the project, `asset(name)` for files of `static/`, and `here`, the entry of
the navigation that they belong to.
"""

import base64
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from api.pages.assets import asset_path
from rca.report.page import DASH, day, hours
from rca.report.words import chance, clean, moment, number, percent, spoken
from schemas.base import to_utc

FOLDER = Path(__file__).parent / "templates"

NAVIGATION = (
    ("incidents", "/incidents", "Incidents"),
    ("reviews", "/reviews", "Weekly review"),
    ("cases", "/cases", "Cases"),
    ("actions", "/actions", "Actions"),
    ("ranker", "/ranker", "Ranker"),
    ("system", "/system", "System"),
)
"""(name, path, words) of what the header leads to."""


def page(
    request: Request, template: str, *, status: int = 200, headers: Mapping[str, str] | None = None, **values: Any
) -> HTMLResponse:
    """Return a template as an answer.

    Parameters
    ----------
    template
        A file of `templates/`.
    values
        What it shows; all texts are escaped.
    """
    root = request.scope.get("root_path", "")
    text = (
        environment()
        .get_template(template)
        .render(
            request=request,
            link=lambda path, **query: linked(root, path, query),
            asset=lambda name: root + asset_path(name),
            navigation=NAVIGATION,
            **values,
        )
    )
    return HTMLResponse(text, status, headers)


@cache
def environment() -> Environment:
    """Return what renders the templates."""
    made = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "clean": clean,
        "spoken": spoken,
        "number": lambda value, digits=3: DASH if value is None else number(float(value), digits),
        "percent": lambda share: DASH if share is None else percent(share),
        "hours": hours,
        "day": lambda value: DASH if value is None else day(value),
        "when": when,
        "ago": ago,
        "segment": segment,
        "chance": lambda p_value: chance(p_value).capitalize(),
    }
    return made


def linked(root: str, path: str, query: Mapping[str, Any]) -> str:
    """Return a path within a project as a URL; what is None or empty of the query is left out."""
    told = {name: value for name, value in query.items() if value not in (None, "", False)}
    return f"{root}{path}{f'?{urlencode(told)}' if told else ''}"


def segment(name: str) -> str:
    """Return a name as one segment of a path: as it is, or `~` and its base64url where it holds a slash or the like."""
    if name.isascii() and all(letter.isalnum() or letter in "-_." for letter in name) and name not in (".", ".."):
        return name
    return quote("~" + base64.urlsafe_b64encode(name.encode()).decode().rstrip("="))


def when(value: datetime | date | None, *, year: bool = True) -> Markup | str:
    """Return a time as an element that the reader's clock can be asked for: in UTC, as it stands."""
    if value is None:
        return DASH
    if not isinstance(value, datetime):
        return Markup('<time datetime="{}">{}</time>').format(value.isoformat(), day(value))
    utc = to_utc(value)
    return Markup('<time datetime="{}" data-clock{}>{} UTC</time>').format(
        f"{utc:%Y-%m-%dT%H:%M:%SZ}", Markup(" data-year") if year else "", moment(utc, year=year)
    )


def ago(value: datetime | None, now: datetime) -> str:
    """Return how long ago something was: "5 min", "3 h", "2 d"."""
    if value is None:
        return DASH
    passed = max(timedelta(), to_utc(now) - to_utc(value))
    return hours(passed.total_seconds() / 3600)
