"""People log in through another service: a real exchange with a small provider on loopback."""

from collections.abc import Iterator
from dataclasses import replace
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

pytest.importorskip("authlib")

import httpx

from api.oidc import Oidc, OidcLogin, check
from rca.errors import InputError
from tests.api.doors.house import House
from tests.api.doors.provider import CLIENT, SECRET, Provider, key
from tests.api.doors.served import served

STATE, SESSION = "__Host-rca-login", "__Host-rca"
GROUPS = {"ml-oncall": ("read", "review"), "admins": ("admin",)}


@pytest.fixture
def provider() -> Iterator[Provider]:
    made = Provider()
    with served(made.app) as made.issuer:
        yield made


@pytest.fixture
def home(provider: Provider, tmp_path: Path) -> Iterator[House]:
    oidc = Oidc(provider.issuer, CLIENT, SECRET, name="Example", groups=GROUPS)
    with House(tmp_path / "rca.duckdb", oidc=oidc) as opened:
        yield opened


def begin(house: House, after: str = "/v1/me") -> tuple[str, dict[str, str]]:
    """Begin a login; return where the provider sends the browser back to, and its cookie."""
    answer = house.client.get("/login/oidc", params={"next": after})
    assert answer.status_code == 303, answer.text
    state = SimpleCookie(answer.headers["set-cookie"])[STATE]
    assert (state["secure"], state["httponly"], state["samesite"]) == (True, True, "lax")
    back = httpx.get(answer.headers["location"], trust_env=False).headers["location"]
    return back.removeprefix("http://127.0.0.1"), {"cookie": f"{STATE}={state.value}"}


def log_in(house: House) -> Any:
    back, cookie = begin(house)
    return house.client.get(back, headers=cookie)


def test_who_is_known_there_is_let_in_with_what_their_groups_may_do(home: House, provider: Provider) -> None:
    answer = log_in(home)
    assert (answer.status_code, answer.headers["location"]) == (303, "/v1/me")
    cookies = [SimpleCookie(text) for text in answer.headers.get_list("set-cookie")]
    session = next(each[SESSION].value for each in cookies if SESSION in each)
    headers = {"cookie": f"{SESSION}={session}"}
    me = home.client.get("/v1/me", headers=headers).json()
    assert me == {"account": "ana@example.org", "scopes": ["read", "review"], "open": False}
    assert home.client.get("/v1/tokens", headers=headers).status_code == 403
    assert "code_verifier" in provider.exchanged[0]
    assert home.sql("SELECT detail, account FROM audit ORDER BY place DESC LIMIT 2")[-1][1] == "ana@example.org"


def test_the_request_asks_for_a_proof_of_the_code(home: House) -> None:
    place = home.client.get("/login/oidc").headers["location"]
    asked = parse_qs(urlsplit(place).query)
    assert (asked["code_challenge_method"], asked["response_type"]) == (["S256"], ["code"])
    assert len(asked["state"][0]) == len(asked["nonce"][0]) == 43


def test_a_service_with_logins_lets_nobody_in_without(home: House) -> None:
    assert home.client.get("/v1/me").status_code == 401
    assert "Log in with Example" in home.client.get("/login").text


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://evil.example"},
        {"aud": "another-client"},
        {"aud": ["rca", "other"], "azp": "other"},
        {"nonce": "of another login"},
        {"nonce": None},
        {"exp": 1_700_000_000},
        {"exp": None},
        {"iat": None},
        {"sub": None},
    ],
)
def test_id_tokens_that_do_not_hold(home: House, provider: Provider, claims: dict[str, Any]) -> None:
    provider.claims = claims
    answer = log_in(home)
    assert answer.status_code == 401
    assert home.sql("SELECT count(*) FROM sessions") == [(0,)]


@pytest.mark.parametrize("forge", ["none", "another key", "the same name"])
def test_id_tokens_of_another_hand(home: House, provider: Provider, forge: str) -> None:
    provider.forge = forge if forge == "none" else key("x" if forge == "another key" else "first")
    assert log_in(home).status_code == 401
    assert home.sql("SELECT count(*) FROM sessions") == [(0,)]


@pytest.mark.parametrize(
    "claims",
    [{"groups": ["others"]}, {"groups": None}, {"email": None}, {"email_verified": False}, {"email_verified": None}],
)
def test_people_who_may_do_nothing_here(home: House, provider: Provider, claims: dict[str, Any]) -> None:
    provider.claims = claims
    assert log_in(home).status_code == 403
    assert home.sql("SELECT count(*) FROM sessions") == [(0,)]


def test_keys_may_change(home: House, provider: Provider) -> None:
    assert log_in(home).status_code == 303
    provider.keys = [key("second")]
    assert log_in(home).status_code == 303


def test_an_answer_is_taken_once_and_only_from_the_browser_that_asked(home: House) -> None:
    back, cookie = begin(home)
    assert home.client.get(back).status_code == 401  # another browser, made to open the link
    back, cookie = begin(home)
    assert home.client.get(back, headers={"cookie": f"{STATE}=x"}).status_code == 401
    assert home.client.get(back.replace("state=", "state=x"), headers=cookie).status_code == 401
    assert home.client.get(back.replace("iss=http", "iss=https"), headers=cookie).status_code == 401
    back, cookie = begin(home)
    assert home.client.get(back, headers=cookie).status_code == 303
    assert home.client.get(back, headers=cookie).status_code == 401
    assert home.client.get("/login/oidc/callback?error=access_denied&state=x").status_code == 401


def test_a_login_leads_nowhere_else(home: House) -> None:
    back, cookie = begin(home, "//evil.example")
    assert home.client.get(back, headers=cookie).headers["location"] == "/"


def test_a_login_takes_ten_minutes_at_most(provider: Provider) -> None:
    now = [0.0]
    login = OidcLogin(Oidc(provider.issuer, CLIENT, SECRET, everyone=("read",)), clock=lambda: now[0])
    _, state = login.begin("http://127.0.0.1/back", "/")
    now[0] = 601.0
    with pytest.raises(Exception, match="took too long"):
        login.finish({"state": state, "code": "code-0"}, state)


def test_a_provider_that_calls_itself_otherwise_is_not_trusted(home: House, provider: Provider) -> None:
    provider.calls_itself = "https://other.example"
    assert home.client.get("/login/oidc").status_code == 502


def test_settings_that_cannot_be_used() -> None:
    good = Oidc("https://id.example.org", "rca", everyone=("read",))
    check(good)
    for change in ({"issuer": "http://id.example.org"}, {"everyone": ("all",)}, {"everyone": ()}, {"issuer": "x"}):
        with pytest.raises(InputError):
            check(replace(good, **change))


def test_without_it_there_is_no_such_login(house: House) -> None:
    assert house.client.get("/login/oidc").status_code == 404
    assert house.client.get("/login/oidc/callback?code=x&state=y").status_code == 404
