"""Colours and type of the charts, light and dark; the style sheet has the same."""

from dataclasses import dataclass
from typing import Any

FONT = "system-ui, -apple-system, Segoe UI, Noto Sans, Liberation Sans, DejaVu Sans, sans-serif"
SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"

Spec = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours of one theme; `before` and `after` differ in lightness too."""

    ink: str
    soft: str
    grid: str
    before: str
    after: str
    accent: str
    good: str
    warn: str
    bad: str
    sheet: str


LIGHT = Palette(
    ink="#1b1e23",
    soft="#585f69",
    grid="#e6e8eb",
    before="#8a94a3",
    after="#d9603b",
    accent="#4049c7",
    good="#14713c",
    warn="#b26b00",
    bad="#b3261e",
    sheet="#ffffff",
)
DARK = Palette(
    ink="#e7e9ec",
    soft="#a2a9b4",
    grid="#2b3038",
    before="#7d8794",
    after="#f08a62",
    accent="#a3acff",
    good="#6fd196",
    warn="#f0b659",
    bad="#ff8f86",
    sheet="#171a1f",
)
PALETTES = {"light": LIGHT, "dark": DARK}


def dressed(spec: Spec, palette: Palette) -> Spec:
    """Return a Vega-Lite document with the look of the pages."""
    axis = {
        "labelColor": palette.soft,
        "titleColor": palette.soft,
        "gridColor": palette.grid,
        "domainColor": palette.grid,
        "tickColor": palette.grid,
        "labelFont": FONT,
        "titleFont": FONT,
        "labelFontSize": 11,
        "titleFontSize": 11,
        "titleFontWeight": "normal",
        "labelLimit": 260,
    }
    words = {"labelFont": FONT, "titleFont": FONT, "labelColor": palette.ink, "titleColor": palette.soft}
    config = {
        "font": FONT,
        "view": {"stroke": None},
        "axis": axis,
        "legend": words
        | {
            "labelFontSize": 11,
            "orient": "top",
            "title": None,
            "symbolType": "square",
            "symbolBaseFillColor": palette.soft,
        },
        "header": words,
        "text": {"font": FONT, "fontSize": 11, "color": palette.soft},
        "range": {"category": [palette.before, palette.after, palette.accent]},
    }
    return {
        "$schema": SCHEMA,
        "background": "transparent",
        "padding": {"left": 10, "top": 4, "right": 8, "bottom": 4},
        "config": config,
    } | spec


def periods(palette: Palette) -> Spec:
    """Return the colour channel of what is compared: before, and since."""
    scale = {"domain": ["before", "since"], "range": [palette.before, palette.after]}
    return {"field": "when", "type": "nominal", "scale": scale}
