import dataclasses
import json
import math
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
import yaml

from candidates.latency_component import MODEST, UNDATED, generate
from candidates.measures.own_latency import UNKNOWN, together
from rca.graph import build_graph, name_resolver, upstream_of
from rca.spans import operation_profiles, read_span_edges
from rca.warehouse import Warehouse
from schemas.evidence import Evidence, Onset, OperationProfile, Series, Symptom, Window
from schemas.incident import Change, Incident
from schemas.system import System
from tests.rca.spans.traces import BASELINE, BUCKET, END, FAULT, T0, WINDOW, Shop, land

NEZHA = Path(__file__).parents[1] / "data" / "nezha"
SHOP = System.model_validate(
    {
        "nodes": [{"id": name, "kind": "service"} for name in ("web", "cart", "db", "ads")],
        "edges": [{"from": "db", "to": "cart"}, {"from": "cart", "to": "web"}, {"from": "ads", "to": "web"}],
    }
)
MINUTES = np.datetime64(T0.replace(tzinfo=None), "us") + np.arange(30) * np.timedelta64(60, "s")
LATE = np.arange(30) >= 20


def symptom(
    node="web", *, metric="latency_p95", direction="up", value=(100.0, 200.0), baseline=BASELINE, window=WINDOW
):
    line = np.where(LATE, value[1], value[0]) + np.sin(np.arange(30))
    return Symptom(
        incident=Incident(id="i", node=node, metric=metric, detected_at=window.end),
        direction=direction,
        baseline=baseline,
        window=window,
        onset=Onset(window.start, window.start, window.start + timedelta(minutes=1)),
        series=Series(node, metric, MINUTES, line, np.ones(30)),
        baseline_value=value[0],
        value=value[1],
        p_value=1e-6,
        z=9.0,
        bucket_seconds=BUCKET,
    )


def evidence(operations=None, metrics=(), changes=(), what=None, system=SHOP):
    what = what or symptom()
    graph = build_graph(system)
    node = what.incident.node
    return Evidence(what, system, graph, upstream_of(graph, node), {}, operations, tuple(metrics), tuple(changes))


def traced(shop: Shop, **others) -> Evidence:
    with Warehouse() as warehouse:
        land(warehouse, shop.build())
        return evidence(operation_profiles(warehouse, "web", BASELINE, WINDOW, BUCKET), **others)


def latency(node, before, after, metric="latency_p95", since=20, **dimensions):
    rng = np.random.default_rng(sum(map(ord, node)))
    value = np.where(np.arange(30) >= since, after, before) * rng.lognormal(0, 0.02, 30)
    return Series(node, metric, MINUTES, value, np.ones(30), dimensions)


@pytest.mark.parametrize(
    ("shop", "node", "subject", "mechanism"),
    [
        (Shop(db=(5, 40)), "db", "SELECT", "slow_operation"),
        (Shop(cart=(20, 60)), "cart", "Get", "slow_operation"),
        (Shop(web=(10, 60)), "web", "GET /", "slow_operation"),
        (Shop(db_calls=(2, 12)), "db", "SELECT", "more_calls"),
        (Shop(to_ads=(2, 50)), "ads", "List", "network_gap"),
        (Shop(to_ads=(2, 50), to_cart=(2, 50)), "web", "call", "slow_operation"),
        (Shop(db=(5, 40), ads=(15, 17)), "db", "SELECT", "slow_operation"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_the_component_whose_own_time_grew_comes_first(shop, node, subject, mechanism):
    first = generate(traced(shop)).candidates[0]
    assert (first.node, first.mechanism) == (node, mechanism)
    assert first.subject.startswith(subject)
    assert first.impact > 0.8
    assert first.onset_low - timedelta(minutes=1) <= FAULT <= first.onset_high + timedelta(minutes=1)
    assert ("metric", "web", "latency_p95") in first.explains
    assert {item.kind for item in first.evidence} == {"trace", "series"}
    assert node in first.summary


@pytest.mark.parametrize(("db", "blamed"), [((5, 7.5), False), ((5, 40), True)])
def test_a_service_that_slows_as_all_of_them_do_is_not_to_blame(db, blamed):
    given = traced(Shop(web=(10, 15), cart=(20, 30), ads=(8, 12), db=db))
    assert [one.node for one in generate(given).candidates] == (["db"] if blamed else [])


def test_a_slow_connection_that_several_services_use_is_not_what_all_services_do():
    given = traced(Shop(to_cart=(2, 22), to_ads=(2, 22)))
    assert max(one.strength for one in generate(given).candidates) > 8


def test_two_slow_components_share_the_impact():
    first, second = generate(traced(Shop(db=(5, 30), ads=(15, 40)))).candidates[:2]
    assert (first.node, second.node) == ("db", "ads")
    assert first.impact == pytest.approx(2 / 3, abs=0.08)
    assert second.impact == pytest.approx(1 / 3, abs=0.08)


def test_nothing_moved_is_ruled_out_with_numbers():
    reason = generate(traced(Shop())).ruled_out
    assert reason.startswith("no component's own time moved (largest change")
    assert "p = " in reason


def test_errors_that_return_early_are_not_proposed():
    assert generate(traced(Shop(ads=(15, 1), db=(5, 0.5)))).ruled_out


def test_a_faster_component_does_not_hide_a_slower_one():
    first = generate(traced(Shop(ads=(60, 5), db=(5, 30)))).candidates[0]
    assert (first.node, first.impact) == ("db", 1.0)


def test_for_other_symptoms_the_impact_is_modest():
    (first, *_) = generate(traced(Shop(db=(5, 40)), what=symptom(metric="errors"))).candidates
    assert first.node == "db"
    assert 0 < first.impact <= MODEST


@pytest.mark.parametrize("calls", [9.0, 60.0])
def test_a_growth_that_only_all_calls_together_show_explains_a_little_of_other_symptoms(calls):
    """Three calls in ten take twelve times as long: the usual bucket is as before, and tells no onset."""
    ms = np.where(LATE & (np.arange(30) % 3 == 0), 60.0, 5.0)
    slower = dataclasses.replace(
        profile(ms, np.full(30, calls)), per_request_before=5.0, per_request_after=float(ms[LATE].mean())
    )
    (found,) = generate(evidence((slower,), what=symptom(metric="errors"))).candidates
    assert found.strength > 3
    assert 0 < found.impact <= MODEST * UNDATED


def test_a_latency_that_fell_is_not_explained_by_slowness():
    assert generate(traced(Shop(db=(5, 40)), what=symptom(direction="down"))).ruled_out


def test_services_that_cannot_reach_the_symptom_are_left_out():
    found = generate(traced(Shop(ads=(15, 90)), what=symptom(node="cart")))
    assert not any(candidate.node == "ads" for candidate in found.candidates)


def test_a_change_at_the_onset_is_evidence_on_its_own_node_only():
    changes = [
        Change(ts=FAULT, node="db", kind="deploy", title="db 2.4"),
        Change(ts=FAULT, node="ads", kind="deploy", title="ads 7"),
        Change(ts=T0, node="db", kind="config", title="long before"),
    ]
    with_changes = generate(traced(Shop(db=(5, 40)), changes=changes)).candidates[0]
    texts = [item.text for item in with_changes.evidence if item.kind == "change"]
    assert len(texts) == 1
    assert "db 2.4" in texts[0]
    assert with_changes.features["coincident_change"] == 1.0
    assert generate(traced(Shop(db=(5, 40)))).candidates[0].features["coincident_change"] == 0.0


def test_the_order_of_the_operations_does_not_matter():
    one = traced(Shop(db=(5, 30), ads=(15, 40)))
    two = dataclasses.replace(one, operations=one.operations[::-1], cache={})
    assert generate(one) == generate(two)


def test_all_numbers_are_finite_and_the_answer_is_plain_json():
    for candidate in generate(traced(Shop(db=(5, 40), db_calls=(0, 3)))).candidates:
        numbers = [candidate.impact, candidate.strength, candidate.specificity, *candidate.features.values()]
        assert all(type(number) is float and math.isfinite(number) for number in numbers)
        json.dumps([item.data for item in candidate.evidence], allow_nan=False)


def test_without_traces_and_latency_metrics_nothing_was_examined():
    assert generate(evidence()).not_examined == "no traces or latency metrics"
    assert generate(evidence(operations=(), metrics=[latency("web", 1, 2, metric="cpu")])).not_examined


def test_traces_of_one_period_only_are_not_compared():
    with Warehouse() as warehouse:
        land(warehouse, [span for span in Shop().build() if span[5] < 1_100_000])
        profiles = operation_profiles(warehouse, "web", BASELINE, WINDOW, BUCKET)
    assert generate(evidence(profiles)).not_examined
    assert generate(evidence(profiles, [latency("web", 100, 200)])).candidates[0].node == "web"


def profile(self_ms: np.ndarray, n: np.ndarray) -> OperationProfile:
    ts = MINUTES[: len(n)]
    return OperationProfile("web", "o", ts, n, n * 0, self_ms, self_ms, self_ms, 1.0, 5.0, 1.0, 1.0)


@pytest.mark.parametrize(
    "operation",
    [
        profile(np.array([]), np.array([])),
        profile(np.array([1.0]), np.array([1.0])),
        profile(np.full(30, np.nan), np.zeros(30)),
        profile(np.full(30, 0.0), np.ones(30)),
        profile(np.full(30, 3.0), np.ones(30)),
        profile(np.where(LATE, 864e6, 1.0), np.ones(30)),
    ],
    ids=["empty", "one bucket", "all null", "all zero", "constant", "huge"],
)
def test_degenerate_operations_do_no_harm(operation):
    found = generate(evidence((operation,)))
    assert bool(found.candidates) + (found.ruled_out is not None) + (found.not_examined is not None) == 1


# --- from latency metrics alone ---


def test_a_caller_is_explained_by_its_slow_callee():
    found = generate(evidence(metrics=[latency("web", 100, 200), latency("cart", 40, 140), latency("db", 10, 110)]))
    first, *leads = found.candidates
    assert (first.node, first.subject) == ("db", None)
    assert first.impact > 0.9
    assert all(lead.impact < 0.1 for lead in leads)


def test_a_caller_that_grew_alone_is_to_blame():
    found = generate(evidence(metrics=[latency("web", 100, 200), latency("cart", 40, 140), latency("db", 10, 10)]))
    assert [candidate.node for candidate in found.candidates] == ["cart"]


def test_services_without_a_metric_are_looked_through():
    found = generate(evidence(metrics=[latency("web", 100, 200), latency("db", 10, 110)]))
    assert [candidate.node for candidate in found.candidates] == ["db"]


def test_a_callee_that_rose_later_explains_nothing():
    late = [latency("web", 100, 200, since=20), latency("db", 10, 110, since=27)]
    assert generate(evidence(metrics=late)).candidates[0].node == "web"


def test_many_calls_of_a_callee_multiply_its_growth():
    metrics = [latency("web", 100, 300, "latency_avg"), latency("db", 40, 60, "latency_avg")]
    rates = [latency("web", 10, 10, "requests"), latency("db", 100, 100, "requests")]
    what = symptom(metric="latency_avg", value=(100.0, 300.0))
    (only,) = generate(evidence(metrics=[*metrics, *rates], what=what)).candidates
    assert only.node == "db"
    assert only.impact > 0.9
    assert generate(evidence(metrics=metrics, what=what)).candidates[0].node == "web"


def test_services_that_call_each_other_do_not_explain_each_other_away():
    loop = System.model_validate(
        {
            "nodes": [{"id": name, "kind": "service"} for name in ("web", "db")],
            "edges": [{"from": "db", "to": "web"}, {"from": "web", "to": "db"}],
        }
    )
    found = generate(evidence(metrics=[latency("web", 100, 200), latency("db", 50, 150)], system=loop))
    assert [candidate.node for candidate in found.candidates] == ["db"]


def test_a_dimension_that_names_operations_gives_the_subject():
    metrics = [
        latency("web", 100, 200),
        latency("db", 10, 10, endpoint="read"),
        latency("db", 10, 210, endpoint="write"),
    ]
    (only,) = generate(evidence(metrics=metrics)).candidates
    assert (only.node, only.subject) == ("db", "write")


def test_a_service_that_does_not_move_with_the_symptom_explains_little():
    drifted = [latency("web", 100, 200), latency("ads", 50, 150, since=3)]
    (only,) = generate(evidence(metrics=drifted)).candidates
    assert (only.node, round(only.impact)) == ("web", 1)


def test_moving_together_looks_at_the_time_around_the_onset():
    given = evidence()
    assert together(given, latency("db", 10, 20)) > 0.95
    assert together(given, latency("db", 10, 20, since=3)) < 0.5
    assert together(given, latency("db", 20, 10)) == 0.0
    assert together(given, Series("db", "latency_p95", MINUTES, np.full(30, 7.0), np.ones(30))) == 0.0
    assert together(given, Series("db", "latency_p95", MINUTES[:2], np.ones(2), np.ones(2))) == UNKNOWN


def test_steady_latencies_are_ruled_out_with_numbers():
    reason = generate(evidence(metrics=[latency("web", 100, 100), latency("db", 10, 10)])).ruled_out
    assert "latency_p95" in reason
    assert "p = " in reason


@pytest.mark.parametrize("value", [[], [1.0], [np.nan] * 30, [5.0] * 30, [0.0] * 30, [1e308, -1e308] * 15], ids=len)
def test_degenerate_metrics_do_no_harm(value):
    series = Series("db", "latency_p95", MINUTES[: len(value)], np.array(value), np.ones(len(value)))
    found = generate(evidence(metrics=[series]))
    assert not found.candidates
    assert found.ruled_out or found.not_examined


# --- a recorded incident ---


def test_a_recorded_network_delay_is_found():
    system = System.model_validate(yaml.safe_load((NEZHA / "system.yaml").read_text()))
    incident = Incident.model_validate_json((NEZHA / "incident.json").read_text())
    with Warehouse() as warehouse:
        warehouse.connection.execute(
            """INSERT INTO spans SELECT 1, trace_id, span_id, parent_span_id, service, operation, start,
               epoch_ns(start), duration_ms, status, NULL FROM read_parquet(?)""",
            [str(NEZHA / "traces" / "spans.parquet")],
        )
        (last,) = warehouse.connection.execute("SELECT max(start) FROM spans").fetchone()
        window = Window(incident.started_at, last.replace(tzinfo=UTC) + timedelta(seconds=1))
        baseline = Window(*incident.baseline)
        resolve = name_resolver(system)
        profiles = operation_profiles(warehouse, "frontend", baseline, window, 60.0, resolve=resolve)
        graph = build_graph(system, read_span_edges(warehouse))
    what = symptom("frontend", baseline=baseline, window=window)
    given = Evidence(what, system, graph, upstream_of(graph, "frontend"), {}, profiles, (), ())
    first = generate(given).candidates[0]
    assert (first.node, first.subject, first.mechanism) == (
        "cartservice",
        "hipstershop.CartService/GetCart",
        "network_gap",
    )
    assert first.impact > 0.8
    assert abs(first.onset - datetime(2022, 8, 23, 12, 36, tzinfo=UTC)) < timedelta(minutes=1)


def test_the_period_of_the_shop_is_what_the_tests_think():
    assert (WINDOW.end, BASELINE.start) == (END, T0)
