"""What cannot be used is told on a page: 400 for an address, 422 for what a form says, never a fault, never JSON."""

import re
from collections.abc import Iterator

import pytest
from fastapi.routing import APIRoute

from api.pages import PAGES, assets

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
ODD = ("", "abc", "-1", "9" * 20, "x" * 5000, "%00", "%ff", "2026-99-99", "2026-W99", "[]")
FORMS = {
    "not said where a part ends": (b"--x\r\n", "multipart/form-data"),
    "not what it says": (b"--y\r\nno", "multipart/form-data; boundary=x"),
    "not compressed as it says": (b"abc", "application/x-www-form-urlencoded"),
}


def of_pages(method: str) -> list[str]:
    routes = [route for router in PAGES if router is not assets.router for route in router.routes]
    return sorted({route.path for route in routes if isinstance(route, APIRoute) and method in route.methods})


def parameters(path: str) -> Iterator[str]:
    """Give every query parameter of a page, those of a model each by its own name."""
    for route in (route for router in PAGES for route in router.routes):
        if isinstance(route, APIRoute) and route.path == path and "GET" in route.methods:
            for known in [route.dependant, *route.dependant.dependencies]:
                for one in known.query_params:
                    yield from getattr(one.field_info.annotation, "model_fields", [one.alias])


def at(path: str) -> str:
    return re.sub(r"\{\w+\}", "inc-42", path).replace("reviews/inc-42", "reviews/2026-W10")


@pytest.mark.parametrize("path", of_pages("GET"))
def test_an_odd_address_is_answered_with_a_page(served, path: str) -> None:
    names = {*parameters(path), "week", "state", "after", "said"}
    queries = [f"{name}={value}" for name in sorted(names) for value in ODD]
    places = [f"{at(path)}?{query}" for query in queries] + [re.sub(r"\{\w+\}", value, path) for value in ODD[1:]]
    for place in places:
        answer = served.get(place, headers=BROWSER)
        assert answer.status_code in (200, 303, 307, 400, 404), (place[:80], answer.status_code)
        if answer.status_code >= 400:
            assert answer.headers["content-type"].startswith("text/html"), place[:80]
            assert '<p class="lead">' in answer.text


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("/incidents?week=never", "week"),
        ("/actions?state=lost", "open"),
        ("/incidents/inc-42/compare?one=a", "other"),
        ("/reviews/2026-W10?revision=first", "revision"),
        ("/system?at=yesterday", "at"),
    ],
)
def test_a_bad_query_is_a_bad_request_and_says_which_part(served, address: str, told: str) -> None:
    answer = served.get(address, headers=BROWSER)
    assert answer.status_code == 400
    assert re.search(rf'<p class="lead">[^<]*\b{told}\b', answer.text), answer.text


@pytest.mark.parametrize("path", [path for path in of_pages("POST") if "log" not in path and "explain" not in path])
@pytest.mark.parametrize("form", FORMS)
def test_a_malformed_form_is_answered_with_a_page(served, path: str, form: str) -> None:
    body, kind = FORMS[form]
    headers = BROWSER | {"Content-Type": kind} | ({"Content-Encoding": "gzip"} if "compressed" in form else {})
    answer = served.post(at(path), content=body, headers=headers)
    assert answer.status_code in (400, 422), answer.text
    assert '<p class="lead">' in answer.text


@pytest.mark.parametrize("path", sorted({*of_pages("POST")} - {*of_pages("GET")}))
def test_a_browser_that_asks_for_a_form_s_address_gets_a_page_that_leads_back(served, path: str) -> None:
    answer = served.get(at(path), headers=BROWSER)
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert 'href="/incidents"' in answer.text
    assert served.get(at(path)).headers["content-type"] == "application/problem+json"
