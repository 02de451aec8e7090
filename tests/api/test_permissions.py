"""Every route against every scope; projects apart; what one account may not do in another's name."""

import re
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import pytest
from fastapi.routing import iter_route_contexts
from starlette.routing import Mount
from starlette.testclient import TestClient

from api.serve import open_app, serve
from api.settings import Settings
from rca.errors import InputError
from rca.live.tokens import SCOPES
from tests.api import world
from tests.api.conftest import BASE, serving
from tests.api.rules import PUBLIC, RULES

NOW = datetime(2026, 3, 10, tzinfo=UTC)


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    """A service with a token of each scope, and scope -> the headers that carry it."""
    clock = [NOW]
    with serving(tmp_path_factory.mktemp("guarded") / "rca.duckdb", now=lambda: clock[0]) as client:
        client.put("/v1/system", json=world.SYSTEM)
        admin = token(client, ["admin"])
        headers = {scope: token(client, [scope], admin) for scope in SCOPES if scope != "admin"} | {"admin": admin}
        headers["none"] = {}
        headers["unknown"] = {"Authorization": "Bearer rca_0123456789ab_" + "x" * 43}
        headers["basic"] = {"Authorization": "Basic YWRhOnNlY3JldA=="}
        headers["expired"] = token(client, ["admin"], admin, days=1)
        headers["revoked"] = token(client, ["admin"], admin)
        revoked = headers["revoked"]["Authorization"].split("_")[1]
        assert client.delete(f"/v1/tokens/{revoked}", headers=admin).status_code == 200
        clock[0] = NOW + timedelta(days=1)
        yield client, headers


def token(client, scopes, admin=None, account="ada", **more):
    asked = {"name": "t", "account": account, "scopes": scopes} | more
    made = client.post("/v1/tokens", json=asked, headers=admin or {})
    assert made.status_code == 201, made.text
    return {"Authorization": f"Bearer {made.json()['bearer']}"}


def routes_of(app):
    """Return every `METHOD path` that an application answers."""
    found = set()
    for route in iter_route_contexts(app.routes):
        assert not isinstance(route, Mount), f"{route} is mounted: say who may reach it"
        found |= {f"{method} {route.path}" for method in route.methods or () if method != "HEAD"}
    return found


def test_every_route_has_a_rule_and_every_rule_a_route(guarded):
    client, _ = guarded
    found = routes_of(client.app)
    assert found - set(RULES) == set(), "say in tests/api/rules.py which scope these need"
    assert set(RULES) - found == set(), "these rules are of no route any more"


def ask(client, route, headers):
    method, path = route.split(" ")
    path = re.sub(r"\{\w+\}", "nothing", path.replace("{rank}", "1"))
    body = {} if method in ("GET", "DELETE") else {"json": {}}
    return client.request(method, path, headers=headers, follow_redirects=False, **body)


@pytest.mark.parametrize("route", sorted(route for route in RULES if RULES[route] != PUBLIC))
def test_a_scope_opens_its_routes_and_no_other(guarded, route):
    client, headers = guarded
    needed = RULES[route]
    for scope in SCOPES:
        answer = ask(client, route, headers[scope])
        allowed = scope in (needed, "admin")
        assert (answer.status_code == 403) is not allowed, f"{scope}: {answer.status_code} {answer.text[:200]}"
        assert answer.status_code != 401
    for nobody in ("none", "unknown", "basic", "expired", "revoked"):
        answer = ask(client, route, headers[nobody])
        assert answer.status_code == 401, f"{nobody}: {answer.status_code}"
        if "/v1/" in route and not route.endswith(("/v1/traces", "/v1/metrics")):
            assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("route", sorted(route for route in RULES if RULES[route] == PUBLIC))
def test_what_is_public_needs_no_token(guarded, route):
    client, headers = guarded
    assert ask(client, route, headers["none"]).status_code not in (401, 403)


def test_a_refusal_says_which_scope_is_needed_and_is_in_the_audit_log(guarded):
    client, headers = guarded
    answer = client.get("/v1/tokens", headers=headers["ingest"])
    assert "'admin'" in answer.json()["detail"]
    token(client, ["read"], headers["admin"])  # the refusal was noted before this
    last = client.get("/v1/audit?limit=2", headers=headers["admin"]).json()[-1]
    assert (last["account"], last["method"], last["path"], last["status"]) == ("ada", "GET", "/v1/tokens", 403)


def test_nobody_speaks_for_another(guarded):
    client, headers = guarded
    said = {"incident": "inc-42", "kind": "no_fault", "reviewer": "Bob"}
    answer = client.post("/v1/feedback", json=said, headers=headers["review"])
    assert (answer.status_code, answer.json()["type"]) == (403, "urn:rca:problem:another-account")
    answer = client.post("/v1/feedback", json=said, headers=headers["review"] | {"X-Rca-Account": "Bob"})
    assert answer.status_code == 403


def test_nobody_takes_back_what_another_said(open_client):
    client = open_client()
    client.put("/v1/system", json=world.SYSTEM)
    client.post("/v1/incidents", json=world.INCIDENT)
    admin = token(client, ["admin"])
    ada = token(client, ["review", "read"], admin, account="ada")
    bob = token(client, ["review", "read"], admin, account="bob")
    said = client.post("/v1/feedback", json={"incident": "inc-42", "kind": "no_fault"}, headers=ada)
    assert (said.status_code, said.json()["reviewer"]) == (201, "ada")
    mine = f"/v1/feedback/{said.json()['id']}:revert"
    assert client.post(mine, json={}, headers=bob).status_code in (403, 409, 422)
    assert client.post(mine, json={}, headers=ada).status_code == 201


def test_an_idempotency_key_of_one_account_gives_nothing_to_another(open_client):
    client = open_client()
    client.put("/v1/system", json=world.SYSTEM)
    admin = token(client, ["admin"])
    ada, bob = (token(client, ["review"], admin, account=who) for who in ("ada", "bob"))
    key = {"Idempotency-Key": "same"}
    assert client.post("/v1/incidents", json=world.INCIDENT, headers=ada | key).status_code == 201
    answer = client.post("/v1/incidents", json=world.INCIDENT, headers=bob | key)
    assert answer.status_code == 409
    assert "idempotency-replayed" not in answer.headers


def test_projects_share_neither_tokens_nor_incidents(tmp_path):
    app = open_app(Settings(db=tmp_path / "a.duckdb"), {"b": tmp_path / "b.duckdb"})
    with ExitStack() as stack:
        client = stack.enter_context(TestClient(app, base_url=BASE))
        for project in ("", "/projects/b"):
            assert client.put(f"{project}/v1/system", json=world.SYSTEM).status_code == 200
        assert client.post("/v1/incidents", json=world.INCIDENT).status_code == 201
        assert client.get("/projects/b/v1/incidents").json()["rows"] == []
        assert client.get("/projects/b/v1/incidents/inc-42").status_code == 404
        here = token(client, ["admin"])
        made = client.post("/projects/b/v1/tokens", json={"name": "t", "account": "bob", "scopes": ["admin"]})
        there = {"Authorization": f"Bearer {made.json()['bearer']}"}
        assert client.get("/v1/incidents", headers=here).status_code == 200
        assert client.get("/projects/b/v1/incidents", headers=here).status_code == 401
        assert client.get("/projects/b/v1/incidents", headers=there).status_code == 200
        assert client.get("/v1/incidents", headers=there).status_code == 401
        assert client.get("/projects/b/../../v1/incidents", headers=there).status_code in (401, 404)


def test_two_projects_do_not_share_a_file(tmp_path):
    with pytest.raises(InputError, match="is served already"):
        serve(db=tmp_path / "a.duckdb", host="127.0.0.1", port=0, projects=[f"b={tmp_path}/x/../a.duckdb"])
