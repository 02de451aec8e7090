"""Logging in with a browser."""

from http.cookies import SimpleCookie
from pathlib import Path

import pytest
from httpx import Response
from starlette.testclient import TestClient

from api.serve import open_app
from api.settings import Settings
from tests.api.doors.house import House, granted

PAGE = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


def log_in(house: House, bearer: str, after: str = "/") -> Response:
    return house.client.post("/login", data={"token": bearer, "next": after}, headers={"sec-fetch-site": "same-origin"})


def cookie(answer: Response) -> dict[str, str]:
    morsel = SimpleCookie(answer.headers["set-cookie"])["__Host-rca"]
    return {"cookie": f"__Host-rca={morsel.value}"}


def test_a_token_is_shown_once_and_a_session_takes_its_place(guarded: House) -> None:
    answer = log_in(guarded, guarded.token("read", account="ben"), "/incidents?state=open")
    assert (answer.status_code, answer.headers["location"]) == (303, "/incidents?state=open")
    morsel = SimpleCookie(answer.headers["set-cookie"])["__Host-rca"]
    assert (morsel["secure"], morsel["httponly"], morsel["samesite"], morsel["path"]) == (True, True, "lax", "/")
    assert morsel["domain"] == ""
    me = guarded.client.get("/v1/me", headers=cookie(answer))
    assert me.json() == {"account": "ben", "scopes": ["read"], "open": False}
    assert guarded.client.get("/v1/tokens", headers=cookie(answer)).status_code == 403


def test_neither_token_nor_cookie_is_kept(guarded: House) -> None:
    answer = log_in(guarded, guarded.token("read"))
    value = cookie(answer)["cookie"].partition("=")[2]
    row = str(guarded.sql("FROM sessions"))
    assert value not in row
    assert len(value) == 43


def test_a_wrong_token_does_not_get_in(guarded: House) -> None:
    answer = log_in(guarded, "rca_000000000000_" + "x" * 43)
    assert answer.status_code == 401
    assert "set-cookie" not in answer.headers
    assert "unknown, has expired or was revoked" in answer.text
    guarded.token("read")  # the writer has come to it by then
    assert guarded.sql("SELECT status, path FROM audit ORDER BY place DESC LIMIT 1") == [(401, "/login")]


def test_a_session_ends_with_its_token(guarded: House) -> None:
    token, bearer = guarded.made("read")
    headers = cookie(log_in(guarded, bearer))
    assert guarded.client.get("/v1/me", headers=headers).status_code == 200
    guarded.client.delete(f"/v1/tokens/{token.id}", headers=guarded.bearer("admin"))
    ended = guarded.client.get("/v1/me", headers=headers)
    assert (ended.status_code, ended.json()["detail"]) == (401, "the session has ended; log in again")


def test_a_session_ends_when_its_token_expires_and_after_half_a_day(guarded: House) -> None:
    short = cookie(log_in(guarded, guarded.token("read", days=1)))
    guarded.later(hours=11.9)
    late = cookie(log_in(guarded, guarded.token("read", days=1)))
    assert guarded.client.get("/v1/me", headers=short).status_code == 200
    guarded.later(hours=0.2)
    assert guarded.client.get("/v1/me", headers=short).status_code == 401
    assert guarded.client.get("/v1/me", headers=late).status_code == 200
    guarded.later(hours=11.9)  # the session's time is up
    assert guarded.client.get("/v1/me", headers=late).status_code == 401
    log_in(guarded, guarded.token("read"))
    assert guarded.sql("SELECT count(*) FROM sessions") == [(1,)]  # ended ones are removed


def test_logging_out_ends_the_session_for_good(guarded: House) -> None:
    headers = cookie(log_in(guarded, guarded.token("read")))
    answer = guarded.client.post("/logout", headers=headers | {"sec-fetch-site": "same-origin"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    assert "expires=Thu, 01 Jan 1970" in answer.headers["set-cookie"] or "Max-Age=0" in answer.headers["set-cookie"]
    assert guarded.client.get("/v1/me", headers=headers).status_code == 401


@pytest.mark.parametrize("value", ["", "x", "a" * 5000, "'; DROP TABLE sessions; --", "é"])
def test_made_up_cookies_do_not_get_in(shut: House, value: str) -> None:
    headers = [(b"cookie", f"__Host-rca={value}".encode())]
    assert shut.client.get("/v1/me", headers=headers).status_code == 401


def test_a_token_that_does_not_hold_is_not_saved_by_a_session(shut: House) -> None:
    headers = cookie(log_in(shut, shut.token("read"))) | {"authorization": "Bearer nonsense"}
    assert shut.client.get("/v1/me", headers=headers).status_code == 401


def test_a_browser_is_sent_to_the_login_and_a_program_is_told(shut: House) -> None:
    page = shut.client.get("/v1/incidents?q=a%26b", headers=PAGE)
    assert page.status_code == 303
    assert page.headers["location"] == "/login?next=/v1/incidents%3Fq%3Da%2526b"
    shown = shut.client.get(page.headers["location"], headers=PAGE)
    assert 'value="/v1/incidents?q=a%26b"' in shown.text
    assert shut.client.get("/v1/incidents").status_code == 401
    assert shut.client.post("/v1/incidents", headers=PAGE, json={}).status_code == 401


LEADS_AWAY = [
    "//evil.example",
    "https://evil.example/",
    "/\\evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "\\\\evil.example",
    "javascript:alert(1)",
    "evil.example",
    "///evil.example",
    "http:evil.example",
    "/ /evil.example",
    "//[",
    "/" + "a" * 3000,
    "/login?next=/login",
    "/logout",
]


@pytest.mark.parametrize("after", LEADS_AWAY)
def test_the_login_leads_nowhere_else(shut: House, after: str) -> None:
    answer = log_in(shut, shut.token("read"), after)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    shown = shut.client.get("/login", params={"next": after})
    assert '<input type="hidden" name="next" value="/">' in shown.text


def test_what_is_shown_of_the_next_page_is_escaped(shut: House) -> None:
    shown = shut.client.get("/login", params={"next": '/"><script>alert(1)</script>'})
    assert "<script>" not in shown.text


def test_whoever_is_in_already_goes_on(house: House) -> None:
    assert house.client.get("/login?next=/v1/me").headers["location"] == "/v1/me"  # nobody has to log in
    headers = cookie(log_in(house, house.token("read")))
    assert house.client.get("/login?next=/v1/me").status_code == 200
    assert house.client.get("/login?next=/v1/me", headers=headers).headers["location"] == "/v1/me"


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{}", "application/json", 415),
        (b"token=%ff", "application/x-www-form-urlencoded", 400),
        (b"a=1&" * 100, "application/x-www-form-urlencoded", 400),
        (b"token=" + b"x" * 1_100_000, "application/x-www-form-urlencoded", 413),
        (b"", "application/x-www-form-urlencoded", 401),
    ],
)
def test_forms_that_cannot_be_read(shut: House, body: bytes, kind: str, status: int) -> None:
    answer = shut.client.post("/login", content=body, headers={"content-type": kind})
    assert answer.status_code == status


def test_each_project_has_a_session_of_its_own(tmp_path: Path) -> None:
    first, second = tmp_path / "a.duckdb", tmp_path / "b.duckdb"
    bearer = granted(second, "read")
    app = open_app(Settings(db=first), {"b": second})
    with TestClient(app, base_url="http://127.0.0.1", follow_redirects=False) as client:
        page = client.get("/projects/b/v1/me", headers=PAGE)
        assert page.headers["location"] == "/projects/b/login?next=/projects/b/v1/me"
        data = {"token": bearer, "next": "/projects/b/v1/me"}
        answer = client.post("/projects/b/login", data=data)
        assert answer.headers["location"] == "/projects/b/v1/me"
        morsel = SimpleCookie(answer.headers["set-cookie"])["__Host-rca-b"]
        assert morsel["path"] == "/"
        headers = {"cookie": f"__Host-rca-b={morsel.value}; __Host-rca={morsel.value}"}
        assert client.get("/projects/b/v1/me", headers=headers).json()["open"] is False
        out = client.post("/projects/b/logout", headers=headers)
        assert out.headers["location"] == "/projects/b/login"
        assert client.get("/projects/b/v1/me", headers=headers).status_code == 401
