"""The fast reader of JSON rows reads what the strict one reads, or leaves it to that one."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.decode import json_rows
from api.decode.rows import decode_rows
from api.problems import Problem
from api.strict_json import MalformedJson, loads

JSON, LINES = "application/json", "application/jsonl"
BOUNDS = (1000, 10**6)

values = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=3)
    | st.lists(st.lists(st.integers(), max_size=2), max_size=2)
    | st.dictionaries(st.text(max_size=3), st.integers(), max_size=2)
)
tables = st.lists(st.dictionaries(st.text(max_size=5), values, max_size=4), min_size=1, max_size=5)


@given(tables)
def test_rows_come_out_as_they_went_in(rows: list[dict[str, object]]) -> None:
    for body, kind in (
        (json.dumps(rows).encode(), JSON),
        (json.dumps(rows, separators=(",", ":"), ensure_ascii=False).encode(), JSON),
        (json.dumps(rows, indent=1).encode(), JSON),
        ("\r\n".join(map(json.dumps, rows)).encode(), LINES),
    ):
        lines = decode_rows(body, kind, *BOUNDS)
        assert [json.loads(line) for line in lines.rows] == rows
        assert not any(b"\n" in line for line in lines.rows)
        assert lines.shape == json_rows.shape_of(rows)


@given(st.text(alphabet='{}[]",:\\ \n01ea.-+NIu', max_size=40))
def test_nothing_is_read_that_the_strict_reader_refuses(text: str) -> None:
    body = text.encode()
    fast = json_rows.read_array(body)
    if fast is not None:
        assert [json.loads(line) for line in fast[0]] == loads(body)
    fast = json_rows.read_lines(body)
    if fast is not None:
        assert [json.loads(line) for line in fast[0]] == [loads(line) for line in body.split(b"\n") if line.strip()]


@pytest.mark.parametrize(
    "row",
    [
        '{"a":1,"a":2}',
        '{"a" :1,"a":2}',
        '{"a":1, "b" : 2, "a" : ":"}',
        '{"a":NaN}',
        '{"a":-Infinity}',
        '{"a":1e400}',
        '{"a":[1e999]}',
        '{"a":' + "9" * 50 + "}",
        '{"a":"\\ud800"}',
        '{"a":[{"b":1,"b":2}]}',
        '{"a":1} {"b":2}',
        '{"a":1},{"b":2}',
        '{"a":' + "[" * 70 + "]" * 70 + "}",
        "[1]",
        "1",
    ],
)
def test_what_parsers_read_differently_is_refused(row: str) -> None:
    with pytest.raises((MalformedJson, Problem)):
        decode_rows(f'{{"x":1}}\n{row}'.encode(), LINES, *BOUNDS)
    if not row.startswith(('{"a":1} ', '{"a":1},')):
        with pytest.raises((MalformedJson, Problem)):
            decode_rows(f'[{{"x":1}},{row}]'.encode(), JSON, *BOUNDS)


def test_a_usual_body_is_read_fast() -> None:
    rows = [{"ts": "2026-03-04T10:00:00Z", "id": "3e123ab", "p": 0.25, "n": None, "v": [1.0, 2.0]}] * 3
    assert json_rows.read_array(json.dumps(rows).encode()) is not None
    assert json_rows.read_lines("\n".join(map(json.dumps, rows)).encode()) is not None


def test_too_many_rows_are_refused() -> None:
    with pytest.raises(Problem) as caught:
        decode_rows(b'{"a":1}\n{"a":2}', LINES, 1, 10**6)
    assert caught.value.status == 413
