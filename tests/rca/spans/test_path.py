import numpy as np
import pytest

from rca.spans import operation_profiles
from rca.spans.path import path_times
from rca.spans.reduce import nanoseconds, self_times
from rca.warehouse import Warehouse
from schemas.evidence import Window
from tests.rca.spans.traces import BASELINE, BUCKET, END, FAULT, T0, WINDOW, by_name, land

CASES = {
    "what is waited for as a whole is not written down": (
        [("t", "a", None, "s", "o", 0, 100), ("t", "b", "a", "s", "o", 10, 30), ("t", "c", "a", "s", "o", 40, 30)],
        {},
    ),
    "of a call that outlives its caller only the caller's end is waited for, and so of what it calls": (
        [
            ("t", "a", None, "s", "o", 0, 100),
            ("t", "b", "a", "s", "o", 10, 80),
            ("t", "late", "a", "s", "o", 90, 300),
            ("t", "its", "late", "s", "o", 95, 200),
            ("t", "own", "its", "s", "o", 150, 100),
        ],
        {"a": 10, "late": 5, "its": 5, "own": 0},
    ),
    "what nobody waits for takes nothing from those beside it, nor from its caller's own time before these": (
        [
            ("t", "a", None, "s", "o", 0, 100),
            ("t", "late", "a", "mail", "o", 5, 300),
            ("t", "b", "a", "s", "o", 10, 80),
        ],
        {"a": 10, "late": 10},
    ),
    "a call that is given up is waited for until the next one": (
        [
            ("t", "a", None, "s", "o", 0, 100),
            ("t", "in time", "a", "s", "o", 5, 10),
            ("t", "beside", "a", "s", "o", 15, 20),
            ("t", "given up", "a", "s", "o", 20, 300),
            ("t", "again", "a", "s", "o", 50, 300),
            ("t", "other", "a", "fallback", "o", 70, 20),
        ],
        {"a": 15, "given up": 15, "again": 20},
    ),
    "of late calls that nobody waits for each is until the next one": (
        [
            ("t", "a", None, "s", "o", 0, 100),
            ("t", "b", "a", "s", "o", 5, 35),
            ("t", "first", "a", "mail", "o", 30, 300),
            ("t", "second", "a", "mail", "o", 60, 300),
        ],
        {"a": 5, "first": 20, "second": 40},
    ),
    "of calls side by side the one that ends last is waited for": (
        [
            ("t", "a", None, "s", "o", 0, 100),
            ("t", "quick", "a", "s", "o", 5, 40),
            ("t", "slow", "a", "s", "o", 10, 80),
            ("t", "below", "quick", "s", "o", 8, 30),
        ],
        {"quick": 3, "below": 2},
    ),
    "what began after its caller's end is not waited for": (
        [("t", "a", None, "s", "o", 0, 100), ("t", "b", "a", "s", "o", 150, 30)],
        {"a": 100, "b": 0},
    ),
    "the requests complained of count as a whole, whatever their callers do": (
        [
            ("t", "a", None, "s", "o", 0, 100),
            ("t", "late", "a", "s", "o", 90, 300),
            ("t", "asked", "late", "target", "o", 120, 200),
            ("t", "its", "asked", "s", "o", 150, 100),
        ],
        {"a": 90, "late": 10},
    ),
    "cycles of parents end": (
        [("t", "a", "b", "s", "o", 0, 100), ("t", "b", "a", "s", "o", 20, 200), ("t", "c", "b", "s", "o", 110, 10)],
        {"a": 20, "b": 0, "c": 0},
    ),
}


def waited(spans, targets=("target",)):
    with Warehouse() as warehouse:
        land(warehouse, spans)
        with self_times(warehouse, *nanoseconds(Window(T0, END))) as connection, path_times(connection, targets):
            found = "SELECT s.span_id, p.path_ms FROM reduced_path AS p JOIN spans AS s ON s.rowid = p.id"
            return dict(connection.execute(found).fetchall())


@pytest.mark.parametrize("name", CASES)
def test_what_is_waited_for(name):
    spans, expected = CASES[name]
    assert waited(spans) == pytest.approx(expected)


def whole(spans):
    with Warehouse() as warehouse:
        land(warehouse, spans)
        with self_times(warehouse, *nanoseconds(Window(T0, END))) as connection, path_times(connection, ()):
            parts = "SELECT sum(coalesce(path_ms, self_ms)) FROM reduced_self LEFT JOIN reduced_path USING (id)"
            return connection.execute(parts).fetchone()[0]


@pytest.mark.parametrize("longest", [1.0, 2.0])
@pytest.mark.parametrize("services", [("s",), ("s", "mail", "store", "ads")])
def test_the_parts_of_a_request_add_up_to_its_duration(longest, services, monkeypatch):
    """Calls side by side; with `longest` of 2, calls that outlive their caller and later ones beside them too."""
    monkeypatch.setattr("rca.spans.path.WAITED", -np.inf)  # all clocks are right
    rng = np.random.default_rng(3)
    spans = [("t", "0", None, "s", "o", 0.0, 1000.0)]
    for k in range(1, 200):
        up = spans[(k - 1) // 3]
        start = up[5] + up[6] * rng.uniform(0, 0.6)
        took = (up[5] + up[6] - start) * rng.uniform(0.2, longest)
        spans.append(("t", str(k), up[1], str(rng.choice(services)), "o", start, took))
    assert whole(spans) == pytest.approx(1000)


def shop(late_ms=(20, 20), store_ms=(20, 20), ahead_ms=0.0, waits=True):
    """web calls store and waits for it (unless not), then hands a message to log, whose clock may be ahead."""
    rng = np.random.default_rng(0)
    spans = []
    for k in range(600):
        start = k * 1_800_000 / 600
        now = int(start >= (FAULT - T0).total_seconds() * 1000)
        store, late = (float(ms[now] * rng.lognormal(0, 0.2)) for ms in (store_ms, late_ms))
        end = 10 + store + float(rng.uniform(1, 3)) + (late if waits else 0.0)
        spans += [
            (f"t{k}", "1", None, "web", "GET /", start, end),
            (f"t{k}", "2", "1", "store", "get", start + 5, store),
            (f"t{k}", "3", "1", "log", "append", start + 6 + store + ahead_ms, late),
        ]
    return spans


def growth(spans):
    with Warehouse() as warehouse:
        land(warehouse, spans)
        profiles = by_name(operation_profiles(warehouse, "web", BASELINE, WINDOW, BUCKET))
    return {who: one.per_request_after - one.per_request_before for (who, _), one in profiles.items()}


def test_what_nobody_waits_for_makes_no_request_slower():
    grown = growth(shop(late_ms=(20, 80), store_ms=(20, 30), waits=False))
    assert grown["store"] == pytest.approx(10, rel=0.2)
    assert abs(grown["log"]) < 0.5


def test_what_nobody_waits_for_hides_no_call_that_it_slows_with():
    rng = np.random.default_rng(0)
    spans = []
    for k in range(600):
        start = k * 1_800_000 / 600
        ads = float(rng.normal(30.0 if start < 1_200_000 else 1000.0, 3.0))
        spans += [
            (f"t{k}", "1", None, "web", "GET /", start, 10 + ads),
            (f"t{k}", "2", "1", "ads", "get", start + 5, ads),
            (f"t{k}", "3", "1", "mail", "send", start + 2, ads + max(20.0, float(rng.normal(300, 100)))),
        ]
    grown = growth(spans)
    assert grown["ads"] == pytest.approx(970, rel=0.01)
    assert abs(grown["mail"]) < 1


def test_a_call_that_is_given_up_made_the_request_slower():
    rng = np.random.default_rng(0)
    spans = []
    for k in range(600):
        start = k * 1_800_000 / 600
        slow = start >= 1_200_000
        cart = float(rng.uniform(1500, 2500)) if slow else float(rng.normal(30, 3))
        waited_ms = min(cart, 1000.0)
        spans.append((f"t{k}", "1", None, "web", "GET /", start, 10 + waited_ms + 20 * slow))
        spans.append((f"t{k}", "2", "1", "cart", "get", start + 5, cart))
        if slow:
            spans.append((f"t{k}", "3", "1", "ads", "get", start + 5 + waited_ms, 20))
    grown = growth(spans)
    assert grown["cart"] == pytest.approx(970, rel=0.01)
    assert grown["ads"] == pytest.approx(20)
    assert abs(grown["web"]) < 1


@pytest.mark.parametrize("ahead_ms", [0.0, 5.0, 8.0, 500.0])
def test_a_clock_that_is_ahead_hides_no_slow_call(ahead_ms):
    assert growth(shop(late_ms=(20, 80), ahead_ms=ahead_ms))["log"] == pytest.approx(60, rel=0.1)


def test_a_clock_that_is_set_right_makes_nobody_slower():
    right = shop()
    ahead = shop(ahead_ms=30.0)
    grown = growth([b if b[5] < 1_200_000 else a for a, b in zip(right, ahead, strict=True)])
    assert abs(grown["log"]) < 1.5
