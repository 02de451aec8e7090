"""Malformed requests to a served service: all are answered, none with a fault."""

from benchmarks.service.broken import requests
from benchmarks.service.malformed import fault_of, send_all
from benchmarks.service.running import SYSTEM
from benchmarks.service.served import Answer, served


def test_none_of_five_hundred_is_a_fault(tmp_path):
    with served(tmp_path / "rca.duckdb") as server:
        server.send_json("PUT", "/v1/system", SYSTEM)
        document = server.send("GET", "/v1/openapi.json").json()
        statuses, faults = send_all(server, document, 500, seed=20)
        assert server.send("GET", "/healthz").status == 200
    assert faults == []
    assert sum(statuses.values()) == 500
    assert {400, 401, 404, 415, 422} <= set(statuses)


def test_the_requests_follow_from_the_seed_and_reach_every_operation(client):
    document = client.get("/v1/openapi.json").json()
    made = list(requests(document, 2000, seed=1))
    assert made == list(requests(document, 2000, seed=1))
    assert made != list(requests(document, 2000, seed=2))
    operations = sum(len(methods) for methods in document["paths"].values())
    assert (
        len({(each.method, each.target.split("?")[0].count("/"), each.target[:18]) for each in made}) > operations / 2
    )
    assert all(each.broken for each in made)


def test_a_fault_would_be_noticed():
    assert fault_of(Answer(500, {"content-type": "application/problem+json"}, b"{}"))
    assert fault_of(Answer(404, {"content-type": "text/html"}, b""))
    assert fault_of(Answer(404, {"content-type": "application/problem+json"}, b"{}")) is None
