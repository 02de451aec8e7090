"""The charts of how good the answers are, as Vega-Lite documents."""

from collections.abc import Sequence
from typing import Any

from rca.report.review_charts import PRINTED, STROKES, Ink, Spec, framed
from rca.weekly.answers import Bin, Learned


def calibration_spec(bins: Sequence[Bin], ink: Ink = PRINTED) -> Spec:
    """Return what was said against what came true, a point a tenth; larger ones rest on more incidents."""
    rows = [{"said": each.said, "right": each.right / each.n, "n": each.n} for each in bins]
    axis = {"format": "%", "tickCount": 5}
    scale = {"domain": [0, 1]}
    x = {
        "field": "said",
        "type": "quantitative",
        "title": "confidence of the first cause",
        "scale": scale,
        "axis": axis,
    }
    y = {"field": "right", "type": "quantitative", "title": "share that was right", "scale": scale, "axis": axis}
    ideal: Spec = {
        "data": {"values": [{"said": 0, "right": 0}, {"said": 1, "right": 1}]},
        "mark": {"type": "line", "color": ink.soft, "strokeDash": [6, 4]},
        "encoding": {"x": x, "y": y},
    }
    line: Spec = {"mark": {"type": "line", "color": ink.first, "opacity": 0.6}, "encoding": {"x": x, "y": y}}
    size = {"field": "n", "type": "quantitative", "scale": {"range": [40, 500]}, "legend": None}
    points: Spec = {
        "mark": {"type": "point", "filled": True, "color": ink.first, "opacity": 1},
        "encoding": {"x": x, "y": y, "size": size},
    }
    return framed({"data": {"values": rows}, "layer": [ideal, line, points]}, ink)


def learning_spec(curve: Sequence[Learned], versions: Sequence[tuple[int, float]] = (), ink: Ink = PRINTED) -> Spec:
    """Return AC@1 and AC@3 of the latest incidents against how many were settled.

    Parameters
    ----------
    versions
        Learned rankers: from how many incidents, and AC@1 on labels that they had not seen.
    """
    rows: list[dict[str, Any]] = [
        {"n": each.n, "rate": rate, "figure": name}
        for each in curve
        for name, rate in (("AC@1", each.ac1), ("AC@3", each.ac3))
    ]
    x = {"field": "n", "type": "quantitative", "title": "settled incidents", "axis": {"tickMinStep": 1, "format": "d"}}
    y = {
        "field": "rate",
        "type": "quantitative",
        "title": "share",
        "scale": {"domain": [0, 1]},
        "axis": {"format": "%", "tickCount": 5},
    }
    colour = {
        "field": "figure",
        "type": "nominal",
        "title": None,
        "scale": {"range": [ink.first, ink.second]},
        "legend": STROKES,
    }
    dash = {"field": "figure", "type": "nominal", "title": None, "legend": STROKES}
    layers: list[Spec] = [{"mark": {"type": "line"}, "encoding": {"x": x, "y": y, "color": colour, "strokeDash": dash}}]
    if versions:
        data = {"values": [{"n": n, "rate": rate} for n, rate in versions]}
        mark = {"type": "point", "shape": "diamond", "filled": True, "size": 130, "color": ink.first, "opacity": 1}
        layers.append({"data": data, "mark": mark, "encoding": {"x": x, "y": y}})
    return framed({"data": {"values": rows}, "layer": layers}, ink)
