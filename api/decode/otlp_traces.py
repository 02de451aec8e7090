"""Spans of an OTLP request as rows of the contract's flat table."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa

from api.decode import otlp, otlp_wire

SCHEMA = pa.schema(
    [
        ("trace_id", pa.string()),
        ("span_id", pa.string()),
        ("parent_span_id", pa.string()),
        ("service", pa.string()),
        ("operation", pa.string()),
        ("start", pa.timestamp("ns")),
        ("duration_ms", pa.float64()),
        ("status", pa.string()),
        ("attributes", pa.string()),
    ]
)
_encode = json.JSONEncoder(separators=(",", ":"), default=str).encode


def read_spans(body: bytes, media_type: str) -> pa.Table:
    """Return the spans of an ExportTraceServiceRequest, protobuf or OTLP/JSON.

    Ids are hex, durations milliseconds. What a span lacks is null: such rows are set aside when they are landed.

    Raises
    ------
    Problem, MalformedJson
        When the body is neither, or not what its type says.
    """
    request = otlp.decode(body, media_type, otlp_wire.TracesRequest)
    columns = _of_json(request) if isinstance(request, dict) else _of_message(request)
    return pa.table(
        [pa.array(column, field.type) for column, field in zip(columns, SCHEMA, strict=True)], schema=SCHEMA
    )


def _of_message(request: Any) -> list[list[Any]]:
    pairs = otlp_wire.Pairs()
    columns: list[list[Any]] = [[] for _ in SCHEMA]
    trace_ids, span_ids, parents, services, names, starts, durations, states, attributes = columns
    for resource in request.resource_spans:
        service = _text(otlp_wire.attributes(resource.resource.attributes).get("service.name"))
        for scope in resource.scope_spans:
            spans = scope.spans
            trace_ids += [span.trace_id.hex() or None for span in spans]
            span_ids += [span.span_id.hex() or None for span in spans]
            parents += [span.parent_span_id.hex() or None for span in spans]
            services += [service] * len(spans)
            names += [span.name for span in spans]
            times = [_times(span.start_time_unix_nano, span.end_time_unix_nano) for span in spans]
            starts += [start for start, _ in times]
            durations += [duration for _, duration in times]
            states += [otlp_wire.state(span.status) for span in spans]
            attributes += [pairs.text(span.attributes) for span in spans]
    return columns


def _of_json(request: dict[str, Any]) -> list[Sequence[Any]]:
    rows = list(_json_rows(request))
    return list(zip(*rows, strict=True)) if rows else [()] * len(SCHEMA)


def _json_rows(request: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    for resource in _objects(request, "resourceSpans"):
        described = resource.get("resource")
        pairs = otlp.json_attributes(described.get("attributes") if isinstance(described, dict) else None)
        service = _text(pairs.get("service.name"))
        for scope in _objects(resource, "scopeSpans"):
            for span in _objects(scope, "spans"):
                start = otlp.integer(span.get("startTimeUnixNano"))
                end = otlp.integer(span.get("endTimeUnixNano"))
                status = span.get("status")
                code = status.get("code") if isinstance(status, dict) else None
                found = otlp.json_attributes(span.get("attributes"))
                yield (
                    _id(span.get("traceId")),
                    _id(span.get("spanId")),
                    _id(span.get("parentSpanId")),
                    service,
                    _text(span.get("name")),
                    *_times(start or 0, end or 0),
                    "error" if code in (2, "2", "STATUS_CODE_ERROR") else "ok",
                    _encode(found) if found else None,
                )


def _objects(parent: dict[str, Any], key: str) -> Iterator[dict[str, Any]]:
    found = parent.get(key)
    if isinstance(found, list):
        yield from (one for one in found if isinstance(one, dict))


def _times(start: int, end: int) -> tuple[int | None, float | None]:
    if not 0 < start < 2**63:
        return None, None
    return start, (end - start) / 1e6 if end else None


def _id(value: Any) -> str | None:
    return value.lower() if isinstance(value, str) and value else None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
