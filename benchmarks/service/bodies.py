"""Bodies for a load that are made before it begins, so that making them costs nothing while it is measured."""

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

START = datetime(2026, 2, 1, tzinfo=UTC)
SERVICES, SPANS, ROWS, FEATURES = 4, 2_000, 5_000, 12
ATTRIBUTES = ("http.request.method", "http.response.status_code", "server.address", "network.protocol.version")
MARK = b"\x00\xff\x01\xfe"
"""How the ids of spans begin until they are replaced."""

Body = tuple[str, dict[str, str], bytes, int]
"""Path, headers, content, rows."""


def make(kind: str, client: int, count: int) -> list[Body]:
    """Return bodies of a kind (`spans`, `arrow`, `json`); those of two clients differ."""
    if kind == "spans":
        return list(_spans(client, count))
    if kind == "arrow":
        content, media = arrow(table(client)), "application/vnd.apache.arrow.stream"
    else:
        content, media = json_lines(table(client)), "application/jsonl"
    return [
        (
            "/v1/predictions?node=scorer",
            {"Content-Type": media, "Idempotency-Key": f"{kind}-{client}-{place}"},
            content,
            ROWS,
        )
        for place in range(count)
    ]


def table(seed: int) -> pa.Table:
    """Return predictions of a binary model with numeric and categorical features."""
    chance = np.random.default_rng(seed)
    columns: dict[str, object] = {
        "ts": [START + timedelta(seconds=place) for place in range(ROWS)],
        "request_id": [f"{seed}-{place:08x}" for place in range(ROWS)],
        "model_version": ["v7"] * ROWS,
        "prediction": chance.random(ROWS),
        "label": (chance.random(ROWS) < 0.2).astype(float),  # noqa: PLR2004 - a share of fraud
        **{f"f{place}": chance.normal(size=ROWS) for place in range(FEATURES - 4)},
        **{f"c{place}": chance.choice(list("abcdefgh"), ROWS) for place in range(4)},
    }
    return pa.table(columns)


def arrow(rows: pa.Table) -> bytes:
    """Return a table as an Arrow stream."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, rows.schema) as stream:
        stream.write_table(rows)
    return sink.getvalue().to_pybytes()


def json_lines(rows: pa.Table) -> bytes:
    """Return a table as JSON Lines."""
    return "\n".join(json.dumps(row, default=lambda ts: ts.isoformat()) for row in rows.to_pylist()).encode()


def _spans(client: int, count: int) -> Iterator[Body]:
    """Give trace requests that differ in the ids and times of their spans."""
    template = one_request(client)
    places = np.array(list(_places(template)))
    chance = np.random.default_rng(client)
    for _ in range(count):
        body = np.frombuffer(template, dtype=np.uint8).copy()
        body[places[:, None] + np.arange(8)] = chance.integers(0, 256, (len(places), 8), dtype=np.uint8)
        yield "/v1/traces", {"Content-Type": "application/x-protobuf"}, body.tobytes(), SPANS


def _places(template: bytes) -> Iterator[int]:
    """Give where the spans' ids begin."""
    at = template.find(MARK)
    while at >= 0:
        yield at
        at = template.find(MARK, at + 8)


def one_request(seed: int) -> bytes:
    """Return one request of `SPANS` server spans with eight attributes each, two of them different every time."""
    chance, request = random.Random(seed), ExportTraceServiceRequest()  # noqa: S311 - made-up data
    for service in range(SERVICES):
        resource = request.resource_spans.add()
        resource.resource.attributes.add(key="service.name").value.string_value = f"shop-{service}"
        spans = resource.scope_spans.add().spans
        for place in range(SPANS // SERVICES):
            start = int(START.timestamp() * 1e9) + place * 10**6
            span = spans.add(
                trace_id=chance.randbytes(16),
                span_id=MARK + place.to_bytes(4, "big"),
                parent_span_id=chance.randbytes(8),
                name=f"GET /v{place % 5}/items",
                kind=2,
                start_time_unix_nano=start,
                end_time_unix_nano=start + chance.randrange(10**8),
            )
            for key in ATTRIBUTES:
                span.attributes.add(key=key).value.string_value = key[-6:]
            for key in ("server.port", "process.pid"):
                span.attributes.add(key=key).value.int_value = 8080
            span.attributes.add(key="url.path").value.string_value = f"/items/{chance.randrange(10**6)}"
            span.attributes.add(key="queue.share").value.double_value = chance.random()
    return request.SerializeToString()
