import dataclasses
import json
import math
from datetime import timedelta

import numpy as np
import pytest

from candidates import component_fault, latency_component
from candidates.measures.fault_share import MODEST
from rankers import heuristic
from rca.blame import assign_blame
from schemas.incident import Change
from tests.candidates.fault_scenes import (
    BUCKETS,
    FAULT,
    LATE,
    MINUTES,
    T0,
    fresh,
    noise,
    scene,
    series,
    step,
    symptom,
    traced,
)
from tests.rca.spans.traces import BASELINE, WINDOW, Shop

QUIET = [
    step(node, metric, level, level)
    for node in ("web", "cart", "db", "ads")
    for metric, level in (("cpu", 0.3), ("memory", 0.5))
]
SPANS = (BASELINE, WINDOW)


def first(evidence):
    return component_fault.generate(evidence).candidates[0]


def ranked(evidence):
    found = [c for family in (component_fault, latency_component) for c in family.generate(evidence).candidates]
    blame = [one.root for one in assign_blame(evidence, found)]
    return heuristic.rank(found, blame, evidence.symptom)[0]


def errors_of(*, share=(0.0, 0.2), direction="up", metric="errors", **others):
    return symptom(metric=metric, value=share, direction=direction, **others)


# --- which metric of which component ---


@pytest.mark.parametrize(
    ("broken", "subject", "mechanism"),
    [
        (step("db", "cpu", 0.3, 0.97), "cpu", "cpu_saturated"),
        (step("db", "memory", 0.5, 0.9), "memory", "memory_pressure"),
        (step("db", "disk", 40, 95), "disk", "disk_saturated"),
        (step("db", "network", 3e6, 9e6), "network", "network_saturated"),
        (step("db", "errors", 0.002, 0.2), "errors", "error_burst"),
        (step("db", "availability", 0.999, 0.8, spread=0.001), "availability", "unavailable"),
        (series("db", "memory", 0.4 + 0.02 * np.maximum(np.arange(BUCKETS) - FAULT, 0)), "memory", "memory_leak"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_a_broken_metric_is_named_with_its_onset(broken, subject, mechanism):
    quiet = [one for one in QUIET if (one.node, one.metric) != (broken.node, broken.metric)]
    found = first(scene([*quiet, broken, step("db", "latency_p95", 10, 110), step("web", "latency_p95", 100, 200)]))
    assert (found.node, found.subject, found.mechanism) == ("db", subject, mechanism)
    assert abs(found.onset - (T0 + timedelta(minutes=FAULT))) <= timedelta(minutes=2)
    assert found.impact > 0.7
    assert found.explains[0] == ("metric", "db", subject)
    assert {"estimate", "series"} <= {item.kind for item in found.evidence}
    assert subject in found.summary


def test_the_earliest_broken_resource_is_the_subject():
    both = [step("db", "memory", 0.5, 0.9, since=FAULT), step("db", "cpu", 0.3, 0.9, since=FAULT + 5)]
    assert first(scene([*both, step("db", "errors", 0, 0.2, since=FAULT + 5)])).subject == "memory"
    both = [step("db", "memory", 0.5, 0.9, since=FAULT + 5), step("db", "cpu", 0.3, 0.9, since=FAULT)]
    assert first(scene(both)).subject == "cpu"


def test_a_resource_that_broke_after_the_errors_follows_from_them():
    late = [step("db", "errors", 0.001, 0.3), step("db", "cpu", 0.3, 0.6, since=FAULT + 6)]
    assert first(scene(late, errors_of())).subject == "errors"


@pytest.mark.parametrize(
    ("metric", "before", "after"),
    [("cpu", 0.6, 0.2), ("errors", 0.2, 0.0), ("availability", 0.9, 1.0), ("memory", 0.6, 0.3)],
)
def test_a_change_for_the_better_is_no_fault(metric, before, after):
    assert component_fault.generate(scene([*QUIET[:2], step("db", metric, before, after)])).ruled_out


def test_a_resource_that_falls_silent_counts():
    found = first(scene([step("db", "cpu", 0.3, 0.0001)], errors_of()))
    assert (found.subject, found.mechanism) == ("cpu", "unavailable")


def test_one_broken_part_of_a_component_is_enough():
    parts = [
        series("db", "cpu", (0.95 if host == "c" else 0.3) * LATE + 0.3 * ~LATE + noise(host, 0.01), host=host)
        for host in "abcdef"
    ]
    found = first(scene([*parts, step("db", "latency_p95", 10, 110), step("web", "latency_p95", 100, 200)]))
    assert (found.node, found.subject) == ("db", "cpu")


# --- what is usual ---


def test_a_resource_that_rises_with_its_load_is_a_symptom():
    load = 100 + 40 * np.abs(noise("load")) + 200 * LATE
    busy = [series("db", "requests", load), series("db", "cpu", 0.1 + 0.002 * load + noise("cpu", 0.01))]
    assert component_fault.generate(scene(busy)).ruled_out
    alone = [busy[0], series("db", "cpu", 0.1 + 0.002 * load + noise("cpu", 0.01) + 0.4 * LATE)]
    assert first(scene(alone)).subject == "cpu"


def test_load_is_proportional_where_the_baseline_was_too_steady_to_teach_it():
    load = np.where(LATE, 300.0, 100.0) + noise("load")
    assert component_fault.generate(
        scene([series("db", "requests", load), series("db", "cpu", 0.003 * load)])
    ).ruled_out
    assert (
        first(scene([series("db", "requests", load), series("db", "cpu", np.where(LATE, 0.95, 0.1))])).subject == "cpu"
    )


def test_the_time_of_day_and_slow_drift_are_usual():
    hours = np.datetime64("2026-03-01", "us") + np.arange(24 * 12) * np.timedelta64(1, "h")
    daily = 0.5 + 0.3 * np.sin(np.arange(len(hours)) / 24 * 2 * np.pi) + noise("d", 0.02, len(hours))
    walk = 0.5 + np.cumsum(noise("w", 0.002, len(hours)))
    what = dataclasses.replace(symptom(), **_days(10, 12))
    usual = [dataclasses.replace(series("db", "cpu", daily[:1]), ts=hours, value=daily, n=np.ones(len(hours)))]
    usual += [dataclasses.replace(usual[0], metric="memory", value=walk)]
    assert component_fault.generate(scene(usual, what)).ruled_out
    # the last afternoon of a window that ends at noon: high for the hour, though not for the day
    odd = dataclasses.replace(usual[0], value=np.where(hours >= np.datetime64("2026-03-11"), daily + 0.3, daily))
    assert first(scene([odd], what)).subject == "cpu"


def _days(first_day, last_day):
    start = T0.replace(day=1, hour=0, month=3)
    onset, end = start + timedelta(days=first_day), start + timedelta(days=last_day)
    window = dataclasses.replace(symptom().window, start=onset, end=end)
    baseline = dataclasses.replace(window, start=start, end=onset)
    at = dataclasses.replace(symptom().onset, at=onset, low=onset, high=onset + timedelta(hours=1))
    return {"window": window, "baseline": baseline, "onset": at, "bucket_seconds": 3600.0}


def test_a_flat_metric_that_twitches_is_no_fault():
    flat = np.full(BUCKETS, 5.3) + 0.05 * LATE
    assert component_fault.generate(scene([series("db", "memory", flat)])).ruled_out


def test_one_spike_is_no_fault_but_bursts_are():
    spike = np.full(BUCKETS, 10.0) + noise("s")
    spike[FAULT + 3] = 500
    assert component_fault.generate(scene([series("db", "network", spike)])).ruled_out
    bursts = 10.0 + noise("s") + 90 * (LATE & (np.arange(BUCKETS) % 3 == 0))
    found = first(
        scene(
            [series("db", "network", bursts)],
            symptom("orders", "placed", (10, 8), 10.0 - 2 * (bursts > 50), direction="down"),
        )
    )
    assert found.features["covered"] < 0.5


def test_a_counter_is_read_as_a_rate_and_its_reset_as_a_gap():
    rate = np.where(LATE, 30.0, 10.0) + np.abs(noise("r"))
    total = np.cumsum(rate)
    total[50:] -= total[50]
    assert first(scene([series("db", "cpu_seconds_total", total)])).subject == "cpu_seconds_total"
    steady = np.cumsum(10 + np.abs(noise("r")))
    assert component_fault.generate(scene([series("db", "cpu_seconds_total", steady)])).ruled_out


# --- errors and whose they are ---


def test_an_error_that_travels_up_belongs_to_the_deepest_service():
    found = component_fault.generate(
        traced(Shop(), {"6": (0.0, 0.2), "3": (0.0, 0.2), "2": (0.0, 0.2), "1": (0.0, 0.2)})
    )
    (only,) = found.candidates
    assert (only.node, only.subject, only.mechanism) == ("db", "errors", "error_burst")
    assert only.impact > 0.9


def test_errors_that_a_caller_swallows_explain_nothing():
    fails = {"5": (0.0, 0.3), "6": (0.0, 0.2), "3": (0.0, 0.2), "2": (0.0, 0.2), "1": (0.0, 0.2)}
    found = component_fault.generate(traced(Shop(), fails)).candidates
    assert found[0].node == "db"
    assert found[0].impact > 0.8
    assert all(one.impact < 0.2 for one in found[1:])


def test_a_callee_that_is_not_reached_is_unavailable():
    found = first(traced(Shop(), {"4": (0.0, 0.3), "1": (0.0, 0.3)}))
    assert (found.node, found.mechanism) == ("ads", "unavailable")


def test_a_caller_that_fails_towards_everyone_is_to_blame_itself():
    assert first(traced(Shop(), {"4": (0.0, 0.3), "2": (0.0, 0.3), "1": (0.0, 0.3)})).node == "web"


def test_retries_of_a_failing_callee_are_a_retry_storm():
    found = first(traced(Shop(db_calls=(2, 8)), {"6": (0.0, 0.4), "3": (0.0, 0.2), "2": (0.0, 0.2), "1": (0.0, 0.2)}))
    assert (found.node, found.subject, found.mechanism) == ("db", "errors", "retry_storm")


def test_recorded_error_rates_are_blamed_on_the_deepest_too():
    rates = [step("web", "errors", 0.001, 0.2), step("cart", "errors", 0.001, 0.21), step("db", "errors", 0.001, 0.2)]
    found = component_fault.generate(scene([*rates, *QUIET], errors_of()))
    deepest, *leads = found.candidates
    assert (deepest.node, deepest.impact) == ("db", pytest.approx(1.0, abs=0.2))
    assert all(lead.impact < 0.1 for lead in leads)


def test_errors_after_a_callee_without_error_metric_saturated_are_the_callees():
    metrics = [step("web", "errors", 0.001, 0.2), step("cart", "errors", 0.001, 0.2), step("db", "cpu", 0.3, 0.99)]
    assert first(scene(metrics, errors_of())).node == "db"


def test_a_service_without_broken_callees_makes_its_errors_itself():
    found = first(scene([step("web", "errors", 0.001, 0.2), step("db", "errors", 0.001, 0.001)], errors_of()))
    assert (found.node, found.subject, found.impact) == ("web", "errors", 1.0)


@pytest.mark.parametrize(("availability", "subject"), [(0.9, "errors"), (0.75, "availability")])
def test_requests_without_any_answer_are_told_by_an_availability_that_fell_farther_than_errors_rose(
    availability, subject
):
    metrics = [
        step("db", "errors", 0.001, 0.1, spread=0.001),
        step("db", "availability", 0.999, availability, spread=0.001),
    ]
    found = first(scene(metrics, errors_of(share=(0.001, 0.1))))
    assert (found.node, found.subject) == ("db", subject)
    assert f"{subject} of db" in found.summary


def test_an_availability_that_fell_is_explained_by_errors_below():
    metrics = [step("web", "availability", 0.999, 0.8, spread=0.001), step("db", "errors", 0.001, 0.2)]
    found = first(scene(metrics, errors_of(metric="availability", share=(0.999, 0.8), direction="down")))
    assert (found.node, found.subject) == ("db", "errors")


# --- against slowness ---


def test_saturation_beats_slowness_of_the_same_service():
    what = symptom(periods=SPANS)
    busy = [series("db", "cpu", np.where(np.arange(30) >= 20, 0.97, 0.3) + noise("c", 0.02, 30))]
    top, second = ranked(traced(Shop(db=(5, 40)), {}, what, busy))[:2]
    assert (top.candidate.family, top.candidate.node, top.candidate.subject) == ("component_fault", "db", "cpu")
    assert second.candidate.family == "latency_component"


def test_slowness_with_unmoved_resources_stays_slowness():
    what = symptom(periods=SPANS)
    calm = [series("db", "cpu", 0.3 + noise("c", 0.02, 30)), series("db", "memory", 0.5 + noise("m", 0.01, 30))]
    top = ranked(traced(Shop(db=(5, 40)), {}, what, calm))[0].candidate
    assert (top.family, top.node, top.specificity) == (
        "latency_component",
        "db",
        latency_component.SPECIFICITY["slow_operation"],
    )


def test_a_busy_bystander_does_not_explain_slowness_elsewhere():
    what = symptom(periods=SPANS)
    busy = [series("ads", "cpu", np.where(np.arange(30) >= 20, 0.9, 0.3) + noise("c", 0.02, 30))]
    evidence = traced(Shop(db=(5, 40)), {}, what, busy)
    assert all(one.impact < 0.1 for one in component_fault.generate(evidence).candidates)
    assert ranked(evidence)[0].candidate.node == "db"


# --- numbers that are neither latency nor errors ---


def test_a_number_that_comes_and_goes_with_the_trouble_is_explained_by_it():
    bad = LATE & (np.arange(BUCKETS) % 4 < 2)
    what = symptom("orders", "placed", (10.0, 8.5), 10.0 - 3.0 * bad + noise("o", 0.3), direction="down")
    together = [series("db", "errors", 0.3 * bad + 0.001), series("ads", "errors", 0.3 * (LATE & ~bad) + 0.001)]
    found = component_fault.generate(scene(together, what)).candidates
    assert found[0].node == "db"
    assert found[0].impact > 0.7
    assert found[0].features["moves_with_symptom"] > 0.9
    assert all(one.impact < MODEST / 2 for one in found[1:])


def test_mere_coincidence_explains_a_modest_part():
    what = symptom("orders", "placed", (10.0, 8.5), direction="down")
    assert 0 < first(scene([step("db", "cpu", 0.3, 0.97)], what)).impact <= MODEST


def test_a_component_that_broke_long_before_explains_nothing():
    what = symptom("orders", "placed", (10.0, 8.5), direction="down")
    assert component_fault.generate(scene([step("db", "errors", 0.0, 0.3, since=8)], what)).ruled_out


def test_the_symptom_itself_is_a_component_metric():
    found = first(scene([step("web", "cpu", 0.3, 0.95)], symptom("web", "cpu", (0.3, 0.95))))
    assert (found.node, found.subject, found.impact) == ("web", "cpu", 1.0)


# --- form ---


def test_a_deployment_on_the_component_is_evidence():
    change = Change(ts=T0 + timedelta(minutes=FAULT), node="db", kind="deploy", title="db 2.4")
    found = first(scene([step("db", "cpu", 0.3, 0.97)], changes=[change]))
    assert found.features["coincident_change"] == 1.0
    assert "db 2.4" in " ".join(item.text for item in found.evidence)


def test_nothing_to_look_at_is_said():
    assert component_fault.generate(scene()).not_examined
    assert "8 component metrics" in component_fault.generate(scene(QUIET)).ruled_out


def test_numbers_are_finite_and_the_answer_is_plain_json():
    evidence = traced(Shop(db_calls=(2, 8)), {"6": (0.0, 0.4), "1": (0.0, 0.2)}, metrics=QUIET)
    for found in component_fault.generate(evidence).candidates:
        numbers = [found.impact, found.strength, found.specificity, *found.features.values()]
        assert all(type(number) is float and math.isfinite(number) for number in numbers)
        json.dumps([item.data for item in found.evidence], allow_nan=False)


def test_the_order_of_the_series_does_not_matter():
    evidence = scene([*QUIET, step("db", "errors", 0, 0.3), step("web", "errors", 0, 0.2)], errors_of())
    turned = dataclasses.replace(evidence, metrics=evidence.metrics[::-1])
    assert component_fault.generate(fresh(turned)) == component_fault.generate(fresh(evidence))


@pytest.mark.parametrize("metric", ["cpu", "memory", "errors", "availability", "network"])
@pytest.mark.parametrize(
    "value", [[], [1.0], [np.nan] * 60, [5.0] * 60, [0.0] * 60, [1e308, -1e308] * 30, [np.inf] * 60], ids=len
)
def test_degenerate_metrics_do_no_harm(metric, value):
    odd = series("db", metric, np.array(value, float))
    requests = series("db", "requests", np.array(value, float))
    found = component_fault.generate(scene([odd, requests], errors_of()))
    assert bool(found.candidates) + (found.ruled_out is not None) + (found.not_examined is not None) == 1


def test_the_scene_is_what_the_tests_think():
    assert len(MINUTES) == BUCKETS
    assert LATE.sum() == BUCKETS - FAULT


def test_recorded_rates_count_where_the_sampled_spans_show_too_few_errors():
    few = traced(Shop(requests=60), {"6": (0.0, 0.08), "3": (0.0, 0.08), "2": (0.0, 0.08), "1": (0.0, 0.08)})
    late = np.arange(30) >= 20
    rates = tuple(series(node, "errors", 0.08 * late + 0.001) for node in ("db", "cart", "web"))
    found = first(dataclasses.replace(few, metrics=rates, cache={}))
    assert (found.node, found.subject) == ("db", "errors")


# --- what all components show alike ---


@pytest.mark.parametrize(("broken", "blamed"), [(0.45, False), (0.9, True)])
def test_a_resource_that_rises_as_it_does_everywhere_is_no_fault(broken, blamed):
    busier = [step(node, "cpu", 0.3, 0.45) for node in ("web", "cart", "ads")]
    given = scene([*busier, step("db", "cpu", 0.3, broken)])
    found = component_fault.generate(given)
    assert [one.node for one in found.candidates] == (["db"] if blamed else [])


def test_of_few_components_nobody_knows_what_all_do():
    given = scene([step(node, "cpu", 0.3, 0.45) for node in ("web", "db")])
    assert component_fault.generate(given).candidates


@pytest.mark.parametrize(("late", "broken"), [([45, 52], False), ([45, 48, 50, 52, 55, 58], True)])
def test_rare_bursts_of_errors_are_a_fault_only_where_they_come_more_often(late, broken):
    rate = np.zeros(BUCKETS)
    rate[[3, 17, 29, *late]] = 0.4
    given = scene([series("db", "errors", rate)], errors_of(share=(0.03, 0.04)))
    assert bool(component_fault.generate(given).candidates) is broken
