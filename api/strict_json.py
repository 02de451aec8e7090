"""JSON as RFC 8259 has it, with no more freedom: what two parsers would read differently is refused."""

import json
import math
import re
from collections.abc import Sequence
from typing import Any

DEEPEST = 64
"""So many brackets may be open at once."""

MOST_DIGITS = 40
"""Of an integer."""

_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_BRACKETS = re.compile(rb'[\[\]{}"]')


class MalformedJson(ValueError):
    """Not JSON, or JSON that parsers read differently; the text says what and where."""


def loads(content: bytes) -> Any:
    """Return the value of a JSON text.

    Raises
    ------
    MalformedJson
        When it is not UTF-8, not JSON, too deep, repeats a key, or holds NaN, an infinity, a number beyond a double's
        range, or half of a surrogate pair.
    """
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise MalformedJson(f"is not UTF-8 text (byte {error.start})") from error
    _refuse_depth(content)
    try:
        value = _DECODER.decode(text.removeprefix("\ufeff"))
    except MalformedJson:
        raise
    except json.JSONDecodeError as error:
        raise MalformedJson(f"is not valid JSON: {error.msg} (line {error.lineno}, column {error.colno})") from error
    except ValueError as error:
        raise MalformedJson(f"is not valid JSON: {error}"[:200]) from error
    except RecursionError as error:
        raise MalformedJson("is nested too deeply") from error
    if _SURROGATE.search(content):
        _refuse_halves(value)
    return value


def _refuse_depth(content: bytes) -> None:
    if content.count(b"[") + content.count(b"{") <= DEEPEST:
        return
    depth = 0
    inside = False
    last = -2
    for match in _BRACKETS.finditer(content):
        mark = match.group()
        if mark == b'"':
            slashes = 0
            place = match.start() - 1
            while place > last and content[place : place + 1] == b"\\":
                slashes, place = slashes + 1, place - 1
            if not inside or slashes % 2 == 0:
                inside = not inside
            last = match.start()
        elif not inside:
            depth += 1 if mark in b"[{" else -1
            if depth > DEEPEST:
                raise MalformedJson(f"is nested deeper than {DEEPEST} levels")


def _object(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise MalformedJson(f"has the key {twice[:60]!r} twice in one object")
    return found


def _number(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise MalformedJson(f"holds a number beyond the range of a double: {text[:40]}")
    return value


def _integer(text: str) -> int:
    if len(text) > MOST_DIGITS:
        raise MalformedJson(f"holds an integer of {len(text)} digits; write it as text")
    return int(text)


def _constant(text: str) -> Any:
    raise MalformedJson(f"holds {text}, which is not JSON; write null or text")


def _refuse_halves(value: Any) -> None:
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            try:
                one.encode()
            except UnicodeEncodeError as error:
                raise MalformedJson("holds half of a surrogate pair, which is no character") from error
        elif isinstance(one, dict):
            waiting.extend(one)
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_float=_number, parse_int=_integer, parse_constant=_constant
)
