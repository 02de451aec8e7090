"""The charts of the weekly review, as Vega-Lite documents. Colours are told apart in grey as well."""

from collections.abc import Sequence
from typing import Any

from schemas.weekly import Pareto, RankerWeek, RateChart, WeekFigures

WIDTH, HEIGHT = 640, 200
BLUE, ORANGE, GREY, RED = "#1d4ed8", "#b45309", "#6b7280", "#b91c1c"
_SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"

Spec = dict[str, Any]

_WEEKS: Spec = {"field": "week", "type": "ordinal", "title": None, "sort": None, "axis": {"labelAngle": -60}}


def rate_spec(chart: RateChart) -> Spec:
    """Return incidents a week between their limits; signals are red and larger."""
    rows = [
        {"week": week, "incidents": count, "signal": week in chart.signals}
        for week, count in zip(chart.weeks, chart.counts, strict=True)
    ]
    y = {"field": "incidents", "type": "quantitative", "title": "incidents"}
    points = {
        "mark": {"type": "point", "filled": True},
        "encoding": {
            "x": _WEEKS,
            "y": y,
            "color": {"condition": {"test": "datum.signal", "value": RED}, "value": BLUE},
            "size": {"condition": {"test": "datum.signal", "value": 120}, "value": 40},
        },
    }
    rules = [
        {
            "data": {"values": [{"at": at}]},
            "mark": {"type": "rule", "color": GREY, "strokeDash": dash},
            "encoding": {"y": {"field": "at", "type": "quantitative"}},
        }
        for at, dash in ((chart.centre, [1, 0]), (chart.lower, [6, 4]), (chart.upper, [6, 4]))
        if at is not None
    ]
    line = {"mark": {"type": "line", "color": BLUE}, "encoding": {"x": _WEEKS, "y": y}}
    return _spec({"data": {"values": rows}, "layer": [line, points, *rules]})


def pareto_spec(pareto: Pareto) -> Spec:
    """Return bars of incidents with the cumulated share as a line."""
    rows = [
        {"name": (bar.name or "not known")[:40], "incidents": bar.incidents, "share": bar.cumulative}
        for bar in pareto.bars
    ]
    x = {"field": "name", "type": "nominal", "sort": None, "title": None, "axis": {"labelAngle": -30}}
    bars = {
        "mark": {"type": "bar", "color": BLUE},
        "encoding": {"x": x, "y": {"field": "incidents", "type": "quantitative", "title": "incidents"}},
    }
    line = {
        "mark": {"type": "line", "color": ORANGE, "point": {"color": ORANGE}},
        "encoding": {
            "x": x,
            "y": {
                "field": "share",
                "type": "quantitative",
                "title": "cumulated",
                "scale": {"domain": [0, 1]},
                "axis": {"format": "%"},
            },
        },
    }
    return _spec({"data": {"values": rows}, "layer": [bars, line], "resolve": {"scale": {"y": "independent"}}})


def times_spec(trend: Sequence[WeekFigures]) -> Spec:
    """Return the medians of the three times by week."""
    rows = [
        {"week": each.week, "hours": time.median, "time": name}
        for each in trend
        for name, time in (("detect", each.detect), ("root cause", each.root_cause), ("resolve", each.resolve))
        if time.median is not None
    ]
    return _lines(rows, "hours", "time", {"title": "median, hours"})


def ranker_spec(weeks: Sequence[RankerWeek]) -> Spec:
    """Return AC@1 and AC@3 by week."""
    rows = [
        {"week": each.week, "rate": value, "figure": name}
        for each in weeks
        for name, value in (("AC@1", each.ac1), ("AC@3", each.ac3))
        if value is not None
    ]
    return _lines(rows, "rate", "figure", {"title": "share", "scale": {"domain": [0, 1]}, "axis": {"format": "%"}})


def _lines(rows: list[Spec], field: str, series: str, y: Spec) -> Spec:
    return _spec(
        {
            "data": {"values": rows},
            "mark": {"type": "line", "point": True},
            "encoding": {
                "x": _WEEKS,
                "y": {"field": field, "type": "quantitative"} | y,
                "color": {"field": series, "type": "nominal", "scale": {"range": [BLUE, ORANGE, GREY]}},
                "strokeDash": {"field": series, "type": "nominal"},
            },
        }
    )


def _spec(parts: Spec) -> Spec:
    return {"$schema": _SCHEMA, "width": WIDTH, "height": HEIGHT, "background": "white"} | parts
