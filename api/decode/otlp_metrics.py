"""Metric points of an OTLP request as the contract's kpis: node, metric, ts, value, and the attributes beside.

A gauge is its value. A sum or histogram that counts from a start on is told by its growth since the point before, which
`Growth` remembers. Durations become the conventional latencies in milliseconds, by linear interpolation within the
histogram's buckets; a few metrics of the semantic conventions get the contract's names.
"""

import math
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from google.protobuf.json_format import ParseDict, ParseError
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

from api.decode import otlp
from api.problems import Problem

DELTA = 1
NAMES = {
    "process.cpu.utilization": "cpu",
    "system.cpu.utilization": "cpu",
    "container.cpu.utilization": "cpu",
    "k8s.pod.cpu.utilization": "cpu",
    "process.memory.usage": "memory",
    "system.memory.utilization": "memory",
    "container.memory.usage": "memory",
    "k8s.pod.memory.usage": "memory",
    "system.filesystem.utilization": "disk",
    "system.network.io": "network",
    "k8s.pod.network.io": "network",
}
DURATIONS = ("http.server.request.duration", "http.server.duration", "rpc.server.duration", "rpc.server.call.duration")
PER_MS = {"s": 1000.0, "ms": 1.0, "us": 1e-3, "ns": 1e-6}
QUANTILES = (("latency_p50", 0.5), ("latency_p95", 0.95), ("latency_p99", 0.99))
SERIES_KEPT = 100_000
Point = dict[str, Any]


@dataclass
class Growth:
    """What counters and histograms stood at when they were last seen; the longest unseen are forgotten."""

    seen: "OrderedDict[tuple[Any, ...], tuple[float, ...]]" = field(default_factory=OrderedDict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def since(self, series: tuple[Any, ...], counts: tuple[float, ...]) -> tuple[float, ...] | None:
        """Return by how much a series grew, from zero after a reset; None when it is seen for the first time."""
        with self.lock:
            before = self.seen.pop(series, None)
            self.seen[series] = counts
            if len(self.seen) > SERIES_KEPT:
                self.seen.popitem(last=False)
        if before is None or len(before) != len(counts):
            return None
        if any(now < then for now, then in zip(counts, before, strict=True)):
            return counts
        return tuple(now - then for now, then in zip(counts, before, strict=True))


def points(request: Any, growth: Growth) -> list[Point]:
    """Return the points of an ExportMetricsServiceRequest, a protobuf message or OTLP/JSON, as rows of kpis."""
    if isinstance(request, dict):
        try:
            request = ParseDict(
                request, ExportMetricsServiceRequest(), ignore_unknown_fields=True, max_recursion_depth=50
            )
        except (ParseError, ValueError, TypeError, AttributeError) as error:
            raise Problem(400, "malformed-otlp", f"the body is no OTLP request: {str(error)[:200]}") from error
    found: list[Point] = []
    for resource in request.resource_metrics:
        service = otlp.attributes(resource.resource.attributes).get("service.name")
        node = service if isinstance(service, str) and service else None
        for scope in resource.scope_metrics:
            for metric in scope.metrics:
                found.extend(_points(node, metric, growth))
    return found


def _points(node: str | None, metric: Any, growth: Growth) -> Iterator[Point]:
    kind = metric.WhichOneof("data")
    if kind in ("gauge", "sum"):
        data = getattr(metric, kind)
        counts = kind == "sum" and data.is_monotonic and data.aggregation_temporality != DELTA
        for point in data.data_points:
            value = float(getattr(point, point.WhichOneof("value") or "as_double"))
            series = (node, metric.name, *_series(point), point.start_time_unix_nano)
            grown = growth.since(series, (value,)) if counts and math.isfinite(value) else (value,)
            if grown is not None:
                yield _row(node, NAMES.get(metric.name, metric.name), point, grown[0])
    elif kind == "histogram":
        for point in metric.histogram.data_points:
            counts_now = (point.sum, *map(float, point.bucket_counts))
            series = (node, metric.name, *_series(point), point.start_time_unix_nano)
            delta = metric.histogram.aggregation_temporality == DELTA
            grown = counts_now if delta else growth.since(series, counts_now)
            if grown is not None:
                yield from _histogram(node, metric, point, grown)


def _histogram(node: str | None, metric: Any, point: Any, grown: Sequence[float]) -> Iterator[Point]:
    total, buckets = grown[0], grown[1:]
    count = sum(buckets) if buckets else float(point.count)
    duration = metric.name in DURATIONS
    yield _row(node, "requests" if duration else f"{metric.name}.count", point, count)
    if not count:
        return
    scale = PER_MS.get(metric.unit, 1.0) if duration else 1.0
    yield _row(node, "latency_avg" if duration else f"{metric.name}.avg", point, scale * total / count)
    for name, share in QUANTILES if len(buckets) > 1 else ():
        value = scale * quantile(point.explicit_bounds, buckets, share)
        yield _row(node, name if duration else name.replace("latency", metric.name), point, value)


def quantile(bounds: Sequence[float], counts: Sequence[float], share: float) -> float:
    """Return the value below which a share of the observations lies, interpolated within its bucket.

    Parameters
    ----------
    bounds
        The n upper bounds; the last of the n + 1 buckets has none and counts as its lower bound.

    Examples
    --------
    >>> quantile([10.0, 20.0], [5, 5, 0], 0.75)
    15.0
    """
    wanted, below = share * sum(counts), 0.0
    for place, count in enumerate(counts):
        if count and below + count >= wanted:
            if place >= len(bounds):
                break
            low = bounds[place - 1] if place else min(0.0, bounds[0])
            return low + (bounds[place] - low) * (wanted - below) / count
        below += count
    return bounds[-1] if bounds else math.nan


def _series(point: Any) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((key, str(value)) for key, value in otlp.attributes(point.attributes).items()))


def _row(node: str | None, metric: str, point: Any, value: float) -> Point:
    dimensions = {key: value for key, value in _series(point) if key not in ("node", "metric", "ts", "value")}
    ts = point.time_unix_nano / 1e9
    return dimensions | {
        "node": node,
        "metric": metric,
        "ts": ts if 0 < ts < 2**36 else None,
        "value": value if math.isfinite(value) else None,
    }
