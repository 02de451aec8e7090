"""Blame: what an upstream cause explains is its symptom."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rca.blame import assign_blame
from rca.graph import build_graph, upstream_of
from schemas.candidate import Candidate
from schemas.evidence import Evidence
from schemas.system import System
from tests.laws.worlds import ONSET, make_symptom

HOUR = timedelta(hours=1)


def world(*edges, target="t"):
    """Return evidence of a system whose edges are (from, to, columns)."""
    nodes = sorted({end for a, b, _ in edges for end in (a, b)} | {target})
    system = System.model_validate(
        {
            "nodes": [{"id": node, "kind": "model"} for node in nodes],
            "edges": [{"from": a, "to": b, "columns": columns} for a, b, columns in edges],
        }
    )
    graph = build_graph(system)
    return Evidence(make_symptom(target), system, graph, upstream_of(graph, target), {}, None, (), ())


def cause(node, *explains, impact=0.8, at=0.0, family="data_quality"):
    moment = ONSET + at * HOUR
    return Candidate(
        family=family,
        node=node,
        subject="s",
        impact=impact,
        strength=9.0,
        specificity=0.9,
        summary="s",
        onset=moment,
        onset_low=moment - HOUR,
        onset_high=moment + HOUR,
        explains=explains,
    )


def roots(evidence, *candidates):
    return [round(b.root, 3) for b in assign_blame(evidence, candidates)]


CHAIN = world(("feed", "m", ["x"]), ("m", "n", ["score"]), ("n", "t", ["mid"]))
BAD_X = cause("feed", ("column", "m", "x"))
BAD_SCORE = cause("m", ("column", "n", "score"))
BAD_MID = cause("n", ("column", "t", "mid"))


def test_a_lone_cause_takes_all_the_blame_and_shows_its_way():
    (blame,) = assign_blame(CHAIN, [BAD_X])
    assert blame.root == 1.0
    assert blame.path == ("feed", "m", "n", "t")


def test_along_a_chain_the_furthest_upstream_takes_over():
    assert roots(CHAIN, BAD_X, BAD_SCORE, BAD_MID) == [1.0, 0.0, 0.0]
    assert roots(CHAIN, BAD_MID, BAD_X) == [0.0, 1.0]


@pytest.mark.parametrize(("upstream", "left"), [(0.0, 1.0), (0.3, 1.0), (0.4, 1.0), (0.6, 0.5), (0.8, 0.0), (1.0, 0.0)])
def test_only_a_cause_that_explains_about_as_much_takes_over(upstream, left):
    assert roots(CHAIN, replace(BAD_X, impact=upstream), BAD_MID)[1] == pytest.approx(left, abs=1e-3)


def test_a_cause_that_explains_nothing_has_nothing_to_give_up():
    assert roots(CHAIN, BAD_X, replace(BAD_MID, impact=0.0)) == [1.0, 1.0]


def test_a_cause_does_not_start_after_its_effect():
    assert roots(CHAIN, cause("feed", ("column", "m", "x"), at=100), BAD_MID) == [1.0, 1.0]
    assert roots(CHAIN, cause("feed", ("column", "m", "x"), at=2), BAD_MID) == [1.0, 0.0]  # within three buckets
    unknown = replace(BAD_X, onset=None, onset_low=None, onset_high=None)
    assert roots(CHAIN, unknown, BAD_MID) == [1.0, 0.0]


def test_in_a_diamond_the_common_cause_explains_both_arms():
    diamond = world(("feed", "l", ["x"]), ("feed", "r", ["x"]), ("l", "t", ["left"]), ("r", "t", ["right"]))
    arms = cause("l", ("column", "t", "left")), cause("r", ("column", "t", "right"))
    common = cause("feed", ("column", "l", "x"), ("column", "r", "x"))
    assert roots(diamond, common, *arms) == [1.0, 0.0, 0.0]
    assert roots(diamond, *arms) == [1.0, 1.0]


def test_one_arm_does_not_explain_the_other():
    diamond = world(("feed", "l", ["x"]), ("feed", "r", ["y"]), ("l", "t", ["left"]), ("r", "t", ["right"]))
    left = cause("feed", ("column", "l", "x"))
    assert roots(diamond, left, cause("r", ("column", "t", "right"))) == [1.0, 1.0]


def test_columns_that_do_not_carry_the_output_are_not_explained_by_it():
    assert roots(CHAIN, BAD_X, cause("n", ("column", "n", "other"))) == [1.0, 1.0]


def test_edges_without_columns_carry_the_same_kind_of_anomaly():
    services = world(("db", "api", []), ("api", "t", []))
    slow_db = cause("db", ("metric", "db", "latency_p95"))
    slow_api = cause("api", ("metric", "api", "latency_p95"))
    errors = cause("api", ("metric", "api", "errors"))
    assert roots(services, slow_db, slow_api, errors) == [1.0, 0.0, 1.0]


def test_candidates_of_one_node_do_not_take_each_others_blame():
    assert roots(CHAIN, BAD_X, cause("feed", ("column", "m", "x"), family="schema_change")) == [1.0, 1.0]


def test_two_causes_of_the_very_same_anomaly_are_rivals_not_symptoms():
    assert roots(CHAIN, BAD_MID, cause("m", ("column", "t", "mid"))) == [1.0, 1.0]


def test_in_a_cycle_nobody_is_upstream_of_the_other():
    loop = world(("a", "b", ["x"]), ("b", "a", ["y"]), ("b", "t", ["z"]))
    assert roots(loop, cause("a", ("column", "b", "x")), cause("b", ("column", "a", "y"))) == [1.0, 1.0]


def test_a_cause_off_the_graph_is_its_own_way():
    (blame,) = assign_blame(CHAIN, [cause("elsewhere")])
    assert blame == type(blame)(root=1.0, path=("elsewhere",))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from("abct"), st.sampled_from("abct"), st.booleans()), max_size=12),
    st.lists(st.tuples(st.sampled_from("abct"), st.floats(0, 1)), max_size=6),
)
def test_any_graph_ends_and_its_blame_is_a_share(edges, faults):
    evidence = world(*((a, b, ["x"] if named else []) for a, b, named in edges))
    found = assign_blame(evidence, [cause(n, ("column", n, "x"), impact=i) for n, i in faults])
    assert all(0 <= b.root <= 1 for b in found)
    assert all(b.path[0] == node for b, (node, _) in zip(found, faults, strict=True))


def test_what_a_model_answers_to_the_same_inputs_is_not_explained_by_its_inputs():
    new_version = cause("m", ("function", "m"), ("output", "m"), impact=0.2, family="upstream_model_change")
    assert roots(CHAIN, BAD_X, new_version) == [1.0, 1.0]


def test_a_changed_function_explains_what_its_readers_get():
    new_version = cause("m", ("function", "m"), family="upstream_model_change")
    assert roots(CHAIN, new_version, BAD_MID) == [1.0, 0.0]


def test_what_is_a_metrics_own_given_its_callees_is_not_reached_from_them():
    calls = world(("db", "cart", []), ("cart", "t", []))
    slow_db = cause("db", ("metric", "db", "latency_p95"), family="latency_component")
    slow_cart = ("metric", "cart", "latency_p95")
    assert roots(calls, slow_db, cause("cart", slow_cart, family="latency_component")) == [1.0, 0.0]
    own = cause("cart", ("own", *slow_cart[1:]), slow_cart, family="latency_component")
    assert roots(calls, slow_db, own) == [1.0, 1.0]
    waiting = cause("t", ("metric", "t", "latency_p95"), family="latency_component")
    assert roots(calls, own, waiting) == [1.0, 0.0]
