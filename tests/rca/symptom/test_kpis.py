"""The symptom of a recorded metric: seasons, native intervals, services."""

import numpy as np
import pytest

from rca.symptom import measure_symptom
from rca.warehouse import Warehouse
from tests.rca.metrics.logs import write_spans
from tests.rca.symptom.cases import SYSTEM, day, days_of, incident, measure_kpi


def seasonal(rng, days, minutes=60.0, weekend=3.0):
    """A metric at 100 with a daily swing of 4, a weekend effect, and noise of 1."""
    seconds = np.arange(int(days * 1440 / minutes)) * minutes * 60
    at = seconds / 86400
    return seconds, 100 + 4 * np.sin(2 * np.pi * at) + weekend * (at % 7 >= 5) + rng.standard_normal(at.size)


def test_a_fall_smaller_than_the_season_is_found():
    seconds, value = seasonal(np.random.default_rng(0), 35)
    value[seconds >= 30 * 86400] -= 2
    found = measure_kpi(seconds, value, "conversion", 31)
    assert found.direction == "down"
    assert days_of(found.onset.at) == pytest.approx(30, abs=0.25)
    assert found.p_value < 1e-4
    assert found.bucket_seconds == 3600
    assert (found.baseline.end - found.baseline.start).days % 7 == 0  # whole weeks, so that none weighs more


@pytest.mark.parametrize("frac", [0.75, 0.9])
def test_season_alone_is_no_symptom_when_the_onset_is_given(frac):
    p = []
    for seed in range(30):
        seconds, value = seasonal(np.random.default_rng(seed), 28)
        p.append(measure_kpi(seconds, value, "conversion", 28 * frac + 0.5, started_at=28 * frac).p_value)
    assert np.mean(np.array(p) < 0.05) <= 0.13  # 30 draws: 0.07 and two standard errors
    assert np.median(p) > 0.25


def test_season_alone_is_no_symptom_when_the_onset_is_searched():
    p = []
    for seed in range(20):
        seconds, value = seasonal(np.random.default_rng(seed), 28)
        p.append(measure_kpi(seconds, value, "conversion", 24).p_value)
    assert np.mean(np.array(p) < 0.05) <= 0.07


def test_a_spike_between_samples_of_five_minutes():
    rng = np.random.default_rng(1)
    seconds = np.arange(60) * 300.0
    value = 20 + rng.standard_normal(60)
    value[50:54] += 300
    found = measure_kpi(seconds, value, "latency_p95", 51 * 300 / 86400)
    assert found.bucket_seconds == 300
    assert found.onset.at == day(50 * 300 / 86400)
    assert found.window.end == day(54 * 300 / 86400)
    assert found.p_value < 1e-6
    assert found.direction == "up"


def test_a_flat_baseline_does_not_make_a_twitch_infinite():
    value = np.ones(60)
    value[50:] = 0.99995
    found = measure_kpi(np.arange(60) * 300.0, value, "availability", 52 * 300 / 86400)
    assert abs(found.z) < 1


def test_a_stated_direction_rules():
    rng = np.random.default_rng(2)
    value = 10 + rng.standard_normal(80)
    value[40:60] += 6
    value[60:] -= 6
    up = measure_kpi(np.arange(80) * 3600.0, value, "revenue", 50 / 24, direction="up")
    down = measure_kpi(np.arange(80) * 3600.0, value, "revenue", 70 / 24, direction="down")
    assert days_of(up.onset.at) == pytest.approx(40 / 24)
    assert days_of(down.onset.at) == pytest.approx(60 / 24)


def test_an_older_rise_does_not_turn_a_stated_fall_of_a_kpi():
    rng = np.random.default_rng(2)
    value = 10 + rng.standard_normal(80)
    value[40:] += 9
    value[78:] -= 3
    found = measure_kpi(np.arange(80) * 3600.0, value, "revenue", 79 / 24, direction="down")
    assert found.direction == "down"


def test_latency_from_spans():
    rng = np.random.default_rng(3)
    rows = [
        (
            f"t{i}",
            "a",
            None,
            "shop",
            i * 2.0,
            float(10 * np.exp(0.3 * rng.standard_normal()) * (3 if i > 1500 else 1)),
            "ok",
        )
        for i in range(2000)
    ]
    with Warehouse() as warehouse:
        write_spans(warehouse, rows)
        found = measure_symptom(warehouse, SYSTEM, incident("shop", "latency_p95", 3200 / 86400))
    assert days_of(found.onset.at) * 86400 == pytest.approx(3000, abs=120)
    assert found.p_value < 1e-6
    assert found.value / found.baseline_value == pytest.approx(3, rel=0.25)


def test_most_of_a_recovery_is_not_all_of_it():
    rng = np.random.default_rng(5)
    value = 100 + rng.standard_normal(200)
    value[120:126] -= 6
    value[126:] -= 1.8
    found = measure_kpi(np.arange(200) * 3600.0, value, "conversion", 123 / 24)
    assert found.window.end == day(200 / 24)
    value[126:] += 1.8
    found = measure_kpi(np.arange(200) * 3600.0, value, "conversion", 123 / 24)
    assert days_of(found.window.end) == pytest.approx(126 / 24, abs=2 / 24)


def test_rare_single_errors_are_no_symptom_after_a_few_hours_without():
    rng, alarms = np.random.default_rng(6), 0
    for _ in range(20):
        value = (rng.random(480) < 0.02) * rng.uniform(0.05, 1.0, 480)
        alarms += measure_kpi(np.arange(480) * 900.0, value, "errors", 4.0).p_value < 0.05
    assert alarms <= 2


def test_errors_that_were_rare_and_come_often_are_a_symptom():
    rng = np.random.default_rng(7)
    value = (rng.random(480) < np.where(np.arange(480) < 380, 0.02, 0.4)) * rng.uniform(0.05, 1.0, 480)
    found = measure_kpi(np.arange(480) * 900.0, value, "errors", 4.2)
    assert found.direction == "up"
    assert found.p_value < 1e-3


def test_first_errors_after_hours_without_any_are_no_symptom():
    rng, alarms = np.random.default_rng(8), 0
    for _ in range(20):
        value = (rng.random(480) < np.where(np.arange(480) < 40, 0.0, 0.01)) * rng.uniform(0.05, 1.0, 480)
        alarms += measure_kpi(np.arange(480) * 900.0, value, "errors", 4.9).p_value < 0.05
    assert alarms <= 2


def test_a_figure_that_never_moved_and_then_does_is_a_symptom():
    value = np.where(np.arange(480) < 400, 0.0, 0.2)
    found = measure_kpi(np.arange(480) * 900.0, value, "errors", 4.5)
    assert found.p_value < 1e-6
    assert days_of(found.onset.at) * 96 == pytest.approx(400, abs=1)


@pytest.mark.parametrize("seed", [1, 3, 5])
def test_a_busy_hour_before_the_detection_does_not_hide_the_change_before_it(seed):
    rng = np.random.default_rng(seed)
    often = np.where(np.arange(480) < 420, 0.02, 0.3)
    often[475:] = 1.0
    value = (rng.random(480) < often) * rng.uniform(0.01, 0.1, 480)
    value[475:] = 0.06
    found = measure_kpi(np.arange(480) * 900.0, value, "errors", 479.5 / 96)
    assert found.p_value < 1e-6
    assert days_of(found.onset.at) * 96 == pytest.approx(420, abs=8)


def test_two_first_readings_are_no_baseline_of_a_long_series():
    rng = np.random.default_rng(10)
    value = 5 + rng.standard_normal(300)
    value[:2] = 9.0
    found = measure_kpi(np.arange(300) * 3600.0, value, "conversion", 12.0)
    assert found.p_value > 0.01


def test_a_figure_that_never_moved_and_then_goes_as_far_up_as_down_is_measured():
    value = np.zeros(60)
    value[50:52] = (1.0, -1.0)
    assert 0 <= measure_kpi(np.arange(60) * 3600.0, value, "conversion", 51.5 / 24).p_value <= 1


@pytest.mark.parametrize(("wrong", "real"), [(2, False), (3, True)])
def test_after_a_dozen_alike_two_that_differ_are_no_symptom_yet_and_three_are(wrong, real):
    value = np.append(np.zeros(12), np.full(wrong, 0.5))
    found = measure_kpi(np.arange(12 + wrong) * 86400.0, value, "errors", 11.5 + wrong)
    assert (found.p_value < 0.01) is real


def test_a_blip_that_was_over_before_anybody_noticed_was_searched_for():
    value = 0.2 + 0.03 * np.random.default_rng(5).standard_normal(60)
    value[47:49] = 0.3
    begun = {"started_at": 47 / 24}
    found = measure_kpi(3600.0 * np.arange(60), value, "share", 50.1 / 24, **begun)
    stated = measure_kpi(3600.0 * np.arange(60), value, "share", 50.1 / 24, **begun, ended_at=49 / 24)
    assert found.window.end == stated.window.end
    assert found.p_value == pytest.approx(3 * stated.p_value, rel=0.05)
