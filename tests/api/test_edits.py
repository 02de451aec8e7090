"""Edits name the version that they were made of: nobody's change is lost."""

import pytest

from tests.api import world

PLACE = "/v1/incidents/inc-42"


@pytest.fixture
def incident(client):
    assert client.post("/v1/incidents", json=world.INCIDENT).status_code == 201
    return client


def tag(client, place=PLACE):
    return client.get(place).headers["etag"]


def test_an_edit_needs_the_version_that_it_was_made_of(incident):
    answer = incident.patch(PLACE, json={"severity": "high"})
    assert (answer.status_code, answer.json()["type"]) == (428, "urn:rca:problem:if-match")
    assert incident.get(PLACE).json()["incident"]["severity"] is None


def test_an_edit_of_the_current_version_is_taken(incident):
    answer = incident.patch(PLACE, json={"severity": "high", "owner": "ada"}, headers={"If-Match": tag(incident)})
    assert answer.status_code == 200
    now = incident.get(PLACE)
    assert now.json()["incident"]["severity"] == "high"
    assert now.json()["owner"] == "ada"
    assert answer.headers["etag"] == now.headers["etag"]


def test_an_edit_of_an_older_version_is_refused_and_told_the_current_one(incident):
    old = tag(incident)
    assert incident.patch(PLACE, json={"severity": "high"}, headers={"If-Match": old}).status_code == 200
    answer = incident.patch(PLACE, json={"severity": "low"}, headers={"If-Match": old})
    assert (answer.status_code, answer.headers["etag"]) == (412, tag(incident))
    assert incident.get(PLACE).json()["incident"]["severity"] == "high"


@pytest.mark.parametrize("given", ["*", "{tag}", "W/{tag}", '"other", {tag}'])
def test_all_forms_of_if_match(incident, given):
    headers = {"If-Match": given.format(tag=tag(incident))}
    assert incident.patch(PLACE, json={"severity": "high"}, headers=headers).status_code == 200


@pytest.mark.parametrize("given", ["", "x", '"x"', "W/", ",", '"', "**"])
def test_what_is_no_current_tag_does_not_fit(incident, given):
    assert incident.patch(PLACE, json={"severity": "high"}, headers={"If-Match": given}).status_code == 412


def test_two_edits_at_once_one_wins(incident):
    both = {"If-Match": tag(incident)}
    answers = [incident.patch(PLACE, json={"severity": text}, headers=both).status_code for text in ("a", "b")]
    assert answers == [200, 412]


def test_other_changes_take_a_version_where_one_is_given(incident):
    old = tag(incident)
    assert incident.post(f"{PLACE}/notes", json={"text": "looked"}).status_code == 201
    assert incident.post(f"{PLACE}:close", json={}, headers={"If-Match": old}).status_code == 412
    assert incident.post(f"{PLACE}:close", json={}).status_code == 200


def test_who_has_the_current_version_is_not_sent_it_again(incident):
    current = tag(incident)
    same = incident.get(PLACE, headers={"If-None-Match": current})
    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", current)
    incident.post(f"{PLACE}/notes", json={"text": "looked"})
    assert incident.get(PLACE, headers={"If-None-Match": current}).status_code == 200


def test_the_tag_changes_with_what_people_say_and_with_answers(incident):
    seen = {tag(incident)}
    incident.post("/v1/feedback", json={"incident": "inc-42", "kind": "no_fault"})
    seen.add(tag(incident))
    incident.post("/v1/predictions?node=fraud-scorer", json=world.predictions(2000))
    assert incident.post(f"{PLACE}:analyze", headers={"Prefer": "wait=60"}).status_code == 200
    seen.add(tag(incident))
    assert len(seen) == 3


def test_the_system_is_replaced_only_by_who_saw_it(client):
    other = {"nodes": [{"id": "a", "kind": "service"}]}
    assert client.put("/v1/system", json=other).status_code == 428
    assert client.put("/v1/system", json=other, headers={"If-Match": '"old"'}).status_code == 412
    taken = client.put("/v1/system", json=other, headers={"If-Match": tag(client, "/v1/system")})
    assert taken.status_code == 200
    assert taken.headers["etag"] == tag(client, "/v1/system")
    assert [node["id"] for node in client.get("/v1/system").json()["nodes"]] == ["a"]


def test_an_edit_says_only_what_may_be_changed(incident):
    for wrong in (
        {"id": "other"},
        {"state": "closed"},
        {"detected_at": "never"},
        {"node": None},
        {"direction": "left"},
    ):
        answer = incident.patch(PLACE, json=wrong, headers={"If-Match": "*"})
        assert answer.status_code == 422, wrong
