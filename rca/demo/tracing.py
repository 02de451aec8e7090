"""Write the spans of some requests: OTLP/JSON as an OpenTelemetry collector writes it, or a flat table."""

# ruff: noqa: PLC0415 - importing the demo is cheap: heavy libraries are loaded by the functions that need them

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rca.demo.arrow import to_table
from rca.demo.logs import trace_ids
from rca.demo.scenario import Gap
from rca.demo.services import Operation, failed, operations, schedule
from rca.demo.world import World

REQUESTS_A_LINE = 200
FAILED = 2
"""OTLP's STATUS_CODE_ERROR."""


@dataclass(frozen=True, slots=True)
class Spans:
    """Flat spans, (S,) each.

    `part` is the operation's position, `line` the request's position in the sample, and `again`
    counts the calls of the same operation from 0.
    """

    trace: NDArray[np.object_]
    part: NDArray[np.int64]
    line: NDArray[np.int64]
    again: NDArray[np.int64]
    start_ns: NDArray[np.int64]
    duration_ms: NDArray[np.float64]
    failed: NDArray[np.bool_]


def sampled(world: World, requests: int, gaps: tuple[Gap, ...]) -> NDArray[np.int64]:
    """Return about so many requests, chosen at random, in order of time, without those of a gap."""
    chosen = np.sort(world.rng("spans").permutation(len(world.ts))[:requests])
    for gap in gaps:
        if gap.source == "traces":
            ts = world.ts[chosen]
            chosen = chosen[(ts < world.moment(gap.onset)) | (ts >= world.moment(gap.until))]
    return chosen


def sample_spans(world: World, requests: int, gaps: tuple[Gap, ...] = ()) -> Spans:
    """Return the spans of about so many requests; a repeated call follows the one before at once.

    Of an operation that fails by itself, every call fails.
    """
    chosen = sampled(world, requests, gaps)
    calls, own_ms = world.calls[chosen], world.self_ms[chosen]
    timing = schedule(world.domain, own_ms, calls)
    ended = failed(world.domain, world.errors[chosen])
    line, part = np.nonzero(np.isfinite(timing.duration))
    times = calls[line, part]
    again = np.arange(times.sum()) - np.repeat(np.cumsum(times) - times, times)
    line, part = np.repeat(line, times), np.repeat(part, times)
    first, own = timing.duration[line, part], own_ms[line, part]
    begin = timing.start[line, part] + np.where(again > 0, first + (again - 1) * own, 0.0)
    arrival = world.ts[chosen].astype("datetime64[ns]").astype(np.int64)
    start = arrival[line] + (begin * 1e6).astype(np.int64)
    trace = trace_ids(len(world.ts))[chosen][line]
    return Spans(trace, part, line, again, start, np.where(again > 0, own, first).round(6), ended[line, part])


def span_id(
    line: NDArray[np.int64], part: NDArray[np.int64], again: NDArray[np.int64] | int = 0
) -> NDArray[np.object_]:
    """Return span ids, 16 hexadecimal digits."""
    return np.char.mod("%016x", ((line + 1) * 64 + part + 1) * 1024 + again).astype(object)


def parents(parts: tuple[Operation, ...], spans: Spans) -> NDArray[np.object_]:
    """Return each span's parent id, the caller's first call; None for the root."""
    caller = np.array([-1 if part.caller is None else part.caller for part in parts])[spans.part]
    above = span_id(spans.line, caller)
    above[caller < 0] = None
    return above


def write_flat(world: World, folder: Path, requests: int, gaps: tuple[Gap, ...] = ()) -> None:
    """Write `traces/spans.parquet`."""
    import pyarrow.parquet as pq

    parts, spans = operations(world.domain), sample_spans(world, requests, gaps)
    service = np.array([part.service for part in parts], dtype=object)
    operation = np.array([part.operation for part in parts], dtype=object)
    table = to_table(
        {
            "trace_id": spans.trace,
            "span_id": span_id(spans.line, spans.part, spans.again),
            "parent_span_id": parents(parts, spans),
            "service": service[spans.part],
            "operation": operation[spans.part],
            "start": (spans.start_ns // 1000).astype("datetime64[us]"),
            "duration_ms": spans.duration_ms,
            "status": np.where(spans.failed, "error", "ok").astype(object),
        }
    )
    (folder / "traces").mkdir(exist_ok=True)
    pq.write_table(table, folder / "traces" / "spans.parquet", compression="zstd")


def otlp_lines(world: World, requests: int, gaps: tuple[Gap, ...] = ()) -> Iterator[str]:
    """Yield one ExportTraceServiceRequest per some hundred requests, as OTLP/JSON."""
    parts, spans = operations(world.domain), sample_spans(world, requests, gaps)
    own, above = span_id(spans.line, spans.part, spans.again), parents(parts, spans)
    end_ns = spans.start_ns + (spans.duration_ms * 1e6).astype(np.int64)
    for block in range(0, int(spans.line.max(initial=-1)) + 1, REQUESTS_A_LINE):
        first, last = np.searchsorted(spans.line, [block, block + REQUESTS_A_LINE])
        services: dict[str, list[dict[str, Any]]] = {}
        for i in range(first, last):
            span = {
                "traceId": spans.trace[i],
                "spanId": own[i],
                "name": parts[spans.part[i]].operation,
                "kind": 2,
                "startTimeUnixNano": str(spans.start_ns[i]),
                "endTimeUnixNano": str(end_ns[i]),
                "status": {"code": FAILED} if spans.failed[i] else {},
            }
            if above[i] is not None:
                span["parentSpanId"] = above[i]
            services.setdefault(parts[spans.part[i]].service, []).append(span)
        yield json.dumps({"resourceSpans": [resource(name, found) for name, found in services.items()]})


def resource(service: str, spans: list[dict[str, Any]]) -> dict[str, Any]:
    """Return one service's spans in OTLP's envelope."""
    return {
        "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": service}}]},
        "scopeSpans": [{"scope": {"name": "demo"}, "spans": spans}],
    }


def write_otlp(world: World, folder: Path, requests: int, gaps: tuple[Gap, ...] = ()) -> None:
    """Write `traces/spans.jsonl`."""
    (folder / "traces").mkdir(exist_ok=True)
    lines = "".join(line + "\n" for line in otlp_lines(world, requests, gaps))
    (folder / "traces" / "spans.jsonl").write_text(lines, encoding="utf-8")
