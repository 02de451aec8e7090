"""Made-up bodies of every kind; each row has an id by which it is found again in the database."""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import duckdb
import pyarrow as pa
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

Made = tuple[str, dict[str, str], bytes, Sequence[str]]
START = datetime(2026, 3, 1, tzinfo=UTC)
ROWS = 20

FOUND = {
    "predictions_1": "'p' || request_id",
    "kpis": "'k' || CAST(CAST(value AS BIGINT) AS VARCHAR)",
    "changes": "'c' || title",
    "spans": "'s' || span_id",
}
"""Table -> SQL for the id of a row."""


def found(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Return the ids of all rows that a database holds, each as often as it is there."""
    names = {name for (name,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
    parts = [f"SELECT {sql} AS id FROM {table}" for table, sql in FOUND.items() if table in names]
    return [str(id_) for (id_,) in connection.execute(" UNION ALL ".join(parts)).fetchall()]


def makers(seed: str) -> list[Callable[[int], Made]]:
    """Return a maker of bodies for each client; `seed` keeps the keys of runs apart."""
    kinds = (_predictions, _arrow, _kpis, _changes, _spans)
    return [
        lambda number, make=make, place=place: make(place * 10**9 + number * ROWS, f"{seed}-{place}-{number}")
        for place, make in enumerate(kinds, 1)
    ]


def _key(key: str, kind: str) -> dict[str, str]:
    return {"Content-Type": kind, "Idempotency-Key": key}


def _times(first: int) -> list[datetime]:
    return [START + timedelta(seconds=(first + place) % 10**6) for place in range(ROWS)]


def _predictions(first: int, key: str) -> Made:
    rows = [
        {"ts": ts.isoformat(), "request_id": str(first + place), "prediction": place / ROWS, "amount": place * 1.5}
        for place, ts in enumerate(_times(first))
    ]
    body = "\n".join(map(json.dumps, rows)).encode()
    return (
        "/v1/predictions?node=scorer",
        _key(key, "application/jsonl"),
        body,
        [f"p{row['request_id']}" for row in rows],
    )


def _arrow(first: int, key: str) -> Made:
    ids = [str(first + place) for place in range(ROWS)]
    columns = {"ts": _times(first), "request_id": ids, "prediction": [0.5] * ROWS, "amount": [1.0] * ROWS}
    table = pa.table(columns)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    headers = _key(key, "application/vnd.apache.arrow.stream")
    return "/v1/predictions?node=scorer", headers, sink.getvalue().to_pybytes(), [f"p{id_}" for id_ in ids]


def _kpis(first: int, key: str) -> Made:
    rows = [
        {"node": "rate", "metric": "approved", "ts": ts.isoformat(), "value": first + place}
        for place, ts in enumerate(_times(first))
    ]
    return "/v1/kpis", _key(key, "application/json"), json.dumps(rows).encode(), [f"k{row['value']}" for row in rows]


def _changes(first: int, key: str) -> Made:
    rows = [
        {"ts": ts.isoformat(), "node": "feed", "kind": "deploy", "title": str(first + place)}
        for place, ts in enumerate(_times(first)[:3])
    ]
    return "/v1/changes", _key(key, "application/json"), json.dumps(rows).encode(), [f"c{row['title']}" for row in rows]


def _spans(first: int, _key: str) -> Made:
    """Return spans as an exporter sends them: without a key, the same body again is the same delivery."""
    request = ExportTraceServiceRequest()
    resource = request.resource_spans.add()
    service = resource.resource.attributes.add()
    service.key, service.value.string_value = "service.name", "shop"
    spans = resource.scope_spans.add().spans
    for place, ts in enumerate(_times(first)):
        start = int(ts.timestamp()) * 10**9
        spans.add(
            trace_id=(first + place // 5).to_bytes(16, "big"),
            span_id=(first + place).to_bytes(8, "big"),
            name="GET /basket",
            start_time_unix_nano=start,
            end_time_unix_nano=start + 10**6 * (1 + place),
        )
    ids = [f"s{first + place:016x}" for place in range(ROWS)]
    return "/v1/traces", {"Content-Type": "application/x-protobuf"}, request.SerializeToString(), ids
