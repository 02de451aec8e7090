"""Spans of an OTLP request as rows of the contract's flat table."""

import json
from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from api.decode import otlp

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
Row = tuple[str | None, ...]


def spans(request: Any) -> pa.Table:
    """Return the spans of an ExportTraceServiceRequest, a protobuf message or OTLP/JSON.

    Ids are hex, durations milliseconds. What a span lacks is null: such rows are set aside when they are landed.
    """
    rows = list(_of_json(request) if isinstance(request, dict) else _of_message(request))
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(SCHEMA)
    return pa.table(
        [pa.array(column, field.type) for column, field in zip(columns, SCHEMA, strict=True)], schema=SCHEMA
    )


def _of_message(request: Any) -> Iterator[tuple[Any, ...]]:
    for resource in request.resource_spans:
        service = _text(otlp.attributes(resource.resource.attributes).get("service.name"))
        for scope in resource.scope_spans:
            for span in scope.spans:
                start, end = span.start_time_unix_nano, span.end_time_unix_nano
                yield (
                    span.trace_id.hex() or None,
                    span.span_id.hex() or None,
                    span.parent_span_id.hex() or None,
                    service,
                    span.name,
                    *_times(start, end),
                    "error" if span.status.code == 2 else "ok",  # noqa: PLR2004 - STATUS_CODE_ERROR
                    _encode(otlp.attributes(span.attributes)) if span.attributes else None,
                )


def _of_json(request: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
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
