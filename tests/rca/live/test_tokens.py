"""Tokens: only a digest is kept, they expire, and allow what they say; the audit log tells who did what."""

from datetime import timedelta

import pytest

from rca.errors import InputError, UnknownName
from rca.live.audit import MOST_CHARACTERS, Entry, audit_page, note_request
from rca.live.tokens import SCOPES, all_tokens, find_token, make_token, revoke_token, secured
from rca.warehouse import Warehouse
from tests.rca.live.conftest import NOW


@pytest.fixture
def warehouse():
    with Warehouse() as opened:
        yield opened


def test_the_secret_is_nowhere_in_the_database(warehouse, tmp_path):
    _, bearer = make_token(warehouse, "collector", "ada", ["ingest"], NOW)
    secret = bearer.split("_", 2)[2]
    kept = repr(warehouse.connection.execute("SELECT * FROM tokens").fetchall())
    assert secret not in kept
    assert bearer not in kept
    assert secret not in repr(all_tokens(warehouse))


def test_a_bearer_is_found_until_it_expires(warehouse):
    token, bearer = make_token(warehouse, "collector", "ada", ["ingest"], NOW, days=2)
    assert find_token(warehouse, bearer, NOW) == token
    assert find_token(warehouse, bearer, NOW + timedelta(days=2, seconds=-1)) == token
    assert find_token(warehouse, bearer, NOW + timedelta(days=2)) is None


def test_one_that_holds_for_good_holds(warehouse):
    token, bearer = make_token(warehouse, "collector", "ada", ["ingest"], NOW, days=None)
    assert token.expires_at is None
    assert find_token(warehouse, bearer, NOW + timedelta(days=10_000)) == token


def test_a_revoked_one_holds_no_longer_and_stays_so(warehouse):
    token, bearer = make_token(warehouse, "collector", "ada", ["ingest"], NOW)
    first = revoke_token(warehouse, token.id, NOW)
    again = revoke_token(warehouse, token.id, NOW + timedelta(days=1))
    assert first.revoked_at == again.revoked_at == NOW
    assert find_token(warehouse, bearer, NOW) is None
    with pytest.raises(UnknownName):
        revoke_token(warehouse, "no", NOW)


def test_what_only_looks_like_one_is_none(warehouse):
    _, bearer = make_token(warehouse, "collector", "ada", ["ingest"], NOW)
    other = make_token(warehouse, "other", "bob", ["admin"], NOW)[1]
    near = (bearer[:-1], bearer + "A", bearer.upper(), " " + bearer, bearer + "\n", bearer[:17] + other[17:])
    for wrong in (*near, "", "rca_", "' OR 1=1"):
        assert find_token(warehouse, wrong, NOW) is None, wrong


def test_admin_includes_all_and_every_other_scope_stands_for_itself(warehouse):
    for scope in SCOPES:
        token, _ = make_token(warehouse, "t", "ada", [scope, scope], NOW)
        assert token.scopes == (scope,)
        assert [token.allows(other) for other in SCOPES] == [scope in ("admin", other) for other in SCOPES]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"scopes": []}, "allows nothing"),
        ({"scopes": ["root"]}, "unknown scope 'root'"),
        ({"name": " "}, "a name"),
        ({"account": ""}, "an account"),
        ({"days": 0}, "0 days"),
        ({"days": 367}, "367 days"),
    ],
)
def test_what_makes_no_token(warehouse, changes, told):
    parts = {"name": "n", "account": "ada", "scopes": ["read"], "days": 1} | changes
    with pytest.raises(InputError, match=told):
        make_token(warehouse, parts["name"], parts["account"], parts["scopes"], NOW, days=parts["days"])
    assert not secured(warehouse)


def test_from_the_first_token_on_nobody_gets_in_without_even_when_all_are_revoked(warehouse):
    assert not secured(warehouse)
    token, _ = make_token(warehouse, "t", "ada", ["admin"], NOW)
    revoke_token(warehouse, token.id, NOW)
    assert secured(warehouse)


def test_secrets_differ(warehouse):
    assert len({make_token(warehouse, "t", "ada", ["read"], NOW)[1] for _ in range(50)}) == 50


def test_the_audit_log_is_read_a_page_at_a_time_from_the_latest_back(warehouse):
    for number in range(7):
        note_request(warehouse, Entry(NOW, "ada", None, "POST", f"/{number}", 200, "x" * 2000))
    first = audit_page(warehouse, limit=3)
    second = audit_page(warehouse, before=first[-1].place, limit=10)
    assert [entry.path for entry in first] == ["/6", "/5", "/4"]
    assert [entry.path for entry in second] == ["/3", "/2", "/1", "/0"]
    assert len(first[0].detail) == MOST_CHARACTERS
    assert first[0].at == NOW
