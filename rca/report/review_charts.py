"""The charts of the weekly review, as Vega-Lite documents. Colours are told apart in grey as well."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from schemas.weekly import Pareto, RankerWeek, RateChart, WeekFigures, WeeklyReview

WIDTH, HEIGHT = 640, 200
FEW_TICKS = 8
STROKES = {"symbolType": "stroke", "symbolSize": 300, "symbolStrokeWidth": 2}
"""The legend of lines shows lines."""
_SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"

Spec = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Ink:
    """Colours of a chart: the first, second and third series, lines that help, and what calls for a look."""

    first: str
    second: str
    third: str
    soft: str
    alarm: str
    paper: str


PRINTED = Ink("#1d4ed8", "#b45309", "#6b7280", "#6b7280", "#b91c1c", "white")

_WEEKS: Spec = {
    "field": "week",
    "type": "ordinal",
    "title": None,
    "sort": None,
    "axis": {"labelAngle": 0, "labelOverlap": True, "labelExpr": "slice(datum.label, 5)"},
}


def review_chart(review: WeeklyReview, name: str, ink: Ink = PRINTED) -> Spec | None:
    """Return one of the review's charts: rate, times, ranker, or pareto- and its aspect; None without such a chart."""
    match name:
        case "rate":
            return rate_spec(review.chart, ink)
        case "times":
            return times_spec(review.trend, ink)
        case "ranker":
            return ranker_spec(review.ranker, ink)
    aspect = name.removeprefix("pareto-")
    found = next((each for each in review.pareto if each.aspect == aspect and each.bars), None)
    return pareto_spec(found, ink) if found else None


def rate_spec(chart: RateChart, ink: Ink = PRINTED) -> Spec:
    """Return incidents a week between their limits; signals are red and larger."""
    rows = [
        {"week": week, "incidents": count, "signal": week in chart.signals}
        for week, count in zip(chart.weeks, chart.counts, strict=True)
    ]
    y = {"field": "incidents", "type": "quantitative", "title": "incidents", "axis": {"tickMinStep": 1}}
    points = {
        "mark": {"type": "point", "filled": True, "opacity": 1},
        "encoding": {
            "x": _WEEKS,
            "y": y,
            "color": {"condition": {"test": "datum.signal", "value": ink.alarm}, "value": ink.first},
            "size": {"condition": {"test": "datum.signal", "value": 120}, "value": 40},
        },
    }
    rules = [
        {
            "data": {"values": [{"at": at}]},
            "mark": {"type": "rule", "color": ink.soft, "strokeDash": dash},
            "encoding": {"y": {"field": "at", "type": "quantitative"}},
        }
        for at, dash in ((chart.centre, [1, 0]), (chart.lower, [6, 4]), (chart.upper, [6, 4]))
        if at is not None
    ]
    line = {"mark": {"type": "line", "color": ink.first}, "encoding": {"x": _WEEKS, "y": y}}
    return framed({"data": {"values": rows}, "layer": [line, points, *rules]}, ink)


def pareto_spec(pareto: Pareto, ink: Ink = PRINTED) -> Spec:
    """Return bars of incidents, the longest on top, with the cumulated share as a line."""
    rows = [
        {
            "name": (bar.name or "not known").replace("_", " ")[:40],
            "incidents": bar.incidents,
            "share": min(1.0, bar.cumulative),
        }
        for bar in pareto.bars
    ]
    y = {"field": "name", "type": "nominal", "sort": None, "title": None, "axis": {"ticks": False, "labelLimit": 150}}
    most = max((bar.incidents for bar in pareto.bars), default=0)
    ticks = {"values": list(range(most + 1))} if most <= FEW_TICKS else {"format": "d"}
    count = {"field": "incidents", "type": "quantitative", "title": "incidents", "axis": ticks}
    share = {
        "field": "share",
        "type": "quantitative",
        "title": "cumulated",
        "scale": {"domain": [0, 1]},
        "axis": {"format": "%", "orient": "top", "grid": False, "tickCount": 4},
    }
    bars = {"mark": {"type": "bar", "color": ink.first, "height": {"band": 0.6}}, "encoding": {"y": y, "x": count}}
    line = {
        "mark": {"type": "line", "color": ink.second, "orient": "vertical", "point": {"color": ink.second}},
        "encoding": {"y": y, "x": share, "order": {"field": "share"}},
    }
    layers = {"layer": [bars, line], "resolve": {"scale": {"x": "independent"}}, "height": {"step": 26}}
    # fonts that are wider than those that were measured would be cut
    return framed({"data": {"values": rows}, "padding": {"left": 28, "right": 12, "top": 4, "bottom": 4}} | layers, ink)


def times_spec(trend: Sequence[WeekFigures], ink: Ink = PRINTED) -> Spec:
    """Return the medians of the three times by week."""
    rows = [
        {"week": each.week, "hours": time.median, "time": name}
        for each in trend
        for name, time in (("detect", each.detect), ("root cause", each.root_cause), ("resolve", each.resolve))
        if time.median is not None
    ]
    return _lines(rows, "hours", "time", {"title": "median, hours"}, ink)


def ranker_spec(weeks: Sequence[RankerWeek], ink: Ink = PRINTED) -> Spec:
    """Return AC@1 and AC@3 by week."""
    rows = [
        {"week": each.week, "rate": value, "figure": name}
        for each in weeks
        for name, value in (("AC@1", each.ac1), ("AC@3", each.ac3))
        if value is not None
    ]
    return _lines(rows, "rate", "figure", {"title": "share", "scale": {"domain": [0, 1]}, "axis": {"format": "%"}}, ink)


def _lines(rows: list[Spec], field: str, series: str, y: Spec, ink: Ink) -> Spec:
    return framed(
        {
            "data": {"values": rows},
            "mark": {"type": "line", "point": True},
            "encoding": {
                "x": _WEEKS,
                "y": {"field": field, "type": "quantitative"} | y,
                "color": {
                    "field": series,
                    "type": "nominal",
                    "title": None,
                    "scale": {"range": [ink.first, ink.second, ink.third]},
                    "legend": STROKES,
                },
                "strokeDash": {"field": series, "type": "nominal", "title": None, "legend": STROKES},
            },
        },
        ink,
    )


def framed(parts: Spec, ink: Ink = PRINTED) -> Spec:
    """Return a chart of the usual size on its paper."""
    return {"$schema": _SCHEMA, "width": WIDTH, "height": HEIGHT, "background": ink.paper} | parts
