"""Long work: 202 and a place to look, progress, results, faults, and what a restart does to it."""

import threading
import time

import pytest

from rca.errors import InputError
from rca.warehouse import Warehouse
from tests.api import world

ANALYZE = "/v1/incidents/inc-42:analyze"


@pytest.fixture
def incident(client):
    assert client.post("/v1/incidents", json=world.INCIDENT).status_code == 201
    return client


@pytest.fixture
def held(incident, monkeypatch):
    """Jobs of analysis wait for the event; `started` says that one began."""
    started, go = threading.Event(), threading.Event()

    def analyze(parameters, account, progress):
        progress("waiting", 1, 4)
        started.set()
        assert go.wait(20)
        return {"incident": parameters["incident"], "by": account}

    incident.app.state.service.jobs._kinds["analyze"] = analyze
    yield incident, started, go
    go.set()


def until_ended(client, job, seconds=20):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        state = client.get(f"/v1/jobs/{job}").json()
        if state["state"] in ("done", "failed"):
            return state
        time.sleep(0.01)
    raise TimeoutError(job)


def test_an_analysis_is_answered_with_its_place(held):
    client, started, go = held
    answer = client.post(ANALYZE)
    job = answer.json()
    assert answer.status_code == 202
    assert answer.headers["location"] == f"/v1/jobs/{job['id']}"
    assert started.wait(20)
    running = client.get(answer.headers["location"]).json()
    assert (running["state"], running["progress"]) == ("running", {"what": "waiting", "done": 1, "of": 4})
    go.set()
    ended = until_ended(client, job["id"])
    assert (ended["state"], ended["result"]) == ("done", {"incident": "inc-42", "by": "local"})
    assert ended["ended_at"] >= ended["made_at"]
    assert client.get("/v1/jobs").json()[0]["id"] == job["id"]


def test_the_same_work_is_not_queued_twice(held):
    client, started, go = held
    client.post(ANALYZE)
    assert started.wait(20)
    waiting = {client.post(ANALYZE).json()["id"] for _ in range(5)}
    assert len(waiting) == 1
    assert len(client.get("/v1/jobs").json()) == 2
    go.set()
    for job in waiting:
        assert until_ended(client, job)["state"] == "done"


def test_who_prefers_to_wait_gets_the_result(held):
    client, _, go = held
    go.set()
    answer = client.post(ANALYZE, headers={"Prefer": "respond-async, wait=20"})
    assert (answer.status_code, answer.json()["state"]) == (200, "done")


@pytest.mark.parametrize("wait", ["wait=0", "wait=-1", "wait=x", "wait", "=", ""])
def test_no_wait_is_no_wait(held, wait):
    client, _, _ = held
    assert client.post(ANALYZE, headers={"Prefer": wait}).status_code == 202


def test_who_waits_too_short_is_told_where_to_look(held):
    client, _, _ = held
    assert client.post(ANALYZE, headers={"Prefer": "wait=1"}).status_code == 202


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (InputError("no rows at all", mend="send some"), "no rows at all"),
        (ZeroDivisionError("x"), "fault of rca itself"),
    ],
    ids=["on purpose", "a fault"],
)
def test_a_job_that_fails_says_why(incident, error, told):
    def analyze(parameters, account, progress):
        raise error

    incident.app.state.service.jobs._kinds["analyze"] = analyze
    answer = incident.post(ANALYZE, headers={"Prefer": "wait=20"})
    assert answer.status_code == 422
    assert told in answer.json()["detail"]
    kept = incident.get(f"/v1/jobs/{answer.json()['job']}").json()
    assert (kept["state"], kept["result"]) == ("failed", None)
    assert told in kept["error"]


def test_an_incident_that_cannot_be_explained_fails_helpfully(incident):
    answer = incident.post(ANALYZE, headers={"Prefer": "wait=60"})
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:rca:problem:failed")
    assert "fraud-scorer" in answer.json()["detail"]


def test_training_without_labels_says_what_is_missing(client):
    answer = client.post("/v1/rankers:train", json={"dry_run": True}, headers={"Prefer": "wait=60"})
    assert answer.status_code in (200, 422)
    assert "fault of rca" not in answer.text


def test_what_was_queued_is_done_after_a_restart(open_client):
    client = open_client()
    client.put("/v1/system", json=world.SYSTEM)
    client.post("/v1/incidents", json=world.INCIDENT)
    go = threading.Event()
    service = client.app.state.service
    service.jobs._kinds["analyze"] = lambda parameters, account, progress: go.wait(20)
    running, queued = (client.post(ANALYZE, json={"ranker": name}).json()["id"] for name in ("auto", "heuristic"))
    threading.Timer(0.2, go.set).start()
    client.__exit__(None, None, None)  # the service ends: what runs is finished, what waits is left
    again = open_client()
    assert again.get(f"/v1/jobs/{running}").json()["state"] == "done"
    ended = until_ended(again, queued)
    assert ended["state"] == "failed", "it was done again, and the incident has no data"
    assert "fraud-scorer" in ended["error"]


def test_rows_give_way_to_an_analysis(incident, monkeypatch):
    """While it is worked out, the store makes room; before and after, it does not."""
    store, seen = incident.app.state.service.store, []

    def examine(*_args, **_more):
        seen.append(store._writer.waiting.urgent)
        raise InputError("seen enough")

    monkeypatch.setattr("api.service.examine", examine)
    assert incident.post(ANALYZE, headers={"Prefer": "wait=20"}).status_code == 422
    assert seen == [True]
    assert not store._writer.waiting.urgent


def test_a_service_may_be_closed_twice(client):
    service = client.app.state.service
    service.close()
    service.close()
    with Warehouse(service.store.path) as warehouse:  # the file was given back
        assert warehouse.connection.execute("SELECT count(*) FROM systems").fetchone() == (1,)
