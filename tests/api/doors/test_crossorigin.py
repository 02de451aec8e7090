"""Which requests a browser may let pages send: the headers that browsers really set, and those of attackers."""

import pytest

from tests.api.doors.house import House

HERE, ELSEWHERE = "http://127.0.0.1", "https://evil.example"
PASSES = [
    {},  # curl, a collector: not a browser
    {"sec-fetch-site": "same-origin"},
    {"sec-fetch-site": "none"},  # typed in, or a bookmark
    {"sec-fetch-site": "same-origin", "origin": ELSEWHERE},  # behind a proxy that rewrites Host
    {"sec-fetch-site": "SAME-ORIGIN "},
    {"origin": HERE},  # a browser without fetch metadata
    {"origin": "HTTP://127.0.0.1"},
    {"origin": ""},
]
REFUSED = [
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},  # another service on the same domain
    {"sec-fetch-site": "cross-site", "origin": HERE},
    {"sec-fetch-site": "cross-site", "origin": "null"},
    {"sec-fetch-site": "unheard-of"},
    {"origin": ELSEWHERE},
    {"origin": "null"},  # a sandboxed frame, a file
    {"origin": "http://127.0.0.1:8601"},  # another service on this machine
    {"origin": "http://127.0.0.1.evil.example"},
    {"origin": "http://evil.example/127.0.0.1"},
    {"origin": "http://127.0.0.1@evil.example"},
    {"origin": "file://127.0.0.1"},
    {"origin": "http://[::1"},
]
UNSAFE = ("POST", "PUT", "PATCH", "DELETE")


@pytest.mark.parametrize("headers", PASSES)
@pytest.mark.parametrize("method", UNSAFE)
def test_own_pages_and_programs_pass(shared: House, method: str, headers: dict[str, str]) -> None:
    answer = shared.client.request(method, "/v1/nothing", headers=headers)
    assert answer.status_code == 404


@pytest.mark.parametrize("headers", REFUSED)
@pytest.mark.parametrize("method", UNSAFE)
def test_pages_of_other_sites_are_refused(shared: House, method: str, headers: dict[str, str]) -> None:
    answer = shared.client.request(method, "/v1/nothing", headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (403, "urn:rca:problem:cross-origin")
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("headers", REFUSED)
def test_reading_is_left_to_the_browser_which_keeps_the_answer_from_the_page(
    shared: House, headers: dict[str, str]
) -> None:
    answer = shared.client.get("/v1/incidents", headers=headers)
    assert answer.status_code == 200
    assert "access-control-allow-origin" not in answer.headers
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"


def test_a_page_cannot_write_to_an_open_service_on_the_machine(house: House) -> None:
    incident = {"id": "inc-1", "node": "n", "metric": "auc", "detected_at": "2026-03-04T10:00:00Z"}
    forged = house.client.post(
        "/v1/incidents", json=incident, headers={"sec-fetch-site": "cross-site", "origin": ELSEWHERE}
    )
    assert forged.status_code == 403
    assert house.sql("SELECT count(*) FROM incidents") == [(0,)]
    assert house.client.post("/v1/incidents", json=incident).status_code == 201


def test_a_page_that_brings_a_token_must_ask_first_and_is_not_told_yes(guarded: House) -> None:
    asked = guarded.client.options(
        "/v1/tokens",
        headers={
            "origin": ELSEWHERE,
            "access-control-request-method": "POST",
            "access-control-request-headers": "authorization",
        },
    )
    assert not any(name.startswith("access-control-") for name in asked.headers)
    with_token = guarded.client.post(
        "/v1/tokens", headers=guarded.bearer("read") | {"sec-fetch-site": "cross-site"}, json={}
    )
    assert with_token.json()["type"] != "urn:rca:problem:cross-origin"  # a program that says so of itself


def test_a_form_of_another_site_cannot_log_its_visitor_in(guarded: House) -> None:
    answer = guarded.client.post(
        "/login", data={"token": guarded.token("read")}, headers={"sec-fetch-site": "cross-site"}
    )
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers
