"""A real browser at the door: it keeps the session's cookie, and says of other sites' pages what they are."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import sync_playwright
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from tests.api.doors.house import House
from tests.api.doors.served import served

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium")

FORM = """<form method="post" action="{target}" enctype="text/plain"><input name='{{"id": "forged", "x' value='": 1}}'>
<button>Win a prize</button></form>"""


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


async def evil(request: Request) -> HTMLResponse:
    return HTMLResponse(FORM.format(target=request.query_params["target"]))


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_whoever_pastes_a_token_is_logged_in_until_they_log_out(guarded: House, browser, name: str) -> None:
    guarded.at = datetime.now(UTC)
    with served(guarded.app) as address, browser.new_context() as context:
        page = context.new_page()
        page.goto(f"{address.replace('127.0.0.1', name)}/v1/me")
        assert page.url.endswith("/login?next=/v1/me")
        page.fill("#token", guarded.token("read", account="ben"))
        page.click("main button[type=submit]")
        assert page.url.endswith("/v1/me")
        assert '"account":"ben"' in page.content()
        (cookie,) = context.cookies()
        assert (cookie["name"], cookie["secure"], cookie["httpOnly"]) == ("__Host-rca", True, True)
        assert page.evaluate("document.cookie") == ""


@pytest.mark.parametrize("other", ["localhost", "127.0.0.1"])  # another site; another service on this machine
def test_a_form_of_another_page_changes_nothing(house: House, browser, other: str) -> None:
    with (
        served(house.app) as address,
        served(Starlette(routes=[Route("/", evil)])) as elsewhere,
        browser.new_context() as context,
    ):
        page = context.new_page()
        for path in ("/v1/incidents", "/logout", "/v1/data:backup"):
            page.goto(f"{elsewhere.replace('127.0.0.1', other)}/?target={address}{path}")
            with page.expect_response(lambda answer: answer.request.method == "POST") as answered:
                page.click("button")
            assert answered.value.status == 403
            assert "cross-origin" in page.content()
    assert house.sql("SELECT count(*) FROM incidents") == [(0,)]
    assert house.sql("SELECT count(*) FROM jobs") == [(0,)]
