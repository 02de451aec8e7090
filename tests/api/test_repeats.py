"""Requests sent again: the same answer and nothing twice; other content under the same key is refused."""

import http.client
import json
import signal
import subprocess
import sys
import threading

import pytest

from benchmarks.service.running import Running, declare, send
from rca.live.receipts import Receipts
from tests.api import world

KEY = {"Idempotency-Key": "k-1"}
ROWS = [{"ts": "2026-03-04T10:00:00Z", "node": "approval-rate", "metric": "approved", "value": 0.6}]


def counted(client, table="kpis"):
    with client.app.state.service.store.reading() as warehouse:
        return warehouse.connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]


def test_rows_sent_again_are_not_there_twice(client):
    first = client.post("/v1/kpis", json=ROWS).json()
    again = client.post("/v1/kpis", json=ROWS).json()
    assert (first["repeated"], again["repeated"]) == (False, True)
    assert again["id"] == first["id"]
    assert counted(client) == 1


def test_a_key_says_that_equal_rows_are_others(client):
    for key in ("one", "two", "two"):
        assert client.post("/v1/kpis", json=ROWS, headers={"Idempotency-Key": key}).status_code == 200
    receipts = client.get("/v1/receipts").json()
    assert len(receipts) == 2


def test_rows_under_a_key_that_other_rows_had_are_refused(client):
    assert client.post("/v1/kpis", json=ROWS, headers=KEY).status_code == 200
    other = client.post("/v1/kpis", json=[ROWS[0] | {"value": 0.7}], headers=KEY)
    assert other.status_code == 422
    assert "new key" in other.json()["detail"]
    assert counted(client) == 1


def test_an_incident_is_opened_once_and_answered_alike(client):
    first = client.post("/v1/incidents", json=world.INCIDENT, headers=KEY)
    again = client.post("/v1/incidents", json=world.INCIDENT, headers=KEY)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again.headers["location"] == first.headers["location"] == "/v1/incidents/inc-42"
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert counted(client, "incidents") == 1


def test_another_request_under_the_same_key_is_refused(client):
    client.post("/v1/incidents", json=world.INCIDENT, headers=KEY)
    for body in (world.INCIDENT | {"id": "inc-43"}, world.INCIDENT | {"severity": "high"}):
        answer = client.post("/v1/incidents", json=body, headers=KEY)
        assert (answer.status_code, answer.json()["type"]) == (422, "urn:rca:problem:idempotency-key")
    answer = client.post("/v1/feedback", json={"incident": "inc-42", "kind": "no_fault"}, headers=KEY)
    assert answer.status_code == 422
    assert counted(client, "incidents") == 1


def test_keys_of_accounts_with_colons_are_apart(client):
    client.post("/v1/incidents", json=world.INCIDENT)
    said = {"incident": "inc-42", "kind": "no_fault"}
    for who, key in (("ada", "b:c"), ("ada:b", "c")):
        answer = client.post("/v1/feedback", json=said, headers={"Idempotency-Key": key, "X-Rca-Account": who})
        assert (answer.status_code, answer.json()["reviewer"]) == (201, who)


def test_a_refusal_may_be_mended_under_the_same_key(client):
    wrong = client.post("/v1/incidents", json=world.INCIDENT | {"metric": ""}, headers=KEY)
    assert wrong.status_code == 422
    assert client.post("/v1/incidents", json=world.INCIDENT, headers=KEY).status_code == 201


def test_feedback_under_a_key_is_said_once(client):
    client.post("/v1/incidents", json=world.INCIDENT)
    said = {"incident": "inc-42", "kind": "no_fault"}
    first, again = (client.post("/v1/feedback", json=said, headers=KEY) for _ in range(2))
    assert first.json() == again.json()
    assert len(client.get("/v1/feedback").json()) == 1


def test_an_analysis_under_a_key_is_one_job(client):
    client.post("/v1/incidents", json=world.INCIDENT)
    told = [client.post("/v1/incidents/inc-42:analyze", headers=KEY).json() for _ in range(3)]
    # a job that has failed by then (there is nothing to explain) is told as a problem that names it
    assert len({each.get("id") or each["job"] for each in told}) == 1


@pytest.mark.parametrize("key", [KEY, {}], ids=["with a key", "without"])
def test_the_same_at_the_same_time_is_done_once(client, key):
    answers = []

    def send():
        answers.append(client.post("/v1/incidents", json=world.INCIDENT, headers=key).status_code)

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counted(client, "incidents") == 1
    assert set(answers) <= {201, 409}
    assert answers.count(201) >= 1
    if key:
        assert set(answers) == {201}, "who sends again under a key is told what came of it"


KILLED = """
import json, os, signal, sys
from pathlib import Path
import rca.live.receipts as receipts
from tests.api.conftest import serving
from tests.api import world

with serving(Path(sys.argv[1])) as client:
    client.put("/v1/system", json=world.SYSTEM)
    client.post("/v1/incidents", json=world.INCIDENT)
    client.app.state.service.herald.close()
    receipts.Receipts.append = lambda *_: os.kill(os.getpid(), signal.SIGKILL)  # its commit is done, nothing was told
    client.post(sys.argv[2], json=json.loads(sys.argv[3]), headers={"Idempotency-Key": "k"})
"""


@pytest.mark.parametrize(
    ("path", "said", "table"),
    [
        ("/v1/feedback", {"incident": "inc-42", "kind": "no_fault"}, "feedback"),
        ("/v1/actions", {"title": "check the feed daily", "owner": "ada", "due": "2027-12-01"}, "action_events"),
    ],
)
def test_what_was_done_before_a_kill_is_not_done_again(open_client, tmp_path, path, said, table):
    """Killed once the change is committed and before anybody is told: the answer is on disk with the change."""
    command = [sys.executable, "-c", KILLED, str(tmp_path / "rca.duckdb"), path, json.dumps(said)]
    ended = subprocess.run(command, capture_output=True, check=False)
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    client = open_client()
    assert counted(client, table) == 1
    again = client.post(path, json=said, headers={"Idempotency-Key": "k"})
    assert (again.status_code, again.headers["idempotency-replayed"]) == (201, "true")
    assert counted(client, table) == 1


ANALYZE = "/v1/incidents/inc-42:analyze"
DIES = """
import os, signal
import api.routes.jobs as routes
from rca.cli import main

routes.told = lambda *_: os.kill(os.getpid(), signal.SIGKILL)  # the job is started, nobody was told
main()
"""
"""A real `rca serve` that is killed before it answers where a job is."""


def post(port, path, said=None, **headers):
    body = b"" if said is None else json.dumps(said).encode()
    status, told = send(port, "POST", path, body, {"Content-Type": "application/json"} | headers)
    return status, json.loads(told)


def jobs_of(port):
    return json.loads(send(port, "GET", "/v1/jobs")[1])


@pytest.mark.parametrize("path", [ANALYZE, "/v1/rankers:train"])
def test_a_job_whose_answer_was_lost_to_a_kill_is_found_by_its_key(tmp_path, path):
    key, service = {"Idempotency-Key": "k"}, Running(tmp_path / "db" / "rca.duckdb")
    service.db.parent.mkdir()
    command = [sys.executable, "-c", DIES, "serve", "--db", str(service.db), "--port", str(service.port)]
    service.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        assert service.wait()
        declare(service.port, world.SYSTEM)
        assert post(service.port, "/v1/incidents", world.INCIDENT)[0] == 201
        with pytest.raises((OSError, http.client.HTTPException)):
            post(service.port, path, **key)
        assert service.process.wait(60) == -signal.SIGKILL
        service.start_and_wait()
        (lost,) = jobs_of(service.port)
        _, told = post(service.port, path, **key, Prefer="wait=60")
        assert lost["id"] == told.get("job", told.get("id"))
        (found,) = jobs_of(service.port)
        assert (found["id"], found["state"] in ("done", "failed")) == (lost["id"], True)
    finally:
        service.stop()


def test_a_job_that_a_full_disk_left_unconfirmed_is_done_once_it_is_asked_for_again(client, monkeypatch):
    client.post("/v1/incidents", json=world.INCIDENT)
    with monkeypatch.context() as full:
        full.setattr(Receipts, "write", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
        assert client.post(ANALYZE, headers=KEY).status_code == 507
    (left,) = client.get("/v1/jobs").json()
    assert left["state"] == "queued"
    answer = client.post(ANALYZE, headers=KEY | {"Prefer": "wait=20"})
    assert (answer.status_code, answer.json()["job"]) == (422, left["id"]), "it is done, and there is no data"
    assert answer.headers["idempotency-replayed"] == "true"
    assert [job["state"] for job in client.get("/v1/jobs").json()] == ["failed"]
