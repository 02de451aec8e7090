import math

import pytest

from rca.spans import read_span_edges, span_edges
from rca.warehouse import Warehouse
from tests.rca.spans.traces import BASELINE, WINDOW, Shop, land


def test_the_gap_between_client_and_server_is_the_edges():
    with Warehouse() as warehouse:
        land(warehouse, Shop(to_cart=(2, 30)).build())
        edges = {(edge.caller, edge.callee): edge for edge in span_edges(warehouse, BASELINE, WINDOW)}
    cart, ads = edges["web", "cart"], edges["web", "ads"]
    assert (cart.caller_operation, cart.callee_operation) == ("call cart", "Get")
    assert (cart.n_before, cart.n_after) == (400, 200)
    assert cart.gap_before == pytest.approx(2, rel=0.1)
    assert cart.gap_after == pytest.approx(30, rel=0.1)
    assert ads.gap_after == pytest.approx(2, rel=0.1)
    # cart calls db without a client span of its own: what lies between cannot be told from cart's work
    assert math.isnan(edges["cart", "db"].gap_before)


def test_edges_run_from_callee_to_caller():
    with Warehouse() as warehouse:
        assert read_span_edges(warehouse) == ()
        land(warehouse, Shop(requests=3).build())
        assert read_span_edges(warehouse) == (("ads", "web"), ("cart", "web"), ("db", "cart"))


def test_no_spans_no_edges():
    with Warehouse() as warehouse:
        assert span_edges(warehouse, BASELINE, WINDOW) == ()
