"""Faults that only the shape of the call tree shows, through the family that names them and through the ranker."""

import dataclasses
import json
import math

import numpy as np
import pytest

from candidates.component_fault import generate
from candidates.latency_component import generate as slow
from candidates.measures.call_shapes import odd_calls
from rankers.heuristic import rank
from schemas.evidence import CallShape
from tests.candidates.call_scenes import loud, moment, quiet, shop, told, without
from tests.candidates.fault_scenes import landed


def causes(spans, what=None):
    return {one.node: one for one in generate(told(spans, what)).candidates}


def test_an_early_return_is_a_hole_below_the_service_that_returns():
    found = causes(without(shop(), "6", after=0.2))
    assert set(found) == {"cart"}
    cart = found["cart"]
    assert (cart.mechanism, cart.subject) == ("early_return", "errors")
    assert "Get of cart returns without calling SELECT of db" in cart.summary
    assert cart.impact > 0.9
    (item,) = cart.evidence
    assert item.data["missing"] == [["db", "SELECT"]]
    json.dumps(item.data, allow_nan=False)
    assert all(math.isfinite(value) for value in cart.features.values())


def test_a_callee_without_spans_of_its_own_was_not_reached():
    found = causes(without(shop(), "3", "6", after=0.3))
    assert found["cart"].mechanism == "unreached"
    assert found["cart"].subject == "availability"
    assert "web" not in found


def test_what_the_caller_then_leaves_out_is_the_callees_doing():
    found = causes(without(shop(), "6", "4", "5", after=0.2))
    assert set(found) == {"cart"}


def served(fails, gone="cart"):
    """web asks cart and then ads, without spans of the calls themselves; since the fault a seventh lacks one."""
    spans = []
    for k in range(600):
        start, lacks = k * 3000.0, gone if k >= 400 and k % 7 == 0 else ""
        spans.append(((f"t{k}", "1", None, "web", "GET /", start, 50.0), "error" if lacks and fails else "ok"))
        called = [(name, at) for name, at in (("cart", 1), ("ads", 25)) if name != lacks]
        spans += [((f"t{k}", name, "1", name, "Get", start + at, 20.0), "ok") for name, at in called]
    return landed(spans)


def test_requests_that_fail_and_lack_one_call_of_several_show_that_it_was_not_reached():
    (found,) = generate(served(fails=True)).candidates
    assert (found.node, found.mechanism) == ("cart", "unavailable")
    assert found.impact > 0.9


def test_who_skips_a_call_and_does_not_fail_does_so_itself_and_did_not_stop_after_the_last_one():
    (found,) = odd_calls(served(fails=False)).values()
    assert (found.node, found.mechanism) == ("web", "early_return")


def test_who_fails_without_the_last_of_its_calls_may_have_failed_before_it():
    found = {one.node: one for one in generate(served(fails=True, gone="ads")).candidates}
    assert found["web"].impact == max(one.impact for one in found.values())
    assert "ads" not in found


def test_calls_never_made_before_are_told():
    spans = shop()
    new = [(t, "7", "3", "audit", "Write", start + 1, 1.0) for t, name, _, _, _, start, _ in spans if name == "3"]
    found = causes([*spans, *(span for span in new if span[5] >= 1_200_000)])
    assert found["cart"].mechanism == "other_calls"
    assert "Write of audit" in found["cart"].summary


@pytest.mark.parametrize(("before", "after"), [(0.0, 0.0), (0.5, 0.55), (0.5, 0.4)], ids=str)
def test_another_mix_of_requests_is_no_fault(before, after):
    assert not causes(without(shop(), "4", "5", before=before, after=after))


def test_a_much_larger_share_that_does_less_is_told():
    found = causes(without(shop(), "2", "3", "6", "4", "5", before=0.05, after=0.6))
    assert found["web"].mechanism == "early_return"


def test_the_only_trace_of_a_rare_path_says_something_and_little():
    spans = without(shop(), "6", after=1.0)
    rare = [span for span in spans if span[0] in {"t10", "t20", "t30", "t500"} or span[1][0] in "145"]
    cart = causes(rare)["cart"]
    assert cart.features["odd_spans"] == 1
    assert 0 < cart.impact < 0.7
    assert cart.strength < 3


def test_a_proven_slowness_is_hardly_a_hole():
    spans = without(shop(db=(5, 60)), "5", after=0.2)
    assert causes(spans, loud())["ads"].impact < 0.5
    assert slow(told(spans, loud())).candidates[0].node == "db"


def test_requests_that_became_faster_are_explained_by_returning_early():
    faster = dataclasses.replace(loud(), direction="down")
    assert causes(without(shop(), "6", after=0.2), faster)["cart"].impact > 0.9


def test_a_hole_seen_in_the_requests_outweighs_a_metric_that_overlooked_it():
    plain = told(without(shop(), "6", after=0.2))
    candidates = generate(plain).candidates
    ranked, none = rank(candidates, [1.0] * len(candidates), plain.symptom)
    assert ranked[0].candidate.node == "cart"
    assert ranked[0].confidence > none


def test_other_metrics_are_not_about_requests():
    plain = told(without(shop(), "6", after=0.2), quiet("auc"))
    assert all(one.features["seen_in_requests"] == 0.0 for one in generate(plain).candidates)


def two_callers(*, both: bool):
    """Return traces of cart and ads that each call db and then log; after the fault some stop after db."""
    spans = []
    for k in range(400):
        start = k * 4500.0
        stops = k % 5 == 0 and start >= 1_200_000
        spans += [(f"t{k}", "1", None, "web", "GET /", start, 90.0)]
        for place, (name, also) in enumerate({"cart": True, "ads": both}.items()):
            at = start + 30 * place + 1
            spans += [(f"t{k}", f"2{name}", "1", name, "Get", at, 25.0)]
            spans += [(f"t{k}", f"3{name}", f"2{name}", "db", "SELECT", at + 2, 5.0)]
            spans += [] if stops and also else [(f"t{k}", f"4{name}", f"2{name}", name, "log", at + 10, 1.0)]
    return spans


def test_callers_that_stop_after_the_same_call_are_its_doing():
    plain = told(two_callers(both=True))
    found = {one.node: one for one in generate(plain).candidates}
    assert found["db"].mechanism == "callers_stop"
    assert "after SELECT of db" in found["db"].summary
    assert found["db"].impact >= max(one.impact for one in found.values())
    assert found["db"].explains[0] == ("metric", "db", "errors")


def test_the_callee_of_a_single_caller_that_stops_is_a_lead_behind_it():
    found = {one.node: one for one in generate(told(two_callers(both=False))).candidates}
    assert found["cart"].impact > found["db"].impact > 0
    assert found["cart"].mechanism == "early_return"


# --- slowness after a mere moment of traces ---


def test_one_call_of_a_rare_path_is_enough_for_a_long_delay_of_its_edge():
    some = {"t395", "t420", "t440", "t460", "t480"}
    usual = [span for span in shop() if span[0] not in some and span[1][0] not in "45"]
    rare = moment([*usual, *(span for span in shop(to_ads=(2, 400)) if span[0] in some)])
    first = slow(told(rare)).candidates[0]
    assert (first.node, first.mechanism) == ("ads", "network_gap")
    assert first.features["seen_in_requests"] > 0.5


def test_everything_a_little_slower_is_another_moment_or_more_load_and_no_fault():
    slower = {name: (ms, 1.4 * ms) for name, ms in {"web": 10, "cart": 20, "db": 5, "ads": 15}.items()}
    assert slow(told(moment(shop(**slower, to_cart=(2, 2.8), to_ads=(2, 2.8))))).ruled_out
    assert slow(told(shop(**slower), loud())).ruled_out
    assert slow(told(shop(**slower | {"ads": (15, 15), "db": (5, 5)}), loud())).candidates


def test_one_service_far_slower_than_the_moment_explains():
    slower = {name: (ms, 1.2 * ms) for name, ms in {"web": 10, "cart": 20, "ads": 15}.items()}
    first = slow(told(moment(shop(**slower, db=(5, 100))))).candidates[0]
    assert first.node == "db"


def test_retries_are_told_from_another_mix_of_traffic():
    assert slow(told(moment(shop(db_calls=(2, 3))))).ruled_out
    retried = slow(told(moment(shop(db_calls=(2, 12))))).candidates[0]
    assert (retried.node, retried.mechanism) == ("db", "more_calls")


def test_a_latency_that_did_not_clearly_move_may_have_grown():
    assert slow(told(shop(db=(5, 40)), quiet())).candidates[0].node == "db"


def test_growth_within_what_the_metric_varies_anyway_explains_little():
    small = slow(told(shop(db=(5, 7)), loud())).candidates[0]
    noisy = quiet()
    noisy.series.value[:] = noisy.series.value * (1 + 0.4 * (-1.0) ** np.arange(len(noisy.series.value)))
    assert slow(told(shop(db=(5, 7)), noisy)).candidates[0].impact < 0.5 * small.impact


@pytest.mark.parametrize(
    "shapes",
    [
        (),
        (CallShape((), 0, 0, 0),),
        (CallShape((), 5, 0, 0),),
        (CallShape((("db", "SELECT"),), 1, 0, 0), CallShape((), 0, 1, 1)),
        (CallShape((("db", "SELECT"),), 10**9, 0, 0), CallShape((), 0, 10**9, 10**9, None, ("web", "o"))),
        tuple(CallShape(((str(k), "o"),), k % 2, 1, 1) for k in range(50)),
    ],
    ids=["none", "empty", "one period", "one span", "huge", "all different"],
)
def test_degenerate_shapes_do_no_harm(shapes):
    plain = told(shop(requests=60))
    operations = tuple(dataclasses.replace(one, shapes=shapes) for one in plain.operations)
    for one in odd_calls(dataclasses.replace(plain, operations=operations, cache={})).values():
        assert math.isfinite(one.z)
        assert 0 <= one.share <= 1


@pytest.mark.parametrize("share", [0.5, 1.0])
def test_who_fails_before_calling_anybody_does_so_itself(share):
    spans = []
    for k in range(600):
        bad = k >= 400 and k % 20 < 20 * share
        spans.append(((f"t{k}", "1", None, "web", "GET /", 3000.0 * k, 50.0), "error" if bad else "ok"))
        if not bad:
            spans.append(((f"t{k}", "c", "1", "cart", "Get", 3000.0 * k + 1, 20.0), "ok"))
    assert {(c.node, c.mechanism) for c in generate(landed(spans)).candidates if c.impact > 0.5} == {
        ("web", "error_burst")
    }
