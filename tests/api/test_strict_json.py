"""JSON that two parsers would read differently is refused, everywhere, and never with a fault."""

import pytest

from api.strict_json import DEEPEST, MalformedJson, loads
from tests.api import world

ROUTES = ("/v1/incidents", "/v1/predictions?node=fraud-scorer", "/v1/traces", "/api/v1/lineage")
REFUSED = {
    "nan": b'{"id": NaN}',
    "infinity": b'{"id": -Infinity}',
    "beyond a double": b'{"id": 1e400}',
    "beyond a double, written out": b'{"id": -' + b"9" * 400 + b".0}",
    "very many digits": b'{"id": ' + b"1" * 5000 + b"}",
    "half of a surrogate pair": rb'{"id": "\ud800"}',
    "halves in the wrong order": rb'{"id": "\udc00\ud800"}',
    "half of a pair in a key": rb'{"\ud800": 1}',
    "a key twice": b'{"id": "a", "id": "b"}',
    "a key twice, deep": b'{"x": [{"y": 1, "y": 2}]}',
    "the same key, escaped": rb'{"id": "a", "\u0069d": "b"}',
    "too deep": b"[" * (DEEPEST + 1) + b"]" * (DEEPEST + 1),
    "far too deep": b'{"a":' * 100_000,
    "not UTF-8": b'{"id": "\xff"}',
    "surrogates as bytes": b'{"id": "\xed\xa0\x80"}',
    "UTF-16": '{"id": "a"}'.encode("utf-16"),
    "cut off": b'{"id": "a',
    "two documents": b"{}{}",
    "a control character": b'{"id": "\x01"}',
    "single quotes": b"{'id': 1}",
    "a trailing comma": b'{"id": 1,}',
    "a comment": b'{"id": 1} // one',
    "nothing but blanks": b"  ",
}


@pytest.mark.parametrize("body", REFUSED.values(), ids=REFUSED)
def test_it_is_refused(body):
    with pytest.raises(MalformedJson):
        loads(body)


@pytest.mark.parametrize("body", REFUSED.values(), ids=REFUSED)
@pytest.mark.parametrize(
    "route", ["/v1/incidents", "/v1/predictions?node=fraud-scorer", "/v1/traces", "/api/v1/lineage"]
)
def test_a_route_refuses_it_as_malformed(strict, route, body):
    answer = strict.post(route, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400, answer.text
    told = answer.json()
    if route == "/v1/traces":
        assert told["code"] == 3
    else:
        assert told["type"] == "urn:rca:problem:malformed-json"
        assert told["detail"].startswith("the body ")


def test_json_lines_name_the_line(strict):
    body = b'{"ts": 1}\n\n{"ts": NaN}\n'
    answer = strict.post("/v1/kpis", content=body, headers={"Content-Type": "application/x-ndjson"})
    assert answer.status_code == 400
    assert "line 3" in answer.json()["detail"]


def test_what_is_valid_is_read_as_it_is():
    assert loads(b'\xef\xbb\xbf{"a": [1, -0.5, null, "\\ud83d\\ude00", "\\u0000"]}') == {
        "a": [1, -0.5, None, "\U0001f600", "\x00"]
    }
    assert loads(b"[" * DEEPEST + b"]" * DEEPEST)
    assert loads(b'{"text": "' + b"[" * 500 + b'\\""}')["text"] == "[" * 500 + '"'
    assert loads(b'{"text": "\\\\", "more": ["' + b"{" * 100 + b'"]}')["more"] == ["{" * 100]


@pytest.fixture(scope="module")
def strict(tmp_path_factory):
    from tests.api.conftest import serving  # noqa: PLC0415

    with serving(tmp_path_factory.mktemp("strict") / "rca.duckdb") as client:
        client.put("/v1/system", json=world.SYSTEM)
        yield client
