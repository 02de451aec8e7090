"""Requests that are broken in some way: an operation's own example, with something of it spoiled, by a seed."""

import gzip
import io
import json
import random
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pyarrow as pa
import pyarrow.parquet as pq
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

RAW = (
    *("NaN", "Infinity", "-Infinity", "1e400", "-1e400", "1" * 60, "-0", "1e-400", "00", "0x10", "1.", ".5", "True"),
    *('"\\ud800"', '"\\udc00\\ud800"', '"\\u0000"', '"\x01"', "'a'", "undefined", "[" * 2000, '{"a":' * 500, "", "nul"),
    *('"\ufeff"', '"\u202e"', '"' + "x" * 100_000 + '"', "9223372036854775808", "-9223372036854775809", "1e308"),
)
VALUES = (
    *(None, True, False, 0, -1, 2**31, 2**63, 2**64, 1e308, 5e-324, "", " ", "\x00", "a\x00b", "\U0010ffff", "é" * 300),
    *(
        [],
        {},
        [[]],
        [None],
        {"": None},
        {"\x00": 1},
        [{}],
        {"a": {"b": {"c": []}}},
        "2026-02-30T00:00:00Z",
        "0000-01-01",
    ),
    *(
        "9999-12-31T23:59:59Z",
        "2026-03-04T10:00:00+99:00",
        "-1",
        "1e9",
        "'; DROP TABLE incidents; --",
        "../../etc/passwd",
    ),
    *(
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "294247-01-10T04:00:55Z",
        "infinity",
        "-infinity",
        "nan",
    ),
)
TEXTS = (
    *(
        "",
        " ",
        "%00",
        "%ff",
        "%ed%a0%80",
        "..",
        "%2e%2e%2f",
        "~",
        "~%2F",
        "~AA",
        "~____",
        "*",
        "%",
        "a" * 3000,
        "%0a",
        "~_w",
    ),
    *(
        "-1",
        "0",
        "99999999999999999999",
        "1.5",
        "NaN",
        "true",
        "%F0%9F%92%A9",
        "a%2Fb",
        "'",
        '"',
        ";",
        "%25",
        "%5c",
        ":analyze",
    ),
    *(
        "2026-03-04",
        "9999-12-31T23:59:59Z",
        "0001-01-01T00:00:00%2B14:00",
        "%C2%85",
        "a:b",
        "a%3Aanalyze",
        "[]",
        "{}",
        "<x>",
    ),
)
HEADERS = (
    *("content-type", "content-encoding", "if-match", "if-none-match", "idempotency-key", "prefer", "authorization"),
    *("x-rca-account", "accept", "host", "content-length", "transfer-encoding", "origin", "cookie", "accept-language"),
)
HEADER_VALUES = (
    *(
        "",
        " ",
        "*",
        '"',
        'W/"x"',
        "a" * 5000,
        "é",
        "\U0001f4a9",
        "gzip, gzip",
        "br",
        "gzip",
        "deflate",
        "application/json",
    ),
    *("application/x-protobuf", "application/vnd.apache.arrow.stream", "application/vnd.apache.parquet", "text/html"),
    *(
        "application/json; charset=utf-16",
        "application/x-ndjson",
        "multipart/form-data",
        "wait=-1",
        "wait=1e9",
        "wait=0",
    ),
    *(
        "Bearer",
        "Bearer rca_0123456789ab_" + "x" * 43,
        "Basic Og==",
        "-1",
        "5",
        "0",
        "chunked",
        "a, b",
        "a=b; c",
        "null",
    ),
)


@dataclass(frozen=True, slots=True)
class Request:
    """One request, and what is wrong with it."""

    method: str
    target: str
    body: bytes | None
    headers: Mapping[str, str]
    broken: str


def requests(document: Mapping[str, Any], count: int, seed: int) -> Iterator[Request]:
    """Give requests to the operations of an OpenAPI document, each broken in one way or several."""
    draw = random.Random(seed)  # noqa: S311 - no secret
    operations = [
        (method, path, operation)
        for path, methods in sorted(document["paths"].items())
        for method, operation in sorted(methods.items())
    ]
    with_bodies = [each for each in operations if "requestBody" in each[2]]
    for _ in range(count):
        method, path, operation = draw.choice(with_bodies if _sometimes(draw, 0.8) else operations)
        yield _request(draw, document, method.upper(), path, operation)


def _request(
    draw: random.Random, document: Mapping[str, Any], method: str, path: str, operation: Mapping[str, Any]
) -> Request:
    odd_address = _sometimes(draw, 0.25)
    target = _target(draw, path, operation.get("parameters", ()), odd=odd_address)
    broken = ["address"] if odd_address else []
    body, headers = None, dict[str, str]()
    if "requestBody" in operation:
        kind = draw.choice(sorted(operation["requestBody"]["content"]))
        headers["content-type"] = kind
        break_it = draw.choice(BREAKS)
        body = break_it(draw, example(document, path, kind, operation), kind)
        broken.append(break_it.__name__.strip("_").replace("_", " "))
        if _sometimes(draw, 0.1):
            body, headers["content-encoding"] = _compressed(draw, body)
            broken.append("compression")
    if _sometimes(draw, 0.2) or not broken:
        name = draw.choice(HEADERS)
        headers[name] = draw.choice(HEADER_VALUES)
        broken.append(name)
    return Request(method, target, body, headers, ", ".join(broken))


def _target(draw: random.Random, path: str, parameters: Any, *, odd: bool) -> str:
    query = []
    for one in parameters:
        plain = quote(str(_known(one)), safe="")
        text = draw.choice(TEXTS) if odd and _sometimes(draw, 0.7) else plain
        if one["in"] == "path":
            path = path.replace("{" + one["name"] + "}", text)
        elif one["in"] == "query" and (one.get("required") or odd):
            query.append(f"{quote(one['name'])}={text}")
    return path + ("?" + "&".join(query) if query else "")


def _known(parameter: Mapping[str, Any]) -> Any:
    """Return a value that a parameter may have."""
    if parameter["name"] == "incident":
        return "inc-42"
    if parameter["name"] == "node":
        return "scorer"
    schema = parameter.get("schema", {})
    return 1 if schema.get("type") == "integer" else "scorer"


def example(document: Mapping[str, Any], path: str, kind: str, operation: Mapping[str, Any]) -> bytes:
    """Return a body that an operation takes, of one of its types."""
    content = operation["requestBody"]["content"]
    if "protobuf" in kind:
        return _protobuf("metrics" in path)
    told = content.get("application/json", {})
    examples = [each["value"] for each in told.get("examples", {}).values()] if "examples" in told else []
    value = examples[0] if examples else of_schema(document, told.get("schema", {}))
    rows = value if isinstance(value, list) else [value]
    if kind == "application/json":
        return json.dumps(value).encode()
    if "arrow" in kind or "parquet" in kind:
        return _table(rows, kind)
    return b"\n".join(json.dumps(row).encode() for row in rows)


def of_schema(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Any:
    """Return a value that fits a schema: its example, else one made up part by part."""
    while "$ref" in schema or "anyOf" in schema:
        name = schema.get("$ref", "").rsplit("/", 1)[-1]
        schema = document["components"]["schemas"][name] if name else schema["anyOf"][0]
    if schema.get("examples"):
        return schema["examples"][0]
    if "const" in schema or "enum" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    if schema.get("type") == "object":
        return {name: of_schema(document, part) for name, part in schema.get("properties", {}).items()}
    if schema.get("type") == "array":
        return [of_schema(document, schema.get("items", {}))]
    if schema.get("format") == "date-time":
        return "2026-03-04T10:00:00Z"
    return {"string": "scorer", "integer": 1, "number": 0.5, "boolean": True}.get(str(schema.get("type")))


def _sometimes(draw: random.Random, share: float) -> bool:
    return draw.random() < share


def _protobuf(metrics: bool) -> bytes:
    if metrics:
        request = ExportMetricsServiceRequest()
        scope = request.resource_metrics.add().scope_metrics.add()
        point = scope.metrics.add(name="cpu").gauge.data_points.add(as_double=0.5, time_unix_nano=1_772_618_400 * 10**9)
        point.attributes.add(key="zone").value.string_value = "a"
        return bytes(request.SerializeToString())
    traces = ExportTraceServiceRequest()
    span = traces.resource_spans.add().scope_spans.add().spans.add(trace_id=b"a" * 16, span_id=b"b" * 8, name="GET")
    span.start_time_unix_nano, span.end_time_unix_nano = 1_772_618_400 * 10**9, 1_772_618_401 * 10**9
    return bytes(traces.SerializeToString())


def _table(rows: list[dict[str, Any]], kind: str) -> bytes:
    plain = [
        {name: json.dumps(cell) if isinstance(cell, (dict, list)) else cell for name, cell in row.items()}
        for row in rows
    ]
    table = pa.Table.from_pylist(plain)
    sink = io.BytesIO()
    if "parquet" in kind:
        pq.write_table(table, sink)
    else:
        make = pa.ipc.new_file if kind.endswith("file") else pa.ipc.new_stream
        with make(sink, table.schema) as writer:
            writer.write_table(table)
    return sink.getvalue()


Break = Callable[[random.Random, bytes, str], bytes]


def _bits_turned(draw: random.Random, body: bytes, _kind: str) -> bytes:
    turned = bytearray(body)
    for _ in range(draw.choice((1, 1, 2, 8, 40)) if body else 0):
        turned[draw.randrange(len(turned))] ^= 1 << draw.randrange(8)
    return bytes(turned)


def _cut_off(draw: random.Random, body: bytes, _kind: str) -> bytes:
    return body[: draw.randrange(len(body))] if body else b""


def _noise(draw: random.Random, _body: bytes, _kind: str) -> bytes:
    return draw.randbytes(draw.choice((1, 10, 1000, 20_000)))


def _spliced(draw: random.Random, body: bytes, _kind: str) -> bytes:
    one, two = sorted(draw.randrange(len(body) + 1) for _ in range(2))
    return body[:one] + draw.choice((b"", body[one:two] * 2, b"\x00", b"\xff\xfe", draw.randbytes(4))) + body[two:]


def _value_that_is_no_json(draw: random.Random, body: bytes, _kind: str) -> bytes:
    return _with_value(draw, body, lambda: draw.choice(RAW))


def _value_of_another_kind(draw: random.Random, body: bytes, _kind: str) -> bytes:
    return _with_value(draw, body, lambda: json.dumps(draw.choice(VALUES)))


def _key_twice(draw: random.Random, body: bytes, _kind: str) -> bytes:
    return body.replace(b"{", b'{"id": 1, "id": "\\ud800", ' if _sometimes(draw, 0.5) else b'{"node": 1, ', 1)


def _keys_changed(draw: random.Random, body: bytes, _kind: str) -> bytes:
    places = _places(_parsed(body))
    inner = [(parent, key) for parent, key in places if isinstance(parent, dict)]
    if not inner:
        return body + b" x"
    value = _parsed(body)
    parent, key = draw.choice([(parent, key) for parent, key in _places(value) if isinstance(parent, dict)])
    kept = parent.pop(key)
    if _sometimes(draw, 0.5):
        parent[draw.choice(("", "\x00", "é", "a" * 5000, "__class__", "_file", '"', "ts", "TS", key + " "))] = kept
    return json.dumps(value).encode()


def _other_encoding(draw: random.Random, body: bytes, _kind: str) -> bytes:
    text = body.decode("utf-8", "replace")
    return text.encode(draw.choice(("utf-16", "utf-32", "utf-7", "utf-8-sig")), "replace")


def _another_top(draw: random.Random, _body: bytes, _kind: str) -> bytes:
    return json.dumps(draw.choice(VALUES)).encode()


def _very_deep(draw: random.Random, body: bytes, _kind: str) -> bytes:
    depth = draw.choice((60, 70, 1000, 100_000))
    return _with_value(draw, body, lambda: "[" * depth + "]" * depth)


BREAKS: tuple[Break, ...] = (
    *(_bits_turned, _cut_off, _noise, _spliced, _value_that_is_no_json, _value_of_another_kind, _key_twice),
    *(_value_that_is_no_json, _value_of_another_kind, _keys_changed, _other_encoding, _another_top, _very_deep),
)
HOLE = "\ue000hole\ue000"


def _with_value(draw: random.Random, body: bytes, make: Callable[[], str]) -> bytes:
    value = _parsed(body)
    places = _places(value)
    if not places:
        return make().encode("utf-8", "surrogatepass")
    parent, key = draw.choice(places)
    parent[key] = HOLE
    return json.dumps(value).replace(json.dumps(HOLE), make()).encode("utf-8", "surrogatepass")


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


def _places(value: Any) -> list[tuple[Any, Any]]:
    found = []
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        found += [(value, key), *_places(inner)]
    return found


def _compressed(draw: random.Random, body: bytes) -> tuple[bytes, str]:
    return draw.choice(
        (
            lambda: (gzip.compress(body, mtime=0), "gzip"),
            lambda: (gzip.compress(body, mtime=0)[:-4], "gzip"),
            lambda: (body, "gzip"),
            lambda: (gzip.compress(body, mtime=0) + b"tail", "gzip"),
            lambda: (zlib.compress(body), "deflate"),
            lambda: (body, "deflate"),
            lambda: (gzip.compress(body, mtime=0), "gzip, gzip"),
            lambda: (body, "br"),
            lambda: (b"", "gzip"),
        )
    )()
