"""The symptom of a model: where it began, against what, and whether it is real."""

import time

import numpy as np
import pytest

from rca.errors import InputError, UnknownName
from rca.symptom import measure_symptom
from rca.warehouse import Warehouse
from schemas.system import Node, System
from tests.rca.metrics.logs import write_log
from tests.rca.symptom.cases import MODEL, SYSTEM, day, days_of, incident, log_of, measure


@pytest.mark.parametrize("metric", ["auc", "accuracy", "brier", "logloss", "f1", "rmse"])
def test_a_sharp_fault_is_dated_to_the_hour(metric):
    found = measure(log_of(np.random.default_rng(0), 40_000, 30, 20), metric, 21.5)
    assert abs(days_of(found.onset.at) - 20) <= 2 / 24
    assert found.onset.low <= day(20) <= found.onset.high
    assert found.p_value < 1e-6
    assert found.direction == ("up" if metric in {"brier", "logloss", "rmse"} else "down")
    assert np.sign(found.z) == (1 if found.direction == "up" else -1)
    assert not found.reference_split
    assert found.baseline.start == day(0)
    assert day(19.5) < found.baseline.end <= found.onset.at
    assert found.window.end >= day(30)


@pytest.mark.parametrize(("days", "fault"), [(20, 18), (20, 12), (40, 30), (60, 57), (60, 45)])
@pytest.mark.parametrize("batches", [True, False])
def test_short_daily_logs(days, fault, batches):
    found = measure(log_of(np.random.default_rng(days + fault), 4000, days, fault, batches=batches), "auc", fault + 1.5)
    assert abs(days_of(found.onset.at) - fault) <= 1
    assert found.p_value < 0.01
    assert (found.baseline_value, found.value) == (pytest.approx(0.82, abs=0.04), pytest.approx(0.5, abs=0.08))


def test_a_recovery_ends_the_window():
    found = measure(log_of(np.random.default_rng(1), 40_000, 30, 15, until=18), "auc", 17)
    assert days_of(found.onset.at) == pytest.approx(15, abs=0.1)
    assert days_of(found.window.end) == pytest.approx(18, abs=0.2)


def test_what_the_incident_states_is_taken():
    log = log_of(np.random.default_rng(2), 40_000, 30, 20, until=24)
    found = measure(log, "auc", 21, started_at=20.02, ended_at=24, baseline=(3, 10), direction="down")
    assert found.onset.at == day(20.02)
    assert (found.window.start, found.window.end) == (day(20.02), day(24))
    assert (found.baseline.start, found.baseline.end) == (day(3), day(10))
    assert found.p_value < 1e-6


def test_a_start_that_the_data_contradict_is_corrected_and_said():
    found = measure(log_of(np.random.default_rng(2), 40_000, 30, 20), "auc", 21, started_at=10)
    assert days_of(found.onset.at) == pytest.approx(20, abs=0.1)
    assert any("started_at" in warning for warning in found.warnings)


@pytest.mark.parametrize(("metric", "stated", "moved"), [("auc", "up", "down"), ("brier", "down", "up")])
def test_a_direction_that_the_data_contradict_is_corrected_and_said(metric, stated, moved):
    log = log_of(np.random.default_rng(2), 40_000, 30, 20)
    found = measure(log, metric, 21, direction=stated)
    assert (found.direction, found.incident.direction) == (moved, moved)
    assert days_of(found.onset.at) == pytest.approx(20, abs=0.1)
    assert found.p_value < 1e-6
    assert any(f"direction {stated} does not fit" in warning for warning in found.warnings)


def test_what_became_better_is_not_explained_where_worse_was_stated():
    # the fault is over when the incident is reported: since then all is well again
    log = log_of(np.random.default_rng(2), 40_000, 30, 0, until=15)
    found = measure(log, "auc", 16, direction="down")
    assert found.direction == "down"
    assert found.p_value > 0.01
    assert any("correct it" in warning for warning in found.warnings)


def test_the_onset_never_follows_the_detection():
    found = measure(log_of(np.random.default_rng(3), 10_000, 30, 20), "auc", 15)
    assert found.onset.at <= day(15)
    assert found.onset.low <= found.onset.at <= found.onset.high


def test_noise_is_no_symptom():
    p = [measure(log_of(np.random.default_rng(seed), 6000, 30, 99), "accuracy", 25).p_value for seed in range(12)]
    assert sum(value < 0.05 for value in p) <= 1


def test_an_older_regime_is_no_baseline():
    rng = np.random.default_rng(4)
    log = log_of(rng, 40_000, 40, 34, share=1.0)
    early = log["seconds"] < 12 * 86400
    log["prediction"] = np.where(early & (rng.random(early.size) < 0.5), rng.random(early.size), log["prediction"])
    found = measure(log, "auc", 35)
    assert days_of(found.baseline.start) == pytest.approx(12, abs=1)
    assert days_of(found.onset.at) == pytest.approx(34, abs=0.2)
    assert found.baseline_value == pytest.approx(0.82, abs=0.02)


def test_an_older_change_for_the_worse_is_not_the_incident():
    rng = np.random.default_rng(5)
    log = log_of(rng, 40_000, 40, 36)
    late = log["seconds"] > 15 * 86400
    log["prediction"] = np.where(late & (rng.random(late.size) < 0.3), rng.random(late.size), log["prediction"])
    found = measure(log, "auc", 37.5)
    assert days_of(found.onset.at) == pytest.approx(36, abs=0.3)


def test_a_gradual_fault_begins_where_it_begins():
    rng = np.random.default_rng(6)
    log = log_of(rng, 60_000, 40, 99)
    at = log["seconds"] / 86400
    bad = rng.random(at.size) < np.clip((at - 25) / 10, 0, 1)
    log["prediction"] = np.where(bad, rng.random(at.size), log["prediction"])
    found = measure(log, "auc", 37)
    assert 24 <= days_of(found.onset.at) <= 28.5


def test_wrong_from_the_first_row_is_measured_against_the_reference():
    rng = np.random.default_rng(7)
    log = log_of(rng, 20_000, 40, 20)
    log["split"] = np.where(
        log["seconds"] < 15 * 86400, "train", np.where(log["seconds"] < 20 * 86400, "validation", "production")
    )
    found = measure(log, "auc", 25)
    assert found.reference_split
    assert found.baseline_value == pytest.approx(0.82, abs=0.02)
    assert found.value == pytest.approx(0.5, abs=0.03)
    assert found.p_value < 1e-6
    assert days_of(found.onset.at) == pytest.approx(20, abs=0.3)
    assert found.baseline.end <= day(20)


def test_a_fault_in_production_is_not_measured_against_the_reference():
    log = log_of(np.random.default_rng(8), 40_000, 50, 42)
    log["split"] = np.where(log["seconds"] < 20 * 86400, "train", "production")
    found = measure(log, "auc", 43)
    assert not found.reference_split
    assert found.baseline.start >= day(20)
    assert days_of(found.onset.at) == pytest.approx(42, abs=0.2)


def test_no_baseline_at_all_is_said():
    found = measure(log_of(np.random.default_rng(9), 300, 1, 99), "auc", 0.0)
    assert np.isnan(found.baseline_value)
    assert found.p_value == 1.0
    assert any("compare" in warning for warning in found.warnings)


@pytest.mark.parametrize(
    ("metric", "hint"), [("auc", "estimated_auc"), ("accuracy", "estimated_accuracy"), ("ndcg", "label")]
)
def test_no_labels_says_what_to_use(metric, hint):
    with pytest.raises(InputError, match=hint):
        measure({"seconds": np.arange(100) * 3600.0, "prediction": np.full(100, 0.5)}, metric, 3)


def test_unknown_node_suggests_the_nearest():
    with Warehouse() as warehouse, pytest.raises(UnknownName, match="'shop'"):
        measure_symptom(warehouse, SYSTEM, incident("shap", "auc", 3))


def test_an_incident_before_all_data_is_refused():
    with pytest.raises(InputError, match=r"before all that is known of auc of m, .*time zone"):
        measure(log_of(np.random.default_rng(9), 3000, 10, 5), "auc", -700.0)


def test_rows_with_a_broken_clock_do_not_stretch_the_series():
    log = log_of(np.random.default_rng(10), 20_000, 30, 20)
    log["seconds"][:3] = -10 * 365 * 86400.0
    found = measure(log, "auc", 21)
    assert days_of(found.onset.at) == pytest.approx(20, abs=0.1)
    assert any("far away in time" in warning for warning in found.warnings)


@pytest.mark.parametrize("rows", [1, 2, 5])
@pytest.mark.parametrize("metric", ["auc", "accuracy", "prediction_mean"])
def test_tiny_logs_do_not_fail(rows, metric):
    log = {"seconds": np.arange(rows) * 86400.0, "prediction": np.linspace(0, 1, rows), "label": np.arange(rows) % 2.0}
    found = measure(log, metric, 1)
    assert 0 <= found.p_value <= 1
    assert np.isfinite(found.z)


def test_constant_and_half_empty_logs_do_not_fail():
    seconds = np.arange(2000) * 3600.0
    constant = measure({"seconds": seconds, "prediction": np.full(2000, 0.5), "label": np.ones(2000)}, "brier", 40)
    assert constant.p_value == 1.0
    holes = np.where(np.arange(2000) < 1000, np.nan, 0.5)
    assert measure({"seconds": seconds, "prediction": holes}, "prediction_mean", 60).p_value > 0.05


def test_forty_thousand_rows_take_under_a_third_of_a_second():
    log = log_of(np.random.default_rng(0), 40_000, 30, 20)
    with Warehouse() as warehouse:
        write_log(warehouse, MODEL, log.pop("seconds"), **log)
        spent = []
        for _ in range(3):
            start = time.process_time()
            measure_symptom(warehouse, SYSTEM, incident("m", "auc", 21))
            spent.append(time.process_time() - start)
    assert min(spent) < 0.6  # processor seconds of two threads


def test_delayed_labels_leave_the_window_open():
    log = log_of(np.random.default_rng(11), 40_000, 30, 20)
    log["label"] = np.where(log["seconds"] > 25 * 86400, None, log["label"])
    found = measure(log, "auc", 22)
    assert days_of(found.onset.at) == pytest.approx(20, abs=0.1)
    assert found.value == pytest.approx(0.5, abs=0.03)


def test_multiclass_and_regression_logs_work():
    rng = np.random.default_rng(12)
    truth = rng.integers(0, 3, 9000)
    bad = np.arange(9000) > 6000
    answer = np.where(rng.random(9000) < np.where(bad, 0.4, 0.9), truth, (truth + 1) % 3).astype(str)
    node = Node(id="m", kind="model", task="multiclass")
    with Warehouse() as warehouse:
        write_log(warehouse, node, np.arange(9000) * 300.0, prediction=answer, label=truth.astype(str))
        found = measure_symptom(warehouse, System(nodes=(node,)), incident("m", "f1", 22))
    assert days_of(found.onset.at) == pytest.approx(6000 * 300 / 86400, abs=0.1)
    assert found.direction == "down"
