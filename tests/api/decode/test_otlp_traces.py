"""Spans read from the wire are those that OpenTelemetry's own messages hold."""

import json
import math

import pytest
from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from api.decode import otlp
from api.decode.otlp_traces import read_spans
from api.problems import Problem

START = 1_772_000_000 * 10**9


def request() -> ExportTraceServiceRequest:
    sent = ExportTraceServiceRequest()
    for service in ("shop", ""):
        resource = sent.resource_spans.add()
        if service:
            pair = resource.resource.attributes.add(key="service.name")
            pair.value.string_value = service
        spans = resource.scope_spans.add().spans
        first = spans.add(
            trace_id=bytes(range(16)), span_id=bytes(range(8)), parent_span_id=b"\xff" * 8, name="GET /é", kind=2
        )
        first.start_time_unix_nano, first.end_time_unix_nano = START, START + 1_500_000
        first.status.code = 2
        first.status.message = "broke"
        first.events.add(name="exception")
        for key, kind, value in (
            ("text", "string_value", 'a "quoted" \n line \x01'),
            ("count", "int_value", -(2**62)),
            ("share", "double_value", 0.1),
            ("on", "bool_value", True),
            ("raw", "bytes_value", b"\x00\xff"),
        ):
            setattr(first.attributes.add(key=key).value, kind, value)
        first.attributes.add(key="list").value.array_value.values.add().int_value = 3
        first.attributes.add(key="nothing")
        spans.add(name="no ids")
        spans.add(trace_id=b"t" * 16, span_id=b"s" * 8, start_time_unix_nano=2**63, end_time_unix_nano=5)
    return sent


def test_spans_are_what_the_messages_hold() -> None:
    rows = read_spans(request().SerializeToString(), otlp.PROTOBUF).to_pylist()
    assert [row["service"] for row in rows] == ["shop"] * 3 + [None] * 3
    first, bare, late = rows[:3]
    assert first["trace_id"] == bytes(range(16)).hex()
    assert first["span_id"] == bytes(range(8)).hex()
    assert first["parent_span_id"] == "ff" * 8
    assert (first["operation"], first["status"], first["duration_ms"]) == ("GET /é", "error", 1.5)
    assert first["start"].value == START
    assert json.loads(first["attributes"]) == {
        "text": 'a "quoted" \n line \x01',
        "count": -(2**62),
        "share": 0.1,
        "on": True,
        "raw": "00ff",
        "list": [3],
        "nothing": None,
    }
    assert bare == dict.fromkeys(bare) | {"service": "shop", "operation": "no ids", "status": "ok"}
    assert (late["start"], late["duration_ms"]) == (None, None)


def test_protobuf_and_json_are_the_same() -> None:
    sent = request()
    as_json = MessageToDict(sent)
    for resource in as_json["resourceSpans"]:
        for span in resource["scopeSpans"][0]["spans"]:
            for key, length in (("traceId", 16), ("spanId", 8), ("parentSpanId", 8)):
                if key in span:  # OTLP/JSON has ids in hex, protobuf's JSON in base64
                    span[key] = {16: bytes(range(16)), 8: bytes(range(8))}[length].hex()
    rows = read_spans(sent.SerializeToString(), otlp.PROTOBUF).to_pylist()
    told = read_spans(json.dumps(as_json).encode(), otlp.JSON).to_pylist()
    for one, other in zip(rows, told, strict=True):
        for name in ("service", "operation", "duration_ms", "status", "start"):
            assert (one[name] or None) == (other[name] or None)


def test_of_several_attributes_of_one_key_the_last_counts() -> None:
    sent = request()
    span = sent.resource_spans[0].scope_spans[0].spans[1]
    span.attributes.add(key="k").value.int_value = 1
    span.attributes.add(key="k").value.int_value = 2
    assert read_spans(sent.SerializeToString(), otlp.PROTOBUF)["attributes"][1].as_py() == '{"k":2}'


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_number_that_json_has_not_is_null(value: float) -> None:
    sent = request()
    sent.resource_spans[0].scope_spans[0].spans[1].attributes.add(key="k").value.double_value = value
    assert read_spans(sent.SerializeToString(), otlp.PROTOBUF)["attributes"][1].as_py() == '{"k":null}'


@pytest.mark.parametrize("cut", [1, 7, 40])
def test_a_body_that_breaks_off_is_refused(cut: int) -> None:
    with pytest.raises(Problem, match="not the protobuf message"):
        read_spans(request().SerializeToString()[:-cut], otlp.PROTOBUF)


def test_an_attribute_that_is_none_is_refused() -> None:
    sent = ExportTraceServiceRequest()
    sent.resource_spans.add().scope_spans.add().spans.add(name="s").attributes.add(key="key").value.int_value = 5
    broken = sent.SerializeToString().replace(b"\x0a\x03key", b"\x0a\x7fkey")
    with pytest.raises(Problem, match="not the protobuf message"):
        read_spans(broken, otlp.PROTOBUF)
