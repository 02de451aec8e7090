"""The symptom of a component's own metric: errors, availability, resources, requests."""

import numpy as np
import pytest

from rca.symptom import measure_symptom
from rca.warehouse import Warehouse
from tests.rca.metrics.logs import write_spans
from tests.rca.symptom.cases import SYSTEM, days_of, incident, measure_kpi

MINUTE = 60.0


@pytest.mark.parametrize(
    ("metric", "before", "after", "direction"),
    [
        ("errors", 0.0, 0.2, "up"),
        ("errors", 0.01, 0.06, "up"),
        ("availability", 1.0, 0.9, "down"),
        ("cpu", 0.3, 0.9, "up"),
        ("cpu", 30.0, 95.0, "up"),
        ("memory", 5e9, 8e9, "up"),
        ("disk", 40.0, 99.0, "up"),
        ("network", 1e6, 3e6, "up"),
        ("requests", 900.0, 300.0, "down"),
    ],
)
def test_a_recorded_component_metric_is_measured(metric, before, after, direction):
    rng = np.random.default_rng(4)
    at = np.arange(240)
    level = np.where(at >= 180, after, before)
    value = level * (1 + 0.03 * rng.standard_normal(240)) if before else level + 0.0
    value = np.minimum(value, 1.0) if metric == "availability" else value
    found = measure_kpi(at * MINUTE, value, metric, 200 / 1440)
    assert found.direction == direction
    assert found.p_value < 1e-4
    assert days_of(found.onset.at) * 1440 == pytest.approx(180, abs=6)
    assert found.baseline_value == pytest.approx(before, rel=0.03, abs=0.002)
    assert found.value == pytest.approx(after, rel=0.05)


@pytest.mark.parametrize(
    ("metric", "direction", "levels"), [("errors", "up", (0.0, 0.3)), ("availability", "down", (1.0, 0.7))]
)
def test_errors_and_availability_come_from_spans_where_nobody_records_them(metric, direction, levels):
    rng = np.random.default_rng(5)
    failed = rng.random(2000) < np.where(np.arange(2000) >= 1500, 0.3, 0.0)
    rows = [(f"t{i}", "a", None, "shop", i * 2.0, 10.0, "error" if failed[i] else "ok") for i in range(2000)]
    with Warehouse() as warehouse:
        write_spans(warehouse, rows)
        found = measure_symptom(warehouse, SYSTEM, incident("shop", metric, 3200 / 86400))
    assert found.direction == direction
    assert days_of(found.onset.at) * 86400 == pytest.approx(3000, abs=120)
    assert (found.baseline_value, found.value) == pytest.approx(levels, abs=0.05)


def test_a_memory_leak_has_an_onset_within_its_climb():
    rng = np.random.default_rng(6)
    at = np.arange(240)
    value = 0.4 + 0.005 * np.maximum(at - 150, 0) + 0.005 * rng.standard_normal(240)
    found = measure_kpi(at * MINUTE, value, "memory", 235 / 1440)
    assert found.direction == "up"
    assert found.p_value < 1e-4
    assert 140 <= days_of(found.onset.at) * 1440 <= 215
