from datetime import timedelta

import numpy as np
import pytest

from rca.spans import operation_profiles
from rca.spans.profiles import MAX_BUCKETS
from rca.warehouse import Warehouse
from schemas.evidence import Window
from tests.rca.spans.traces import BASELINE, BUCKET, T0, WINDOW, Shop, by_name, land

MINUTE = 60_000.0


@pytest.fixture
def warehouse():
    with Warehouse() as opened:
        yield opened


def test_no_spans_in_either_period_is_none_not_health(warehouse):
    assert operation_profiles(warehouse, "web", BASELINE, WINDOW, BUCKET) is None
    land(warehouse, [("t", "a", None, "web", "o", -5 * MINUTE, 10)])
    assert operation_profiles(warehouse, "web", BASELINE, WINDOW, BUCKET) is None


def test_time_and_calls_are_per_request_of_the_target(warehouse):
    land(warehouse, Shop(db_calls=(2, 6), cart=(20, 40)).build())
    profiles = by_name(operation_profiles(warehouse, "web", BASELINE, WINDOW, BUCKET))
    db, cart = profiles["db", "SELECT"], profiles["cart", "Get"]
    assert (db.calls_before, db.calls_after) == (2, 6)
    assert db.per_request_after / db.per_request_before == pytest.approx(3, rel=0.05)
    assert cart.per_request_before == pytest.approx(20, rel=0.1)
    assert cart.per_request_after == pytest.approx(40, rel=0.1)
    assert cart.n.sum() == 600
    assert cart.requests is not None
    assert cart.requests.sum() == 600


def test_a_target_without_spans_counts_whole_traces(warehouse):
    land(warehouse, Shop().build())
    named, unnamed = (by_name(operation_profiles(warehouse, who, BASELINE, WINDOW, BUCKET)) for who in ("web", "kpi"))
    assert named["db", "SELECT"].per_request_before == unnamed["db", "SELECT"].per_request_before


def test_a_request_that_enters_the_target_twice_counts_twice(warehouse):
    land(
        warehouse,
        [
            ("t", "1", None, "edge", "o", 0, 100),
            ("t", "2", "1", "web", "o", 0, 40),
            ("t", "3", "1", "web", "o", 50, 40),
            ("t", "4", "3", "web", "inner", 60, 10),
        ],
    )
    inner = by_name(operation_profiles(warehouse, "web", BASELINE, WINDOW, BUCKET))["web", "inner"]
    assert (inner.calls_before, inner.per_request_before) == (0.5, 5.0)


def test_who_calls_and_who_waits_for_whom(warehouse):
    land(warehouse, Shop().build())
    profiles = by_name(operation_profiles(warehouse, "web", BASELINE, WINDOW, BUCKET))
    assert profiles["web", "call cart"].callee == ("cart", "Get")
    assert profiles["cart", "Get"].callee is None
    assert profiles["web", "GET /"].callee is None
    assert profiles["db", "SELECT"].caller == ("cart", "Get")
    assert profiles["web", "GET /"].caller is None


def test_a_server_that_only_forwards_is_not_taken_for_a_client(warehouse):
    land(
        warehouse,
        [
            ("t", "1", None, "web", "o", 0, 100),
            ("t", "2", "1", "proxy", "handle", 0, 90),
            ("t", "3", "2", "store", "get", 10, 10),
        ],
    )
    profiles = by_name(operation_profiles(warehouse, "web", BASELINE, WINDOW, BUCKET))
    assert profiles["proxy", "handle"].callee is None


def test_names_of_services_are_resolved_to_nodes(warehouse):
    land(warehouse, [("t", "1", None, "prod/web", "o", 0, 100), ("t", "2", "1", "prod/db", "get", 0, 90)])
    profiles = operation_profiles(
        warehouse, "web", BASELINE, WINDOW, BUCKET, resolve=lambda name: name.rsplit("/", 1)[-1]
    )
    assert set(by_name(profiles)) == {("web", "o"), ("db", "get")}
    assert by_name(profiles)["db", "get"].caller == ("web", "o")


def test_buckets_and_gaps(warehouse):
    spans = [(f"t{k}", "1", None, "web", "o", k * MINUTE, 10.0 + k) for k in range(30) if k != 7]
    land(warehouse, spans)
    profile = by_name(operation_profiles(warehouse, "web", BASELINE, WINDOW, BUCKET))["web", "o"]
    assert profile.ts[0] == np.datetime64(T0.replace(tzinfo=None))
    assert profile.n.tolist() == [float(k != 7) for k in range(30)]
    assert np.isnan(profile.self_ms[7])
    assert profile.self_ms[8] == profile.self_p95_ms[8] == profile.total_ms[8] == 18.0


def test_a_short_period_gets_narrower_buckets(warehouse):
    land(warehouse, Shop().build())
    profile = operation_profiles(warehouse, "web", BASELINE, WINDOW, 3600.0)[0]
    before = profile.ts < np.datetime64((T0 + timedelta(minutes=20)).replace(tzinfo=None))
    assert (profile.n[before] > 0).sum() >= 6
    assert (profile.n[~before] > 0).sum() >= 6


def test_the_number_of_buckets_has_a_limit(warehouse):
    land(warehouse, [("t", "1", None, "web", "o", 0, 1.0)])
    old = Window(T0 - timedelta(days=365), T0 - timedelta(days=364))
    profile = operation_profiles(warehouse, "web", old, WINDOW, 1.0)
    assert profile is None
    profile = operation_profiles(warehouse, "web", old, Window(T0, T0 + timedelta(days=1)), 1.0)
    assert len(profile[0].ts) <= MAX_BUCKETS + 1
    assert profile[0].n.sum() == 1


def test_errors_are_counted(warehouse):
    land(warehouse, [("t", "1", None, "web", "o", 0, 1.0)], status="error")
    land(warehouse, [("u", "1", None, "web", "o", 0, 1.0)])
    profile = operation_profiles(warehouse, "web", BASELINE, WINDOW, BUCKET)[0]
    assert (profile.n.sum(), profile.errors.sum()) == (2, 1)


def test_odd_names_are_only_names(warehouse):
    name = "a b;--\"'{x}"
    land(warehouse, [("t", "1", None, name, name, 0, 1.0)])
    assert by_name(operation_profiles(warehouse, name, BASELINE, WINDOW, BUCKET))[name, name].calls_before == 1


def test_the_order_of_the_rows_does_not_matter(warehouse):
    spans = Shop(requests=100).build()
    land(warehouse, spans)
    with Warehouse() as other:
        land(other, spans[::-1])
        one, two = (operation_profiles(w, "web", BASELINE, WINDOW, BUCKET) for w in (warehouse, other))
    for a, b in zip(one, two, strict=True):
        assert (a.service, a.operation, a.caller, a.callee) == (b.service, b.operation, b.caller, b.callee)
        assert a.per_request_after == pytest.approx(b.per_request_after)
        np.testing.assert_allclose(a.self_ms, b.self_ms)
