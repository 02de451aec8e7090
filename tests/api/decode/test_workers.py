"""Bodies decoded by another process come out, and fail, as they would here."""

import json
from collections.abc import Iterator

import pytest

from api.decode.rows import decode_rows
from api.decode.workers import SMALL_BYTES, Workers
from api.problems import Problem
from api.strict_json import MalformedJson

LINES = "application/jsonl"
LARGE = "\n".join(json.dumps({"a": number, "text": "x" * 100}) for number in range(500)).encode()


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    pool = Workers(1)
    yield pool
    pool.close()


def test_rows_are_the_same(workers: Workers) -> None:
    assert len(LARGE) > SMALL_BYTES
    assert workers.run("rows", LARGE, LINES, 1000, 10**6) == decode_rows(LARGE, LINES, 1000, 10**6)


@pytest.mark.parametrize(
    ("body", "media_type", "error", "said"),
    [
        (LARGE + b'\n{"a":1,"a":2}', LINES, MalformedJson, "twice"),
        (LARGE, "text/plain", Problem, "not known"),
        ((LARGE + b"\n") * 10, LINES, Problem, "more than 1000 rows"),
    ],
)
def test_errors_are_the_same(workers: Workers, body: bytes, media_type: str, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        workers.run("rows", body, media_type, 1000, 10**6)


def test_a_process_that_ends_is_replaced(workers: Workers) -> None:
    workers.run("rows", LARGE, LINES, 1000, 10**6)
    for process in workers.processes():
        process.kill()
        process.join()
    with pytest.raises(Problem) as caught:
        workers.run("rows", LARGE, LINES, 1000, 10**6)
    assert caught.value.status == 503
    assert len(workers.run("rows", LARGE, LINES, 1000, 10**6).rows) == 500
