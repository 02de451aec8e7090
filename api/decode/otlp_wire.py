"""OTLP's trace messages as they are on the wire, with attributes and states left as bytes.

Most attributes repeat from span to span, so that their bytes are looked up rather than parsed; events, links and the
rest of a span are stepped over. Field numbers: opentelemetry/proto/trace/v1/trace.proto of OTLP 1.
"""

import json
import math
from collections.abc import Iterable
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from api.decode import otlp

_Field = descriptor_pb2.FieldDescriptorProto
_ONE, _MANY = _Field.LABEL_OPTIONAL, _Field.LABEL_REPEATED
_BYTES, _TEXT, _TIME, _MESSAGE = _Field.TYPE_BYTES, _Field.TYPE_STRING, _Field.TYPE_FIXED64, _Field.TYPE_MESSAGE
_PACKAGE = "rca.otlp"

# message -> (name, number, label, type, message of the field)
_MESSAGES = {
    "Span": (
        ("trace_id", 1, _ONE, _BYTES, ""),
        ("span_id", 2, _ONE, _BYTES, ""),
        ("parent_span_id", 4, _ONE, _BYTES, ""),
        ("name", 5, _ONE, _TEXT, ""),
        ("start_time_unix_nano", 7, _ONE, _TIME, ""),
        ("end_time_unix_nano", 8, _ONE, _TIME, ""),
        ("attributes", 9, _MANY, _BYTES, ""),
        ("status", 15, _ONE, _BYTES, ""),
    ),
    "ScopeSpans": (("spans", 2, _MANY, _MESSAGE, "Span"),),
    "Resource": (("attributes", 1, _MANY, _BYTES, ""),),
    "ResourceSpans": (
        ("resource", 1, _ONE, _MESSAGE, "Resource"),
        ("scope_spans", 2, _MANY, _MESSAGE, "ScopeSpans"),
    ),
    "TracesRequest": (("resource_spans", 1, _MANY, _MESSAGE, "ResourceSpans"),),
}


def _described() -> descriptor_pb2.FileDescriptorProto:
    file = descriptor_pb2.FileDescriptorProto(name="rca/otlp.proto", package=_PACKAGE, syntax="proto3")
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for field, number, label, kind, of in fields:
            type_name = f".{_PACKAGE}.{of}" if of else None
            message.field.add(name=field, number=number, label=label, type=kind, type_name=type_name)
    return file


_pool = descriptor_pool.DescriptorPool()
_pool.Add(_described())
TracesRequest = message_factory.GetMessageClass(_pool.FindMessageTypeByName(f"{_PACKAGE}.TracesRequest"))
"""An ExportTraceServiceRequest."""

_quoted = json.encoder.encode_basestring_ascii
_encode = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode


class Pairs:
    """Serialised key-value pairs as JSON, each read once."""

    def __init__(self) -> None:
        self._read: dict[bytes, tuple[str, str]] = {}

    def text(self, pairs: Iterable[bytes]) -> str | None:
        """Return pairs as the text of a JSON object, the last of several of one key; None when there are none.

        Raises
        ------
        Problem
            When one of them is no KeyValue.
        """
        known = self._read
        entries = dict([known.get(pair) or self._of(pair) for pair in pairs])
        return "{" + ",".join(entries.values()) + "}" if entries else None

    def _of(self, pair: bytes) -> tuple[str, str]:
        """Return a pair's key, and its entry in a JSON object."""
        read = otlp.parsed(KeyValue, pair)
        key = read.key
        found = self._read[pair] = key, f"{_quoted(key)}:{_json(read.value)}"
        return found


def _json(value: Any) -> str:
    """Return an AnyValue as JSON; a number that JSON has not is null."""
    kind = value.WhichOneof("value")
    if kind == "string_value":
        return _quoted(value.string_value)
    if kind == "int_value":
        return str(value.int_value)
    if kind == "double_value":
        return repr(value.double_value) if math.isfinite(value.double_value) else "null"
    try:
        return _encode(otlp.any_value(value))
    except ValueError:
        return "null"


def attributes(pairs: Iterable[bytes]) -> dict[str, object]:
    """Return serialised key-value pairs as a mapping."""
    return otlp.attributes([otlp.parsed(KeyValue, pair) for pair in pairs])


def state(status: bytes) -> str:
    """Return what a serialised Status says: `error` or `ok`."""
    return "error" if status and otlp.parsed(Status, status).code == Status.STATUS_CODE_ERROR else "ok"
