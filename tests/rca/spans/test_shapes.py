import math
from datetime import timedelta

import pytest

from rca.spans import operation_profiles
from rca.warehouse import Warehouse
from tests.rca.spans.traces import BASELINE, BUCKET, FAULT, WINDOW, Shop, by_name, land

LATE = 1_300_000.0


def profiles(spans, failed=()):
    with Warehouse() as warehouse:
        land(warehouse, spans)
        if failed:
            land(warehouse, failed, "error")
        return by_name(operation_profiles(warehouse, "web", BASELINE, WINDOW, BUCKET))


def trace(name, start, *, cart=True, db=True):
    spans = [(name, "1", None, "web", "GET /", start, 50.0)]
    spans += [(name, "2", "1", "cart", "Get", start + 1, 40.0)] if cart else []
    return spans + ([(name, "3", "2", "db", "SELECT", start + 2, 10.0)] if cart and db else [])


def test_a_shape_is_the_set_of_operations_called_however_often():
    web = profiles(Shop(db_calls=(2, 7)).build())["web", "GET /"]
    (only,) = web.shapes
    assert only.children == (("web", "call ads"), ("web", "call cart"))
    assert (only.n_before, only.n_after, only.own_after) == (400, 200, 200)


def test_operations_that_call_nothing_have_no_shapes():
    assert profiles(Shop().build())["db", "SELECT"].shapes == ()


def test_only_what_has_nothing_odd_below_is_its_own():
    spans = [*trace("a", 0.0), *trace("b", 1000.0), *trace("c", LATE), *trace("d", LATE + 1000, db=False)]
    found = profiles(spans)
    hole = {shape.children: shape for shape in found["cart", "Get"].shapes}[()]
    assert (hole.n_before, hole.n_after, hole.own_after) == (0, 1, 1)
    assert hole.first == FAULT + timedelta(milliseconds=LATE + 1001 - 1_200_000)
    (whole,) = found["web", "GET /"].shapes
    assert (whole.n_after, whole.own_after) == (2, 1)


def test_a_failed_span_below_makes_it_the_callees():
    spans = [*trace("a", 0.0), ("b", "1", None, "web", "GET /", LATE, 50.0)]
    found = profiles(spans, failed=[("b", "2", "1", "cart", "Get", LATE + 1, 5.0)])
    assert {shape.children: shape.own_after for shape in found["cart", "Get"].shapes}[()] == 1
    assert found["web", "GET /"].shapes[0].own_after == 0


def test_parents_in_a_circle_end():
    circle = [("c", "1", "2", "web", "GET /", LATE, 5.0), ("c", "2", "1", "cart", "Get", LATE, 5.0)]
    found = profiles([*trace("a", 0.0), *circle, ("e", "9", "9", "web", "GET /", LATE, 5.0)])
    assert sum(shape.n_after for shape in found["web", "GET /"].shapes) == 2


def test_logs_count_traces_and_describe_spans():
    logs = profiles(Shop(db=(5, 40), db_calls=(3, 3)).build())["db", "SELECT"].logs
    assert (logs.n_before, logs.n_after) == (400, 200)
    assert logs.mean_after - logs.mean_before == pytest.approx(2.08, abs=0.05)
    assert logs.var_before == pytest.approx(0.04, rel=0.2)


def test_one_span_has_no_variance():
    logs = profiles([*trace("a", 0.0), *trace("c", LATE), *trace("d", LATE + 1)])["db", "SELECT"].logs
    assert (logs.n_before, logs.n_after) == (1, 2)
    assert math.isnan(logs.var_before)
    assert logs.var_after == pytest.approx(0.0)
