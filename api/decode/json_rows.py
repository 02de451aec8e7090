"""JSON rows read fast where nothing about them is unusual, with the same result as reading them strictly.

Python's own scanner does the work, without a call for each number and object. What it does not refuse by itself is
counted or looked for in the bytes: keys that are there twice, numbers beyond a double, integers too long, halves of
surrogate pairs, deep nesting. Where anything is found, or in doubt, the answer is None and the strict reader decides.
"""

import json
import math
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from api.strict_json import MOST_DIGITS

Row = dict[str, Any]
Shape = tuple[tuple[str, str], ...]

_TYPES = {str: "text", bool: "boolean", int: "number", float: "number", list: "list", dict: "object"}
_OPENS = re.compile(r"[ \t\n\r]*\[[ \t\n\r]*")
_CLOSES = re.compile(r"[ \t\n\r]*\][ \t\n\r]*")
_KEY = re.compile(rb'"[ \t\n\r]*:')
_BEFORE_COLON = (b" :", b"\t:", b"\n:", b"\r:")
_LARGE = re.compile(rb"\d[eE]\+?\d{3}")
_AS_ZEROS = bytes.maketrans(b"123456789", b"000000000")
_INFINITE = (math.inf, -math.inf)


class _Unusual(ValueError):
    """Something that the strict reader has to look at."""


def _refuse(text: str) -> Any:
    raise _Unusual(text)


_scan: Callable[[str, int], tuple[Any, int]] = json.JSONDecoder(parse_constant=_refuse).scan_once  # type: ignore[attr-defined]


def read_lines(body: bytes) -> tuple[list[bytes], Shape] | None:
    """Return the rows of JSON Lines as they are written, and which keys have values of which type."""
    lines = [line for line in map(bytes.strip, body.split(b"\n")) if line]
    return _read(body, lines, _of_lines(lines))


def read_array(body: bytes) -> tuple[list[bytes], Shape] | None:
    """Return the objects of a JSON array as JSON Lines, and which keys have values of which type."""
    if b"\n" in body or b"\r" in body:
        return None
    lines: list[bytes] = []
    return _read(body, lines, _of_array(body, lines))


def shape_of(rows: Iterable[Row]) -> Shape:
    """Return which keys have values of which type; '' where a key has no value at all."""
    kinds = {(tuple(row), tuple(map(type, row.values()))) for row in rows}
    types = {(key, _TYPES.get(type_, "")) for keys, types in kinds for key, type_ in zip(keys, types, strict=True)}
    told = {key for key, kind in types if kind}
    return tuple(sorted((key, kind) for key, kind in types if kind or key not in told))


def _read(body: bytes, lines: list[bytes], rows: Iterator[Row]) -> tuple[list[bytes], Shape] | None:
    if b"\\u" in body or b"0" * (MOST_DIGITS + 1) in body.translate(_AS_ZEROS):
        return None
    try:
        found = list(rows)
    except (ValueError, RuntimeError):  # the scanner stops an iteration where no value is
        return None
    if not found or body.count(b"{") != len(found) or _keys(body) != sum(map(len, found)):
        return None
    if b"[" in body[1:] and any(map(_nested, found)):
        return None
    if _LARGE.search(body) and any(value in _INFINITE for row in found for value in row.values()):
        return None
    return lines, shape_of(found)


def _of_lines(lines: Iterable[bytes]) -> Iterator[Row]:
    for line in lines:
        text = line.decode()
        row, end = _scan(text, 0)
        if end != len(text) or type(row) is not dict:
            raise _Unusual
        yield row


def _of_array(body: bytes, lines: list[bytes]) -> Iterator[Row]:
    """Give the objects of an array; add their texts to `lines`."""
    text = body.decode()
    opened = _OPENS.match(text)
    at = opened.end() if opened else len(text)
    while at < len(text):
        row, end = _scan(text, at)
        if type(row) is not dict:
            raise _Unusual
        lines.append(text[at:end].encode())
        yield row
        if text.startswith(", {", end):
            at = end + 2
        elif text.startswith(",{", end):
            at = end + 1
        elif _CLOSES.fullmatch(text, end):
            return
        else:
            raise _Unusual


def _keys(body: bytes) -> int:
    """Return how many keys the text has, at least: what looks like one within a text is counted as well."""
    if any(space in body for space in _BEFORE_COLON):
        return len(_KEY.findall(body))
    return body.count(b'":')


def _nested(row: Row) -> bool:
    """Return whether a list holds more than plain values, or a number beyond a double."""
    return any(
        not set(map(type, value)) <= {int, float, str, bool, type(None)} or any(one in _INFINITE for one in value)
        for value in row.values()
        if type(value) is list
    )
