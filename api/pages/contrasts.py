"""Then and now from the raw logs: outcomes, attributions, components and one request, as tables and charts."""

from collections.abc import Sequence
from dataclasses import dataclass

from api.pages.palette import Spec, dressed, periods
from api.pages.specs import Look, grouped_spec
from rca.contrast import (
    Attribution,
    ComponentTime,
    Confusion,
    PrecisionRecall,
    TraceSpan,
    attribution_shift,
    component_times,
    confusion,
    example_trace,
    model_of,
    precision_recall,
)
from rca.ingest.documents import latest_system
from rca.report.words import clean
from rca.warehouse import Warehouse
from schemas.analysis import Analysis

SHADES = 5


@dataclass(frozen=True, slots=True)
class Contrast:
    """What the raw logs say of the two periods."""

    model: str | None
    confusion: Confusion | None
    curve: PrecisionRecall | None
    attributions: tuple[Attribution, ...]
    components: tuple[ComponentTime, ...]
    trace: tuple[str, tuple[TraceSpan, ...]] | None

    @property
    def empty(self) -> bool:
        """Return whether there is nothing to show."""
        return not (self.confusion or self.curve or self.attributions or self.components or self.trace)


def contrast(warehouse: Warehouse, answer: Analysis) -> Contrast:
    """Return what the raw logs say of an answer's two periods."""
    system = latest_system(warehouse)
    node, seen = (model_of(warehouse, answer, system) if system else None), answer.incident
    return Contrast(
        model=node.id if node else None,
        confusion=confusion(warehouse, node, seen) if node else None,
        curve=precision_recall(warehouse, node, seen) if node else None,
        attributions=attribution_shift(warehouse, node, seen) if node else (),
        components=component_times(warehouse, seen),
        trace=example_trace(warehouse, seen),
    )


def shares(matrix: Sequence[Sequence[int]]) -> list[list[tuple[int, float, int]]]:
    """Return each cell as (rows, share of its true class, shade from 0 to 4)."""
    told = []
    for row in matrix:
        total = sum(row) or 1
        told.append([(n, n / total, min(SHADES - 1, int(SHADES * n / total))) for n in row])
    return told


def contrast_spec(warehouse: Warehouse, answer: Analysis, chart: str, look: Look) -> Spec | None:
    """Return one of the charts; None when there is none of that name, or nothing to draw."""
    system = latest_system(warehouse)
    node = model_of(warehouse, answer, system) if system else None
    match chart:
        case "curve" if node:
            curve = precision_recall(warehouse, node, answer.incident)
            return _curve(curve, look) if curve else None
        case "attributions" if node:
            return _attributions(attribution_shift(warehouse, node, answer.incident), look)
        case "components":
            return _components(component_times(warehouse, answer.incident), look)
        case "trace":
            found = example_trace(warehouse, answer.incident)
            return _trace(found[1], look) if found else None
    return None


def _curve(curve: PrecisionRecall, look: Look) -> Spec:
    values = [
        {"recall": recall, "precision": precision, "when": when, "order": place}
        for when, points in (("before", curve.before), ("since", curve.since))
        for place, (recall, precision) in enumerate(points)
    ]
    share = {"scale": {"domain": [0, 1]}, "axis": {"format": "%"}}
    spec = {
        "width": min(380, look.width - 60),
        "height": 260,
        "data": {"values": values},
        "mark": {"type": "line", "strokeWidth": 2.2},
        "encoding": {
            "x": {"field": "recall", "type": "quantitative"} | share,
            "y": {"field": "precision", "type": "quantitative"} | share,
            "color": periods(look.palette),
            "strokeDash": {"field": "when", "type": "nominal", "scale": {"range": [[5, 3], [1, 0]]}, "legend": None},
            "order": {"field": "order"},
        },
    }
    return dressed(spec, look.palette)


def _attributions(found: Sequence[Attribution], look: Look) -> Spec | None:
    names = [clean(each.column, 40) for each in found]
    values = [
        {"column": name, "when": when, "share": value}
        for name, each in zip(names, found, strict=True)
        for when, value in (("before", each.before), ("since", each.since))
    ]
    return grouped_spec(values, names, "column", {"title": "mean absolute attribution"}, look) if values else None


def _components(found: Sequence[ComponentTime], look: Look) -> Spec | None:
    values = [
        {"service": clean(each.service, 40), "when": when, "quantile": name, "ms": value}
        for each in found
        for when, triple in (("before", each.before), ("since", each.since))
        for name, value in zip(("p50", "p95", "p99"), triple, strict=True)
    ]
    if not values:
        return None
    names = [clean(each.service, 40) for each in found]
    y = {"field": "service", "type": "nominal", "sort": names, "title": None}
    return dressed(
        {
            "width": look.width - 150,
            "height": {"step": 15},
            "data": {"values": values},
            "mark": {"type": "point", "filled": True, "size": 60, "opacity": 1},
            "encoding": {
                "y": y | {"scale": {"paddingInner": 0.4}},
                "yOffset": {"field": "when", "sort": ["before", "since"]},
                "x": {"field": "ms", "type": "quantitative", "title": "own time a request, ms"},
                "color": periods(look.palette),
                "shape": {
                    "field": "quantile",
                    "type": "nominal",
                    "scale": {"domain": ["p50", "p95", "p99"], "range": ["circle", "diamond", "triangle-right"]},
                },
            },
        },
        look.palette,
    )


def _trace(spans: Sequence[TraceSpan], look: Look) -> Spec:
    values = [
        {
            "place": place,
            "name": f"{'· ' * each.depth}{clean(each.operation, 34)} — {clean(each.service, 24)}",
            "from": each.start_ms,
            "to": each.start_ms + each.duration_ms,
            "own": each.start_ms + each.own_ms,
            "failed": each.failed,
        }
        for place, each in enumerate(spans)
    ]
    ink = look.palette
    y = {
        "field": "place",
        "type": "ordinal",
        "title": None,
        "axis": None,
    }
    x = {"field": "from", "type": "quantitative", "title": "ms since the request came"}
    bars = {
        "mark": {"type": "bar", "height": 9, "cornerRadius": 2},
        "encoding": {
            "y": y,
            "x": x,
            "x2": {"field": "to"},
            "color": {"condition": {"test": "datum.failed", "value": ink.bad}, "value": ink.accent},
        },
    }
    names = {
        "mark": {"type": "text", "align": "left", "dy": -11, "color": ink.soft},
        "encoding": {"y": y, "x": x, "text": {"field": "name"}},
    }
    spec = {"width": look.width - 30, "height": {"step": 30}, "data": {"values": values}, "layer": [bars, names]}
    return dressed(spec, ink)
