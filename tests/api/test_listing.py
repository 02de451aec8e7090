"""Lists a page at a time: nothing twice, nothing hidden, and no place that was made up."""

import base64
import json
from datetime import timedelta

import pytest

from tests.api import world
from tests.api.conftest import serving


def incident(number):
    at = world.END - timedelta(minutes=number // 3)  # threes at the same moment
    return world.INCIDENT | {"id": f"inc-{number:03}", "detected_at": at.isoformat(), "title": f"number {number}"}


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("many") / "rca.duckdb") as client:
        client.put("/v1/system", json=world.SYSTEM)
        for number in range(25):
            assert client.post("/v1/incidents", json=incident(number)).status_code == 201
        yield client


def pages(client, address, limit):
    after = None
    while True:
        page = client.get(address, params={"limit": limit} | ({"after": after} if after else {})).json()
        yield [row["incident"] for row in page["rows"]]
        after = page["after"]
        if after is None:
            return


@pytest.mark.parametrize("limit", [1, 7, 25, 500])
def test_pages_hold_every_incident_once_in_one_order(many, limit):
    found = list(pages(many, "/v1/incidents", limit))
    assert all(len(page) == limit for page in found[:-1])
    names = [name for page in found for name in page]
    assert sorted(names) == [f"inc-{number:03}" for number in range(25)]
    assert names == [name for page in pages(many, "/v1/incidents", 500) for name in page]


def test_what_arrives_meanwhile_neither_repeats_nor_hides_anything(client):
    for number in range(10, 16):
        client.post("/v1/incidents", json=incident(number))
    walk = pages(client, "/v1/incidents", 2)
    seen = next(walk)
    client.post("/v1/incidents", json=incident(0))
    seen += [name for page in walk for name in page]
    assert sorted(seen) == [f"inc-{number:03}" for number in range(10, 16)]


def test_a_place_that_was_made_up_is_refused(many):
    good = many.get("/v1/incidents?limit=3").json()["after"]
    forged = base64.urlsafe_b64encode(json.dumps(["2026-03-01", "x", "'; DROP TABLE incidents"]).encode()).decode()
    for place in ("x", "~", good[:-3], good[::-1], "AAAA", "e30", "W10", "bnVsbA", forged, "\x00", "é"):
        answer = many.get("/v1/incidents", params={"after": place})
        assert answer.status_code == 400, (place, answer.text)
        assert answer.headers["content-type"] == "application/problem+json"


def test_a_place_with_any_letter_changed_is_answered(many):
    good = many.get("/v1/incidents?limit=3").json()["after"]
    for number, letter in enumerate(good):
        place = good[:number] + ("A" if letter != "A" else "B") + good[number + 1 :]
        answer = many.get("/v1/incidents", params={"after": place})
        assert answer.status_code in (200, 400), place


def test_filters_are_applied_and_wrong_ones_refused(many):
    many.post("/v1/incidents/inc-003:close", json={"reason": "done"})
    assert [row["incident"] for row in many.get("/v1/incidents?state=closed").json()["rows"]] == ["inc-003"]
    assert many.get("/v1/incidents?node=feature-store").json()["total"] == 0
    assert many.get("/v1/incidents?state=lost").status_code == 400
    assert many.get("/v1/incidents?week=2026-W99").status_code == 400
    facets = many.get("/v1/incidents:facets").json()
    assert {(one["value"], one["count"]) for one in facets["state"]} == {("open", 24), ("closed", 1)}


def test_the_audit_log_is_read_from_the_latest_back(many):
    first = many.get("/v1/audit?limit=4").json()
    places = [entry["place"] for entry in first]
    assert places == sorted(places, reverse=True)
    second = many.get(f"/v1/audit?limit=4&before={places[-1]}").json()
    assert max(entry["place"] for entry in second) < places[-1]
    everything = many.get("/v1/audit?limit=500").json()
    assert {entry["detail"] for entry in everything} >= {"opened inc-000", "opened inc-024"}
    assert {entry["account"] for entry in everything} == {"local"}


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/v1/incidents?stat=open", "did you mean 'state'?"),
        ("/v1/jobs?state=done", "'state' is no query parameter of this operation: it has limit"),
        ("/v1/incidents/inc-001?verbose=1", "it has none"),
        ("/v1/feedback?incident=inc-001&limit=3&x=", "it has incident, limit"),
    ],
)
def test_a_parameter_that_is_not_known_is_refused_by_name(many, path, told):
    answer = many.get(path)
    assert (answer.status_code, answer.json()["type"]) == (400, "urn:rca:problem:unknown-parameter")
    assert told in answer.json()["detail"]


@pytest.mark.parametrize("path", ["/v1/jobs?limit=0", "/v1/feedback?limit=many", "/v1/incidents/~%21%21"])
def test_an_address_that_cannot_be_used_is_a_malformed_request(many, path):
    answer = many.get(path)
    assert answer.status_code == 400, answer.text


def test_addresses_without_a_version_take_what_they_are_given(many):
    """Probes and scrapers add parameters of their own."""
    assert many.get("/healthz?t=1").status_code == many.get("/metrics?x=1").status_code == 200
