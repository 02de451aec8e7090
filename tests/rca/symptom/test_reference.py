"""Production that was wrong from its first row, and training rows that a model knows too well."""

from dataclasses import replace

import numpy as np
import pytest

from rca.symptom import measure_symptom, other_reading
from rca.symptom.gauge import open_gauge
from rca.symptom.reference import read_reference
from rca.warehouse import Warehouse
from tests.rca.metrics.logs import write_log
from tests.rca.symptom.cases import MODEL, SYSTEM, days_of, incident, log_of, measure

DAY = 86_400


def split_log(seed, *, fault=999, rows=20_000, days=40):
    log = log_of(np.random.default_rng(seed), rows, days, fault)
    day = log["seconds"] / DAY
    log["split"] = np.where(day < 12, "train", np.where(day < 18, "validation", "production"))
    return log


def optimistic(log, push):
    """Let the model know the outcome of its training rows: log-odds moved towards it by `push`."""
    logit = np.log(log["prediction"] / (1 - log["prediction"]))
    logit = logit + push * (2 * log["label"] - 1) * (log["split"] == "train")
    return log | {"prediction": 1 / (1 + np.exp(-logit))}


@pytest.mark.parametrize("metric", ["auc", "logloss"])
def test_a_model_that_knows_its_training_rows_by_heart_is_measured_against_them(metric):
    found = measure(optimistic(split_log(0), 9), metric, 25)
    assert found.reference_split
    assert found.p_value < 1e-6
    assert abs(found.value - found.baseline_value) > 0.1


@pytest.mark.parametrize("metric", ["auc", "logloss", "accuracy"])
@pytest.mark.parametrize("seed", range(3))
def test_an_ordinary_gap_to_the_training_rows_is_no_alarm(metric, seed):
    found = measure(optimistic(split_log(seed), 0.3), metric, 25)
    assert not found.reference_split
    assert found.p_value > 0.01


def test_constant_bad_production_is_measured_against_validation_rows():
    found = measure(optimistic(split_log(1, fault=18), 0.3), "auc", 25)
    assert found.reference_split
    assert found.p_value < 1e-6


def test_a_clear_change_within_production_is_the_incident_even_of_a_model_that_overfits():
    log = optimistic(split_log(2, fault=32), 9)
    found = measure(log, "auc", 33)
    assert not found.reference_split
    assert found.p_value < 1e-6


def coded(served):
    """Return a log without validation rows, a fifth worse since the first production row, with a feature of codes."""
    log = optimistic(split_log(5, rows=20_000), 0.6)
    log["split"] = np.where(log["split"] == "validation", "train", log["split"])
    codes = np.random.default_rng(6).choice(np.array(["a", "b", "c"], dtype=object), len(log["split"]))
    return log | {"code": np.where(log["split"] == "production", [served(code) for code in codes], codes)}


@pytest.mark.parametrize(("served", "against"), [(str.upper, True), (str.lower, False)])
def test_values_that_training_never_held_are_no_optimism_of_the_fit(served, against):
    assert measure(coded(served), "logloss", 39).reference_split is against


def test_noisy_buckets_do_not_hide_production_that_was_always_worse():
    log = split_log(3, rows=6000)
    worse = (log["split"] == "production") & (np.random.default_rng(4).random(6000) < 0.35)
    log["prediction"] = np.where(worse, np.random.default_rng(5).random(6000), log["prediction"])
    assert measure(log, "auc", 25).reference_split


def reference_of(log, metric):
    with Warehouse() as warehouse:
        write_log(warehouse, MODEL, log["seconds"], **{name: log[name] for name in log if name != "seconds"})
        return read_reference(open_gauge(warehouse, MODEL, metric))


def test_training_rows_that_look_no_better_are_as_honest_as_validation_rows():
    log = split_log(6, rows=9000)
    trained = log["split"] == "train"
    turned = np.where(trained & (np.random.default_rng(7).random(9000) < 0.12), 1 - log["label"], log["label"])
    both = reference_of(log | {"label": turned}, "accuracy")
    honest = reference_of({name: values[~trained] for name, values in log.items()}, "accuracy")
    assert both.trained < both.honest < honest.honest
    assert both.error < 0.8 * honest.error
    better = reference_of(optimistic(log, 0.5), "accuracy")
    assert better.honest == pytest.approx(honest.honest)
    assert better.error == pytest.approx(honest.error, rel=0.2)


def with_validation_rows(log, number):
    """Return the log with so many of its validation rows."""
    surplus = np.flatnonzero(log["split"] == "validation")[number:]
    return {name: np.delete(values, surplus) for name, values in log.items()}


def test_training_rows_that_may_look_better_by_chance_are_read_with_few_validation_rows():
    log = with_validation_rows(split_log(6, rows=9000), 500)
    both, alone = reference_of(optimistic(log, 0.02), "auc"), reference_of(optimistic(log, 3), "auc")
    assert both.error < 0.7 * alone.error
    assert both.honest != pytest.approx(alone.honest)


def test_validation_rows_that_say_next_to_nothing_do_not_make_training_rows_honest():
    few = reference_of(with_validation_rows(optimistic(split_log(6, rows=9000), 0.05), 60), "auc")
    assert few.error > 0.05


def test_training_rows_alone_are_not_read_twice():
    log = split_log(6, rows=9000)
    alone = {name: values[log["split"] != "validation"] for name, values in log.items()}
    found = reference_of(alone, "auc")
    assert found.error == found.trained_error


@pytest.mark.parametrize("metric", ["auc", "logloss"])
@pytest.mark.parametrize("seed", range(1, 4))
def test_an_ordinary_gap_is_no_alarm_with_few_validation_rows_either(metric, seed):
    assert not measure(with_validation_rows(optimistic(split_log(seed), 0.3), 60), metric, 25).reference_split


def test_some_unlucky_hours_are_no_incident_of_what_was_unmistakably_always_worse():
    log, rng = split_log(8, fault=18, rows=12_000, days=40), np.random.default_rng(5)
    ago = 39 - log["seconds"] / DAY
    unlucky = (ago > 0) & (ago < 0.6) & (rng.random(len(ago)) < 0.15)
    log["prediction"] = np.where(unlucky, 1 - log["label"], log["prediction"])
    found = measure(log, "brier", 39.0)
    assert found.reference_split
    assert found.p_value < 1e-9


def test_a_last_bucket_of_a_few_unlucky_rows_is_no_change_of_what_was_always_worse():
    log = split_log(8, fault=18, rows=12_000, days=40)
    log = {name: values[log["seconds"] < 39.02 * DAY] for name, values in log.items()}
    last = log["seconds"] > 39 * DAY
    log["prediction"] = np.where(last, 1 - log["label"], log["prediction"])
    assert 3 <= last.sum() <= 20
    assert measure(log, "auc", 39.01).reference_split


def test_what_was_always_wrong_and_got_a_little_better_was_wrong_from_the_first_row():
    log, rng = split_log(9), np.random.default_rng(10)
    day = log["seconds"] / DAY
    share = np.where(day < 18, 0.0, np.where(day < 30, 0.75, 0.55))
    log["prediction"] = np.where(rng.random(len(day)) < share, rng.random(len(day)), log["prediction"])
    found = measure(log, "logloss", 33)
    assert found.reference_split
    assert found.direction == "up"


@pytest.mark.parametrize(("share", "least", "most"), [(0.7, 5e-4, 1e-2), (0.6, 1e-2, 5e-2)])
def test_production_that_never_moved_is_held_against_validation_rows_on_ordinary_evidence(share, least, most):
    log, rng = split_log(21, rows=3000), np.random.default_rng(21)
    wrong = (log["split"] == "production") & (rng.random(3000) < share)
    log["prediction"] = np.where(wrong, rng.random(3000), log["prediction"])
    found = measure(log, "auc", 25)
    assert found.reference_split
    assert least < found.p_value < most


@pytest.mark.parametrize(("seed", "metric", "share"), [(22, "auc", 0.08), (31, "accuracy", 0.05)])
def test_a_slight_wandering_is_not_the_incident_of_a_model_that_knows_its_training_rows_by_heart(seed, metric, share):
    log, rng = split_log(seed), np.random.default_rng(seed)
    day = log["seconds"] / DAY
    moved = (day > 24) & (rng.random(len(day)) < share)
    log["prediction"] = np.where(moved, rng.random(len(day)), log["prediction"])
    plain = measure(log, metric, 36)
    assert not plain.reference_split
    assert plain.p_value < 0.05
    found = measure(optimistic(log, 9), metric, 36)
    assert found.reference_split
    assert found.by_heart


@pytest.mark.parametrize("seed", range(3))
def test_a_clear_change_is_the_incident_where_only_training_rows_are_known(seed):
    log = optimistic(split_log(seed, rows=60_000), 2)
    log = log | {"split": np.where(log["split"] == "validation", "train", log["split"])}
    wrong = (log["seconds"] > 24 * DAY) & (np.random.default_rng(seed).random(60_000) < 0.08)
    log["prediction"] = np.where(wrong, np.random.default_rng(1).random(60_000), log["prediction"])
    found = measure(log, "logloss", 39)
    assert not found.reference_split
    assert found.p_value < 1e-3


def fewer(*, served, lately):
    """Return a log whose positive answers are fewer in production than in training, and fewer yet from day 37 on."""
    log = split_log(2, rows=8000)
    day = log["seconds"] / DAY
    logit = np.log(log["prediction"] / (1 - log["prediction"]))
    logit -= served * (log["split"] == "production") + lately * (day >= 37)
    return log | {"prediction": 1 / (1 + np.exp(-logit))}


def other(log, **stated):
    with Warehouse() as warehouse:
        write_log(warehouse, MODEL, log["seconds"], **{name: log[name] for name in log if name != "seconds"})
        asked = incident("m", "positive_rate", 39.5, **stated)
        return other_reading(warehouse, SYSTEM, asked, measure_symptom(warehouse, SYSTEM, asked))


def test_production_that_was_always_off_and_then_probably_moved_has_two_readings():
    log = fewer(served=1.2, lately=1.3)
    assert measure(log, "positive_rate", 39.5).reference_split
    found = other(log)
    assert not found.reference_split
    assert abs(days_of(found.onset.at) - 37) < 1


def test_where_either_is_sure_or_something_is_stated_there_is_one_reading():
    assert other(fewer(served=0.0, lately=1.3)) is None
    assert other(fewer(served=1.2, lately=0.0)) is None
    assert other(fewer(served=1.2, lately=1.3), started_at=37) is None
    assert other(fewer(served=1.2, lately=1.3), baseline=(18, 36)) is None


def test_the_second_reading_is_never_the_first_again():
    production = measure(fewer(served=1.2, lately=2.2), "positive_rate", 39.5)
    log = fewer(served=1.2, lately=1.3)
    with Warehouse() as warehouse:
        write_log(warehouse, MODEL, log["seconds"], **{name: log[name] for name in log if name != "seconds"})
        asked = incident("m", "positive_rate", 39.5)
        first = replace(production, reference_split=False)
        assert other_reading(warehouse, SYSTEM, asked, first).reference_split


@pytest.mark.parametrize("stated", ["up", "down"])
def test_training_rows_of_another_mix_turn_no_direction(stated):
    # twice as many positives in training than ever in production, as when classes were balanced
    log = fewer(served=1.2, lately=0.0)
    found = measure(log, "positive_rate", 39.5, direction=stated)
    assert found.incident.direction == stated
