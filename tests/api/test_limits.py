"""More than is allowed is refused early, and costs little memory; who is slow is in nobody's way."""

import functools
import gzip
import http.client
import io
import socket
import statistics
import zlib

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from api.settings import Limits
from benchmarks.service.running import SYSTEM
from benchmarks.service.served import served
from benchmarks.service.slow import health_seconds, slow_clients
from tests.api import world

MOST_GROWTH = 200_000_000
JSON, PARQUET = "application/json", "application/vnd.apache.parquet"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with served(tmp_path_factory.mktemp("limits") / "rca.duckdb") as running:
        running.send_json("PUT", "/v1/system", SYSTEM)
        row = {"ts": "2026-03-04T10:00:00Z", "node": "rate", "metric": "m", "value": 1}
        assert running.send_json("POST", "/v1/kpis", [row]).status == 200
        yield running


def blanks(make, size=400_000_000):
    """Return so many bytes of blanks, compressed without ever being in memory."""
    chunk, packed = b" " * 1_000_000, make()
    return b"".join([*(packed.compress(chunk) for _ in range(size // len(chunk))), packed.flush()])


@functools.cache
def bomb_of(name):
    bombs = {
        "gzip": lambda: blanks(lambda: zlib.compressobj(1, wbits=31)),
        "deflate": lambda: blanks(lambda: zlib.compressobj(1)),
        "gzip in very many members": lambda: gzip.compress(b" " * 1_000_000) * 400,
    }
    return bombs[name]()


def answered(server, route, body, headers, times=10):
    """Return what is answered; who still sends when the connection ends may miss it, and asks again."""
    for _ in range(times - 1):
        try:
            return server.send("POST", route, body, headers)
        except (BrokenPipeError, ConnectionResetError):
            continue
    return server.send("POST", route, body, headers)


@pytest.mark.parametrize("route", ["/v1/kpis", "/v1/traces", "/api/v1/lineage", "/v1/incidents"])
@pytest.mark.parametrize("bomb", ["gzip", "deflate", "gzip in very many members"])
def test_a_compressed_bomb_is_refused_and_costs_little(server, bomb, route):
    body = bomb_of(bomb)
    encoding = "deflate" if bomb == "deflate" else "gzip"
    before = server.memory()
    answer = answered(server, route, body, {"Content-Type": JSON, "Content-Encoding": encoding})
    assert answer.status == 413, answer.content
    assert server.memory() - before < MOST_GROWTH


def test_a_body_that_announces_a_gigabyte_is_refused_at_once(server):
    before = server.memory()
    headers = {"Content-Type": JSON, "Content-Length": "1000000000"}
    answer = server.send("POST", "/v1/kpis", b"[", headers)
    assert (answer.status, answer.json()["type"]) == (413, "urn:rca:problem:too-large")
    assert server.memory() - before < MOST_GROWTH


def test_a_body_that_does_not_end_is_refused_on_the_way(server):
    before = server.memory()
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.putrequest("POST", "/v1/kpis")
    connection.putheader("Content-Type", JSON)
    connection.putheader("Transfer-Encoding", "chunked")
    connection.endheaders()
    sent, chunk = 0, b"%x\r\n%s\r\n" % (1_000_000, b" " * 1_000_000)
    try:
        while sent < 1000:
            connection.send(chunk)
            sent += 1
    except (BrokenPipeError, ConnectionResetError):
        pass
    connection.close()
    assert sent < 1000, "it took a gigabyte"
    assert server.memory() - before < MOST_GROWTH
    assert server.send("GET", "/healthz").status == 200


def test_slow_clients_are_in_nobodys_way(server):
    with slow_clients(server.port, 100):
        taken = health_seconds(server, 3)
    assert statistics.quantiles(taken, n=100)[98] < 1, "this machine may be busy; benchmarks.service.slow measures"
    assert len(taken) > 10


def test_half_a_request_holds_up_nobody(server):
    with socket.create_connection(("127.0.0.1", server.port)) as half:
        half.sendall(b"POST /v1/kpis HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\n\r\n[")
        assert server.send("GET", "/v1/receipts").status == 200


@pytest.mark.parametrize("extra", [0, 1])
def test_a_body_may_be_as_large_as_is_said_and_no_larger(open_client, extra):
    client = open_client(limits=Limits(body=1000, inflated=3000))
    client.put("/v1/system", json=world.SYSTEM)
    body = b"[" + b" " * (998 + extra) + b"]"
    headers = {"Content-Type": JSON}
    assert client.post("/v1/kpis", content=body, headers=headers).status_code == (413 if extra else 400)
    inflated = gzip.compress(b"[" + b" " * (2998 + extra) + b"]")
    packed = client.post("/v1/kpis", content=inflated, headers=headers | {"Content-Encoding": "gzip"})
    assert packed.status_code == (413 if extra else 400)
    chunks = (body[start : start + 100] for start in range(0, len(body), 100))
    assert client.post("/v1/kpis", content=chunks, headers=headers).status_code == (413 if extra else 400)


def test_too_many_rows_are_refused_in_every_form(open_client):
    client = open_client(limits=Limits(rows=10))
    client.put("/v1/system", json=world.SYSTEM)
    row = {"ts": "2026-03-04T10:00:00Z", "node": "approval-rate", "metric": "m", "value": 0.5}
    table = pa.Table.from_pylist([row] * 11)
    parquet, arrow = io.BytesIO(), io.BytesIO()
    pq.write_table(table, parquet)
    with pa.ipc.new_stream(arrow, table.schema) as writer:
        writer.write_table(table)
    sent = {JSON: None, PARQUET: parquet.getvalue(), "application/vnd.apache.arrow.stream": arrow.getvalue()}
    for kind, body in sent.items():
        how = {"content": body, "headers": {"Content-Type": kind}} if body else {"json": [row] * 11}
        answer = client.post("/v1/kpis", **how)
        assert (answer.status_code, answer.json()["type"]) == (413, "urn:rca:problem:too-many-rows"), kind
    assert client.post("/v1/kpis", json=[row] * 10).status_code == 200


def test_a_table_that_is_small_as_a_file_and_large_in_memory_is_refused(open_client):
    client = open_client(limits=Limits(inflated=1_000_000))
    client.put("/v1/system", json=world.SYSTEM)
    sink = io.BytesIO()
    pq.write_table(pa.table({"node": ["x" * 1000] * 100_000}), sink, compression="zstd")
    assert len(sink.getvalue()) < 50_000
    answer = client.post("/v1/kpis", content=sink.getvalue(), headers={"Content-Type": PARQUET})
    assert answer.status_code == 413


def test_a_document_is_small(client):
    long = world.INCIDENT | {"title": "x" * 1_000_001}
    assert client.post("/v1/incidents", json=long).status_code == 413
