"""What OTLP's bodies have in common: protobuf or JSON, attributes, errors in OTLP's own form."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from google.protobuf.message import DecodeError, Message
from google.rpc.status_pb2 import Status

from api.problems import Problem
from api.strict_json import loads

PROTOBUF, JSON = "application/x-protobuf", "application/json"
CODES = {400: 3, 401: 16, 403: 7, 404: 5, 409: 10, 413: 8, 415: 3, 422: 3, 429: 8, 503: 14, 507: 8}
"""HTTP status -> gRPC code."""


def decode(body: bytes, media_type: str, kind: type[Message]) -> Any:
    """Return a protobuf message, or the same as JSON.

    Raises
    ------
    Problem, MalformedJson
        When the body is neither, or not what its type says.
    """
    if media_type == JSON:
        value = loads(body)
        if not isinstance(value, dict):
            raise Problem(400, "malformed-otlp", "the body is not an object")
        return value
    if media_type != PROTOBUF:
        raise Problem(415, "media-type", f"content-type {media_type[:60]!r} is not known; send {PROTOBUF} or {JSON}")
    return parsed(kind, body)


def parsed(kind: type[Message], content: bytes) -> Any:
    """Return a message from its bytes.

    Raises
    ------
    Problem
        When they are no such message.
    """
    message = kind()
    try:
        message.ParseFromString(content)
    except DecodeError as error:
        raise Problem(400, "malformed-otlp", "the body is not the protobuf message that OTLP says") from error
    return message


def failure(problem: Problem, media_type: str) -> tuple[bytes, str]:
    """Return an error's body as OTLP wants it, and its type."""
    code = CODES.get(problem.status, 13)
    if media_type == JSON:
        return json.dumps({"code": code, "message": problem.detail}).encode(), JSON
    message = problem.detail.encode("utf-8", "replace").decode()
    return Status(code=code, message=message).SerializeToString(), PROTOBUF


def success(rejected: int, reasons: Iterable[str], media_type: str, kind: type[Message], count: str) -> bytes:
    """Return a response's body; what was set aside is a partial success, which clients do not send again."""
    message = kind()
    if rejected:
        partial = message.partial_success
        setattr(partial, count, rejected)
        partial.error_message = "; ".join(reasons)[:1000]
    if media_type != JSON:
        return bytes(message.SerializeToString())
    camel = count.split("_", maxsplit=1)[0] + "".join(word.title() for word in count.split("_")[1:])
    told = {"partialSuccess": {camel: str(rejected), "errorMessage": "; ".join(reasons)[:1000]}} if rejected else {}
    return json.dumps(told).encode()


def attributes(pairs: Iterable[Any]) -> dict[str, Any]:
    """Return a protobuf list of key-value pairs as a mapping."""
    return {pair.key: any_value(pair.value) for pair in pairs}


def any_value(value: Any) -> Any:
    """Return a protobuf AnyValue as JSON can say it."""
    kind = value.WhichOneof("value")
    if kind is None:
        return None
    if kind == "array_value":
        return [any_value(one) for one in value.array_value.values]
    if kind == "kvlist_value":
        return attributes(value.kvlist_value.values)
    if kind == "bytes_value":
        return value.bytes_value.hex()
    return getattr(value, kind)


def json_attributes(pairs: Any) -> dict[str, Any]:
    """Return OTLP/JSON's list of key-value pairs as a mapping; what is malformed is left out."""
    if not isinstance(pairs, list):
        return {}
    return {
        pair["key"]: json_value(pair.get("value"))
        for pair in pairs
        if isinstance(pair, dict) and isinstance(pair.get("key"), str)
    }


def json_value(value: Any) -> Any:
    """Return OTLP/JSON's AnyValue; 64-bit integers may come as text."""
    if not isinstance(value, Mapping) or not value:
        return None
    kind, content = next(iter(value.items()))
    if kind == "intValue":
        return integer(content)
    if kind == "arrayValue" and isinstance(content, dict):
        values = content.get("values")
        return [json_value(one) for one in values] if isinstance(values, list) else []
    if kind == "kvlistValue" and isinstance(content, dict):
        return json_attributes(content.get("values"))
    return content


def integer(value: Any) -> int | None:
    """Return an integer that JSON may have as text; None when it is none, or beyond 64 bits."""
    try:
        number = int(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if -(2**63) <= number < 2**63 else None
