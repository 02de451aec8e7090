"""The charts of an incident as Vega-Lite documents: the symptom over time, and then-and-now of the evidence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from api.pages.palette import Palette, Spec, dressed, periods
from rca.report.chart import Trace, around, baseline_band, read_trace, smooth
from rca.report.words import clean
from schemas.analysis import IncidentSummary

WIDTHS = {"wide": 820, "small": 330}
NARROW = 400
TOUCHING = 20
"""Pixels within which two numbered changes would cover each other."""
MOST_LABELS = 40
MARKED_BINS = 3
LEAST_MOVED = 0.005
"""A bin whose share moved by less is not marked."""


@dataclass(frozen=True, slots=True)
class Look:
    """How a chart is wanted: colours, width in pixels, and by how much its clock is ahead of UTC."""

    palette: Palette
    width: int
    offset: timedelta

    def clock(self, moment: datetime) -> str:
        """Return a time as the chart writes it."""
        return (moment + self.offset).strftime("%Y-%m-%dT%H:%M:%SZ")

    def seconds(self, second: float) -> float:
        """Return seconds since 1970 as milliseconds of the chart's clock."""
        return (second + self.offset.total_seconds()) * 1000


def time_axis(**more: Any) -> Spec:
    """Return the channel of time; what it holds is in the reader's clock already."""
    return {"type": "temporal", "title": None, "scale": {"type": "utc"}, "axis": {"grid": False, "tickCount": 8}} | more


def symptom_spec(
    seen: IncidentSummary, detected: datetime, changes: Sequence[tuple[datetime, str]], look: Look
) -> Spec | None:
    """Return the metric over time with its usual range, the onset's interval, detection and changes; None without it.

    Parameters
    ----------
    changes
        Change events in order of time; they are numbered as in the list beside the chart.
    """
    whole = read_trace(seen.series)
    if whole is None:
        return None
    trace = around(whole, seen.onset, seen.window[1])
    band = baseline_band(whole, seen.baseline)
    ink = look.palette
    x = {"field": "t"} | time_axis()
    ends = {"start": look.seconds(trace.seconds[0]), "end": look.seconds(max(trace.seconds[-1], detected.timestamp()))}
    domain = time_axis(scale={"type": "utc", "domain": [ends["start"], ends["end"]]})
    y = {"field": "v", "type": "quantitative", "title": clean(seen.metric, 40), "scale": {"zero": False}}
    layers: list[Spec] = []
    if band:
        layers.append(
            {
                "data": {"values": [ends | {"low": band[0], "high": band[1]}]},
                "mark": {"type": "rect", "color": ink.before, "opacity": 0.16, "clip": True},
                "encoding": {
                    "x": {"field": "start"} | domain,
                    "x2": {"field": "end"},
                    "y": {"field": "low", "type": "quantitative", "scale": {"zero": False}, "title": None},
                    "y2": {"field": "high"},
                },
            }
        )
    layers += _moments(seen, detected, domain, look)
    layers.append(_line(_points(trace, look), x | domain, y, {"color": ink.before, "strokeWidth": 1, "opacity": 0.7}))
    soft = smooth(trace, seen.onset)
    layers.append(_line(_points(soft, look), x | domain, y, {"color": ink.accent, "strokeWidth": 2.2}))
    chart: Spec = {"width": look.width, "height": 210, "layer": layers}
    if not changes:
        return dressed(chart, ink)
    shown = [
        (at, n) for n, (at, _) in enumerate(changes, 1) if ends["start"] <= look.seconds(at.timestamp()) <= ends["end"]
    ]
    strip = _strip(shown, domain, look)
    return dressed({"vconcat": [chart, strip], "spacing": 4, "resolve": {"scale": {"x": "shared"}}}, ink)


def _moments(seen: IncidentSummary, detected: datetime, domain: Spec, look: Look) -> list[Spec]:
    """Return the onset's interval, the onset and the detection, each with its word."""
    low, high = seen.onset_interval or (seen.onset, seen.onset)
    ink = look.palette
    x = {"field": "start"} | domain
    interval = {
        "data": {"values": [{"start": look.clock(low), "end": look.clock(high)}]},
        "mark": {"type": "rect", "color": ink.warn, "opacity": 0.3, "clip": True},
        "encoding": {"x": x, "x2": {"field": "end"}},
    }
    rules = []
    first, last = domain["scale"]["domain"]
    # one word above the other: the two moments may be close
    for at, word, colour, dash, dy in (
        (seen.onset, "onset", ink.warn, [4, 3], 6),
        (detected, "detected", ink.bad, [1, 0], 20),
    ):
        if not first <= look.seconds(at.timestamp()) <= last:
            continue
        data = {"values": [{"start": look.clock(at), "word": word}]}
        rules.append(
            {
                "data": data,
                "mark": {"type": "rule", "color": colour, "strokeDash": dash, "strokeWidth": 1.5, "clip": True},
                "encoding": {"x": x},
            }
        )
        text = {"type": "text", "align": "right", "dx": -4, "dy": dy, "baseline": "top", "color": colour}
        rules.append(
            {
                "data": data,
                "mark": text | {"fontWeight": "bold"},
                "encoding": {"x": x, "y": {"value": 0}, "text": {"field": "word"}},
            }
        )
    return [interval, *rules]


def _strip(shown: Sequence[tuple[datetime, int]], domain: Spec, look: Look) -> Spec:
    """Return the change events on the same axis of time, numbered."""
    ink = look.palette
    values: list[Spec] = []
    wide = (domain["scale"]["domain"][1] - domain["scale"]["domain"][0]) * TOUCHING / look.width
    last: list[float] = []
    for at, n in shown:
        lane = next((place for place, other in enumerate(last) if at.timestamp() * 1000 - other >= wide), len(last))
        last[lane : lane + 1] = [at.timestamp() * 1000]
        values.append({"t": look.clock(at), "n": str(n), "lane": lane})
    x = {"field": "t"} | domain | {"axis": None}
    y = {"field": "lane", "type": "ordinal", "axis": None}
    return {
        "width": look.width,
        "height": {"step": 21},
        "data": {"values": values},
        "layer": [
            {
                "mark": {
                    "type": "point",
                    "shape": "circle",
                    "filled": True,
                    "size": 260,
                    "color": ink.soft,
                    "opacity": 1,
                },
                "encoding": {"x": x, "y": y},
            },
            {
                "mark": {"type": "text", "color": ink.sheet, "fontSize": 10, "fontWeight": "bold"},
                "encoding": {"x": x, "y": y, "text": {"field": "n"}},
            },
        ],
    }


def _points(trace: Trace, look: Look) -> list[Spec]:
    return [{"t": look.seconds(at), "v": value} for at, value in zip(trace.seconds, trace.values, strict=True)]


def _line(values: list[Spec], x: Spec, y: Spec, style: Spec) -> Spec:
    mark = {"type": "line", "invalid": "break-paths-show-domains", "clip": True} | style
    return {"data": {"values": values}, "mark": mark, "encoding": {"x": x, "y": y}}


def histogram_spec(labels: Sequence[Any], before: Sequence[float], after: Sequence[float], look: Look) -> Spec:
    """Return bars of shares before and since, one pair a bin; those that moved most are marked."""
    marked = moved_most(before, after)
    names = [_label(label, place in marked) for place, label in enumerate(labels)]
    values = [
        {"bin": name, "when": when, "share": share}
        for name, then, now in zip(names, before, after, strict=True)
        for when, share in (("before", then), ("since", now))
    ]
    return grouped_spec(values, names, "bin", {"title": None, "axis": {"format": "%", "tickCount": 5}}, look)


def grouped_spec(values: list[Spec], names: Sequence[str], field: str, x: Spec, look: Look) -> Spec:
    """Return horizontal pairs of bars: before, and since. `values` holds the field, `when` and `share`."""
    y = {
        "field": field,
        "type": "nominal",
        "sort": list(names),
        "title": None,
        "axis": {"ticks": False, "domain": False},
    }
    spec = {
        "width": look.width - (70 if look.width <= NARROW else 260),
        "height": {"step": 8 if look.width <= NARROW else 11},
        "data": {"values": values},
        "mark": {"type": "bar", "cornerRadiusEnd": 2},
        "encoding": {
            "y": y | {"scale": {"paddingInner": 0.35}},
            "yOffset": {"field": "when", "sort": ["before", "since"]},
            "x": {"field": "share", "type": "quantitative"} | x,
            "color": periods(look.palette),
        },
    }
    return dressed(spec, look.palette)


def moved_most(before: Sequence[float], after: Sequence[float]) -> set[int]:
    """Return the places of the bins whose shares moved most."""
    moves = [abs(now - then) for then, now in zip(before, after, strict=True)]
    order = sorted(range(len(moves)), key=lambda place: -moves[place])
    return {place for place in order[:MARKED_BINS] if moves[place] >= LEAST_MOVED}


def _label(label: Any, marked: bool) -> str:
    return f"{'▸ ' if marked else ''}{clean(label, MOST_LABELS)}"


def series_spec(series: Mapping[str, Any], title: str, onset: datetime | None, look: Look) -> Spec | None:
    """Return values over time, with the onset as a rule; None without values."""
    trace = read_trace(series)
    if trace is None:
        return None
    x = {"field": "t"} | time_axis()
    y = {"field": "v", "type": "quantitative", "title": None, "scale": {"zero": False}}
    layers = [_line(_points(trace, look), x, y, {"color": look.palette.before, "strokeWidth": 1.1})]
    if onset:
        soft = smooth(trace, onset)
        layers.append(_line(_points(soft, look), x, y, {"color": look.palette.accent, "strokeWidth": 2.2}))
        layers.append(
            {
                "data": {"values": [{"t": look.clock(onset)}]},
                "mark": {"type": "rule", "color": look.palette.warn, "strokeDash": [4, 3], "strokeWidth": 1.5},
                "encoding": {"x": x},
            }
        )
    return dressed(
        {"width": look.width, "height": 150, "title": None, "layer": layers, "description": title}, look.palette
    )
