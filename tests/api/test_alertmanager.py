"""Alertmanager's webhook as Alertmanager sends it: opens, groups, closes, opens again."""

import json

import pytest

from tests.api import world

ADDRESS = "/v1/alerts/alertmanager"


def alert(status="firing", starts="2026-03-07T00:00:00.739266876Z", fingerprint="9b1a3e5c7d9f0b2d", **labels):
    """One alert; Alertmanager writes nanoseconds, and year 1 for what has not ended."""
    ends = "0001-01-01T00:00:00Z" if status == "firing" else "2026-03-07T01:00:00.739266876Z"
    return {
        "status": status,
        "labels": {"alertname": "AucLow", "node": "fraud-scorer", "metric": "auc", "severity": "page"} | labels,
        "annotations": {"summary": "AUC of fraud-scorer is low", "runbook_url": "https://runbooks.example.org/auc"},
        "startsAt": starts,
        "endsAt": ends,
        "generatorURL": "http://prometheus:9090/graph?g0.expr=auc+%3C+0.8&g0.tab=1",
        "fingerprint": fingerprint,
    }


def notification(*alerts):
    """Return what Alertmanager posts (version 4 of its webhook)."""
    return {
        "receiver": "rca",
        "status": "firing" if any(one["status"] == "firing" for one in alerts) else "resolved",
        "alerts": list(alerts),
        "groupLabels": {"alertname": "AucLow"},
        "commonLabels": alerts[0]["labels"],
        "commonAnnotations": alerts[0]["annotations"],
        "externalURL": "http://alertmanager:9093",
        "version": "4",
        "groupKey": '{}:{alertname="AucLow"}',
        "truncatedAlerts": 0,
    }


def post(client, *alerts):
    headers = {"Content-Type": "application/json", "User-Agent": "Alertmanager/0.28.1"}
    answer = client.post(ADDRESS, content=json.dumps(notification(*alerts)), headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_an_alert_opens_an_incident_whose_analysis_names_it(client):
    client.post("/v1/predictions?node=fraud-scorer", json=world.predictions(4000))
    client.post("/v1/changes", json=[world.CHANGE])
    (name,) = post(client, alert())["opened"]
    (job,) = client.get("/v1/jobs").json()
    assert (job["kind"], job["account"], job["parameters"]["incident"]) == ("analyze", "alertmanager", name)
    client.app.state.service.jobs.wait(job["id"], 60)
    detail = client.get(f"/v1/incidents/{name}").json()
    assert (detail["incident"]["title"], detail["incident"]["severity"]) == ("AUC of fraud-scorer is low", "page")
    assert detail["incident"]["detected_at"].startswith("2026-03-07T00:00:00.739")
    assert detail["analysis"]["causes"][0]["subject"] == "amount"
    assert any("AucLow" in json.dumps(entry) for entry in client.get(f"/v1/incidents/{name}/timeline").json())


def test_repeats_are_one_incident_and_resolution_closes_it(client):
    (name,) = post(client, alert())["opened"]
    assert post(client, alert()) == {"opened": [], "repeated": [name], "closed": [], "unplaced": []}
    assert client.get(f"/v1/incidents/{name}").json()["alerts"] == 1
    assert post(client, alert("resolved"))["closed"] == [name]
    assert client.get(f"/v1/incidents/{name}").json()["state"] == "closed"
    assert post(client, alert("resolved"))["repeated"] == [name]
    assert post(client, alert())["repeated"] == [name]
    assert client.get(f"/v1/incidents/{name}").json()["state"] == "open", "it fires again"


def test_the_next_time_it_fires_is_another_incident(client):
    first = post(client, alert())["opened"]
    second = post(client, alert(starts="2026-03-08T00:00:00Z"))["opened"]
    assert len({*first, *second}) == 2


def test_a_group_of_alerts_opens_one_each(client):
    told = post(client, alert(), alert(fingerprint="00", metric="accuracy"), alert(fingerprint="01", node="unknown"))
    assert len(told["opened"]) == 2
    assert "names a declared node" in told["unplaced"][0]


@pytest.mark.parametrize("label", ["model", "service", "job"])
def test_the_usual_labels_name_the_node_too(client, label):
    one = alert()
    one["labels"] = {"alertname": "x", label: "fraud-scorer", "metric": "auc"}
    assert len(post(client, one)["opened"]) == 1


def test_an_alert_that_was_never_seen_firing_opens_nothing(client):
    told = post(client, alert("resolved"))
    assert (told["opened"], len(told["unplaced"])) == ([], 1)


def test_without_a_system_it_is_told_what_to_do(open_client):
    answer = open_client().post(ADDRESS, json=notification(alert()))
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:rca:problem:no-system")
