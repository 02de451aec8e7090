"""Errors are problem details: the right status, one sentence that helps, the content type of RFC 9457."""

import json

import pytest

from tests.api import world
from tests.api.conftest import serving

OTHER = world.INCIDENT | {"id": "inc-44"}
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("problems") / "rca.duckdb") as client:
        client.put("/v1/system", json=world.SYSTEM)
        client.post("/v1/incidents", json=world.INCIDENT)
        yield client


def row(**changes):
    return {"ts": "2026-03-04T10:00:00Z", "node": "approval-rate", "metric": "approved", "value": 0.6} | changes


CASES = {
    "an unknown address": (404, "not-found", "GET", "/v2/incidents", {}),
    "an unknown method": (405, "method-not-allowed", "DELETE", "/v1/incidents", {}),
    "an unknown incident": (404, "not-found", "GET", "/v1/incidents/inc-43", {}),
    "an answer that was not made": (404, "not-found", "GET", "/v1/incidents/inc-42/analysis", {}),
    "an answer that is not there": (404, "not-found", "GET", "/v1/incidents/inc-42/analysis?id=no", {}),
    "a cause of no answer": (404, "not-found", "GET", "/v1/incidents/inc-42/causes/1", {}),
    "an unknown record": (404, "not-found", "GET", "/v1/feedback/no", {}),
    "an unknown receipt": (404, "not-found", "GET", "/v1/receipts/no", {}),
    "an unknown job": (404, "not-found", "GET", "/v1/jobs/no", {}),
    "an unknown token": (404, "not-found", "DELETE", "/v1/tokens/no", {}),
    "an unknown ranker": (404, "not-found", "POST", "/v1/rankers/no:promote", {"json": {}}),
    "an unknown node": (404, "not-found", "POST", "/v1/predictions?node=fraud", {"json": [row()]}),
    "a node that is no model": (422, "no-model", "POST", "/v1/predictions?node=payments-feed", {"json": [row()]}),
    "no node": (400, "invalid", "POST", "/v1/predictions", {"json": [row()]}),
    "no rank": (400, "invalid", "GET", "/v1/incidents/inc-42/causes/first", {}),
    "a limit beyond bounds": (400, "invalid", "GET", "/v1/incidents?limit=501", {}),
    "a time that UTC does not hold": (
        *(422, "invalid", "POST", "/v1/incidents"),
        {"json": {"id": "x", "node": "fraud-scorer", "metric": "auc", "detected_at": "0001-01-01T00:00:00+14:00"}},
    ),
    "the wrong shape": (422, "invalid", "POST", "/v1/incidents", {"json": {"id": "x"}}),
    "a part too many": (
        422,
        "invalid",
        "POST",
        "/v1/incidents",
        {"json": OTHER | {"sevrity": "1"}},
    ),
    "no node's name": (422, "invalid", "POST", "/v1/incidents", {"json": OTHER | {"node": ""}}),
    "an id that is taken": (409, "conflict", "POST", "/v1/incidents", {"json": world.INCIDENT}),
    "no body": (400, "empty", "POST", "/v1/kpis", {"headers": JSON}),
    "no row": (400, "empty", "POST", "/v1/kpis", {"json": []}),
    "a row that is none": (400, "malformed-json", "POST", "/v1/kpis", {"json": [1]}),
    "another type": (415, "media-type", "POST", "/v1/kpis", {"content": b"a", "headers": {"Content-Type": "text/csv"}}),
    "no type": (415, "media-type", "POST", "/v1/kpis", {"content": b"a"}),
    "another encoding": (415, "encoding", "POST", "/v1/kpis", {"content": b"a", "headers": {"Content-Encoding": "br"}}),
    "not what its encoding says": (
        *(400, "encoding", "POST", "/v1/kpis"),
        {"content": b"[]", "headers": JSON | {"Content-Encoding": "gzip"}},
    ),
    "no Parquet": (
        *(400, "malformed-table", "POST", "/v1/kpis"),
        {"content": b"PAR1....PAR1", "headers": {"Content-Type": "application/vnd.apache.parquet"}},
    ),
    "no Arrow": (
        *(400, "malformed-table", "POST", "/v1/kpis"),
        {"content": b"ARROW1..", "headers": {"Content-Type": "application/vnd.apache.arrow.stream"}},
    ),
    "no run event": (422, "no-run-event", "POST", "/api/v1/lineage", {"json": {"eventType": "COMPLETE"}}),
    "another name": (421, "host", "GET", "/v1/incidents", {"headers": {"Host": "evil.example"}}),
    "a token of no known form": (401, "unauthenticated", "GET", "/v1/jobs", {"headers": {"Authorization": "Bearer x"}}),
    "a key that is empty": (
        *(400, "idempotency-key", "POST", "/v1/kpis"),
        {"json": [row()], "headers": {"Idempotency-Key": " "}},
    ),
    "a path that is no id": (400, "unusable", "GET", "/v1/incidents/~!", {}),
    "a path that is no id, of a POST": (
        400,
        "unusable",
        "POST",
        "/v1/incidents/~!:close",
        {"json": {"reason": "done"}},
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_it_is_a_problem(shared, case):
    status, kind, method, address, more = case
    answer = shared.request(method, address, **more)
    told = answer.json()
    assert (answer.status_code, told["status"]) == (status, status), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert told["type"] == f"urn:rca:problem:{kind}"
    assert set(told) >= {"type", "title", "status", "detail"}
    assert len(told["detail"]) > 8


def test_what_is_wrong_with_a_document_is_told_part_by_part(shared):
    answer = shared.post("/v1/incidents", json={"id": "", "node": "n", "detected_at": "yesterday"})
    pointers = {fault["pointer"] for fault in answer.json()["errors"]}
    assert pointers == {"#/body/id", "#/body/metric", "#/body/detected_at"}


def test_an_unknown_name_is_answered_with_the_nearest(shared):
    assert "inc-42" in shared.get("/v1/incidents/inc-4").json()["detail"]


def test_nothing_can_be_ingested_before_there_is_a_system(open_client):
    answer = open_client().post("/v1/predictions?node=a", json=[row()])
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:rca:problem:no-system")


def test_a_fault_of_the_service_tells_nothing_of_its_inside(client, monkeypatch):
    monkeypatch.setattr("api.routes.receipts.read_receipt", lambda row: 1 / 0)
    client.post("/v1/kpis", json=[row()])
    answer = client.get("/v1/receipts")
    assert answer.status_code == 500
    assert answer.json()["type"] == "urn:rca:problem:fault"
    assert "ZeroDivision" not in answer.text
    assert "Traceback" not in answer.text


@pytest.mark.parametrize("kind", ["application/json", "application/x-protobuf"])
def test_errors_of_otlp_come_in_its_own_form(shared, kind):
    from google.rpc.status_pb2 import Status  # noqa: PLC0415

    answer = shared.post("/v1/traces", content=b"\xff\xff", headers={"Content-Type": kind})
    assert (answer.status_code, answer.headers["content-type"]) == (400, kind)
    told = json.loads(answer.content) if kind.endswith("json") else Status.FromString(answer.content)
    code, message = (told["code"], told["message"]) if isinstance(told, dict) else (told.code, told.message)
    assert code == 3
    assert message


def test_every_answer_carries_the_headers_that_keep_browsers_safe(shared):
    for address in ("/v1/incidents", "/v1/nothing", "/healthz"):
        headers = shared.get(address).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert "'unsafe" not in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert shared.get("/", headers={"Host": "evil.example"}).headers["x-frame-options"] == "DENY"
