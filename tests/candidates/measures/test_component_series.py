"""Component metrics made comparable: kinds, counters, load, time of day."""

import numpy as np
import pytest

from candidates.measures.component_series import component_series, daily_effect, kind_of, load_effect
from tests.candidates.fault_scenes import BUCKETS, FAULT, LATE, noise, scene, series, step, symptom


@pytest.mark.parametrize(
    ("metric", "kind"),
    [
        ("cpu", "cpu"),
        ("container_cpu_usage", "cpu"),
        ("jvm.heap.used", "memory"),
        ("disk", "disk"),
        ("network", "network"),
        ("http_5xx", "errors"),
        ("error_rate", "errors"),
        ("availability", "availability"),
        ("latency_p95", None),
        ("network_latency", None),
        ("revenue", None),
        ("terror", None),
    ],
)
def test_the_kind_of_a_metric_is_told_from_its_words(metric, kind):
    assert kind_of(metric) == kind


def test_kpis_and_nodes_that_cannot_reach_the_symptom_are_left_out():
    metrics = [step(node, "cpu", 1, 1) for node in ("web", "orders", "db", "ads")]
    assert {node for node, _ in component_series(scene(metrics, symptom("cart")))} == {"db"}


def test_dimensions_come_after_their_mean():
    parts = [series("db", "cpu", np.full(BUCKETS, level), host=host) for host, level in (("b", 3.0), ("a", 1.0))]
    whole, *others = component_series(scene(parts))["db", "cpu"]
    assert whole.value[0] == 2.0
    assert [one.dimensions["host"] for one in others] == ["a", "b"]


def test_a_counter_becomes_a_rate_and_a_gauge_stays():
    counter = np.cumsum(np.full(BUCKETS, 5.0))
    counter[30:] -= counter[30]
    (found,) = component_series(scene([series("db", "cpu", counter)]))["db", "cpu"]
    assert np.isnan(found.value[[0, 30]]).all()
    assert np.nanmax(found.value) == np.nanmin(found.value) == 5.0
    gauge = series("db", "cpu", 0.3 + noise("g", 0.01))
    assert component_series(scene([gauge]))["db", "cpu"][0] is gauge


def test_memory_that_climbs_is_no_counter():
    climbing = series("db", "memory", np.linspace(1, 9, BUCKETS))
    assert component_series(scene([climbing]))["db", "memory"][0] is climbing


def test_load_explains_what_it_did_in_the_baseline():
    load = 100 + 30 * np.abs(noise("load")) + 100 * LATE
    cpu = series("db", "cpu", 0.1 + 0.002 * load)
    effect = load_effect(symptom(), cpu, series("db", "requests", load))
    assert effect[LATE].mean() - effect[~LATE].mean() == pytest.approx(cpu.value[LATE].mean() - cpu.value[~LATE].mean())
    assert not load_effect(symptom(), series("db", "memory", cpu.value), series("db", "requests", load)).any()
    assert not load_effect(symptom(), cpu, None).any()


def test_load_that_fell_does_not_lower_what_is_expected_without_a_relation():
    load = np.where(LATE, 20.0, 100.0)
    assert not load_effect(symptom(), series("db", "cpu", np.full(BUCKETS, 0.3)), series("db", "requests", load)).any()


def test_the_time_of_day_needs_days_to_be_learned():
    hours = np.datetime64("2026-03-01", "us") + np.arange(24 * 8) * np.timedelta64(1, "h")
    swing = np.sin(np.arange(24 * 8) / 24 * 2 * np.pi)
    effect = daily_effect(hours, swing, np.ones(len(hours), bool))
    assert np.abs(swing - effect).max() < 0.6
    assert not daily_effect(hours, swing, np.arange(len(hours)) < FAULT).any()
