"""What-if questions about a model of several classes, with and without logged probabilities."""

import numpy as np
import pytest

from candidates.measures.diagnosis import diagnose
from candidates.measures.laboratory import Laboratory
from candidates.measures.served_function import function_change
from candidates.measures.shifts import measure_shift
from candidates.measures.sides import MAX_CELLS, MAX_ROWS, most_rows
from candidates.measures.what_if import column_of, mix, redo, repair
from tests.candidates.classes import evidence_of_classes

LOGS = pytest.mark.parametrize("logged", [True, False], ids=["probabilities", "classes only"])


def laboratory(*faults, metric="accuracy", **options):
    given = evidence_of_classes(*faults, metric=metric, **options)
    model = given.models["scorer"]
    shifts = {key: measure_shift(profile, given.symptom) for key, profile in model.columns.items()}
    return Laboratory(model, model.rows, shifts, metric), shifts


def share(lab, column, how, *more, **options):
    return how(lab, column_of(lab, lab.block((column,))), *more, **options) / lab.change()


@LOGS
@pytest.mark.parametrize("metric", ["accuracy", "f1", "prediction_mean"])
def test_the_metric_is_the_symptoms_and_outputs_as_logged_change_nothing(metric, logged):
    lab, _ = laboratory("nulls", metric=metric, logged=logged)
    given = evidence_of_classes("nulls", metric=metric, logged=logged)
    assert (lab.before, lab.after) == pytest.approx((given.symptom.baseline_value, given.symptom.value))
    assert lab.value(lab.window, lab.edited(1, np.zeros_like(lab.window.output))) == pytest.approx(lab.after)


@pytest.mark.parametrize("metric", ["logloss", "brier", "auc", "estimated_accuracy", "estimated_auc"])
def test_probabilities_as_logged_change_nothing(metric):
    lab, _ = laboratory("nulls", metric=metric)
    assert lab.value(lab.window, lab.edited(1, np.zeros_like(lab.window.output))) == pytest.approx(lab.after)


@LOGS
def test_the_stand_in_has_an_effect_per_class(logged):
    lab, _ = laboratory("none", logged=logged, classes=4)
    assert lab.effect.shape == (int(lab.surrogate.start[-1]), 4)
    assert lab.surrogate.r2 > (0.97 if logged else 0.75)
    importance = dict(zip(lab.keys, lab.surrogate.importance, strict=True))
    assert importance["amount"] > importance["follower"] > importance["noise"]


@LOGS
@pytest.mark.parametrize("fault", ["times 100", "nulls", "frozen"])
def test_repair_undoes_a_fault_in_its_column_and_nowhere_else(fault, logged):
    lab, _ = laboratory(fault, logged=logged)
    assert share(lab, "amount", repair) > 0.4
    assert abs(share(lab, "noise", repair)) < 0.05


@pytest.mark.parametrize("metric", ["accuracy", "logloss", "auc", "f1"])
def test_redo_puts_the_fault_into_the_baseline(metric):
    lab, shifts = laboratory("nulls", metric=metric)
    rng = np.random.default_rng(0)
    assert share(lab, "amount", redo, shifts["amount"], shuffled=0.0, rng=rng) == pytest.approx(1.0, abs=0.35)
    assert abs(share(lab, "noise", redo, shifts["noise"], shuffled=0.0, rng=rng)) < 0.1


@LOGS
def test_mix_of_a_real_drift_is_all_of_it(logged):
    lab, shifts = laboratory("drift", metric="prediction_mean", logged=logged)
    assert share(lab, "amount", mix, shifts["amount"]) == pytest.approx(1.0, abs=0.15)


@LOGS
def test_the_old_function_undoes_a_worse_version(logged):
    found = function_change(laboratory("worse version", logged=logged)[0], 86_400.0)
    assert found.ratio > 2
    assert found.bend > 0.5
    same = function_change(laboratory("none", logged=logged)[0], 86_400.0)
    assert same.ratio < 1.3
    assert same.bend < 0.5


@pytest.mark.parametrize("metric", ["accuracy", "logloss", "f1", "auc"])
def test_a_misjoined_column_lost_its_relation_or_its_say_on_the_label(metric):
    found = diagnose(evidence_of_classes("misjoined", metric=metric), "scorer").columns
    assert found["temp"].relation_loss > 0.8
    assert max(found[name].label_loss for name in ("country", "score", "noise", "amount")) == 0


def test_a_label_that_is_never_answered_is_an_error():
    lab, _ = laboratory("none", new_label=0.5)
    usual, _ = laboratory("none")
    assert lab.base.output.shape[1] == 3
    assert lab.after == pytest.approx(0.5 * usual.after, abs=0.03)
    assert np.isfinite([lab.change(), function_change(lab, 86_400.0).undone]).all()


def test_many_classes_get_fewer_rows():
    assert most_rows(1) == most_rows(10) == MAX_ROWS
    assert most_rows(64) * 64 == MAX_CELLS
    assert most_rows(10_000) == 1_500
