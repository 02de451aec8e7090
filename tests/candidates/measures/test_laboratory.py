"""The what-if questions, each against what the true model would have said."""

from dataclasses import replace

import numpy as np
import pytest

from candidates.measures.laboratory import MAX_COLUMNS, MAX_ROWS, Laboratory
from candidates.measures.links import link
from candidates.measures.served_function import function_change
from candidates.measures.shifts import measure_shift
from candidates.measures.what_if import column_of, drop, mix, redo, repair
from tests.candidates.faults import evidence, healthy
from tests.candidates.scenes import evidence_of, score


def laboratory(*faults, metric="logloss"):
    given = evidence(*faults, metric=metric)
    model = given.models["scorer"]
    shifts = {key: measure_shift(profile, given.symptom) for key, profile in model.columns.items()}
    return Laboratory(model, model.rows, shifts, metric), shifts


def change(lab):
    return lab.value(lab.window) - lab.value(lab.base)


def share(lab, column, how, *more, **options):
    return how(lab, column_of(lab, lab.block((column,))), *more, **options) / change(lab)


def test_the_stand_in_is_close_to_the_model():
    lab, _ = laboratory("none")
    assert lab.surrogate.r2 > 0.95
    assert lab.keys == sorted(lab.keys)


@pytest.mark.parametrize("fault", ["times 100", "nulls", "sentinel", "frozen"])
def test_repair_undoes_a_fault_in_its_column_and_nowhere_else(fault):
    lab, _ = laboratory(fault)
    column = "temp" if fault == "sentinel" else "amount"
    assert share(lab, column, repair) > 0.4
    assert abs(share(lab, "noise", repair)) < 0.05


@pytest.mark.parametrize(("fault", "column"), [("nulls", "amount"), ("frozen", "amount"), ("sentinel", "temp")])
def test_redo_puts_the_fault_into_the_baseline(fault, column):
    lab, shifts = laboratory(fault)
    rng = np.random.default_rng(0)
    assert share(lab, column, redo, shifts[column], shuffled=0.0, rng=rng) == pytest.approx(1.0, abs=0.35)
    assert abs(share(lab, "noise", redo, shifts["noise"], shuffled=0.0, rng=rng)) < 0.1


def test_redo_of_a_misjoin_is_a_shuffle():
    lab, shifts = laboratory("misjoined")
    redone = [
        share(lab, "temp", redo, shifts["temp"], shuffled=part, rng=np.random.default_rng(0)) for part in (0, 0.5, 1)
    ]
    assert redone[0] < 0.2 < redone[1] < redone[2]
    assert redone[2] == pytest.approx(1.0, abs=0.35)


def test_mix_of_a_real_drift_is_all_of_it():
    lab, shifts = laboratory("drift", metric="prediction_mean")
    assert share(lab, "amount", mix, shifts["amount"]) == pytest.approx(1.0, abs=0.1)
    assert abs(share(lab, "noise", mix, shifts["noise"])) < 0.1


@pytest.mark.parametrize(("fault", "column"), [("times 100", "amount"), ("sentinel", "temp")])
def test_mix_says_nothing_where_the_new_values_were_hardly_seen(fault, column):
    lab, shifts = laboratory(fault)
    assert np.isnan(mix(lab, column_of(lab, lab.block((column,))), shifts[column]))


def test_drop_leaves_out_the_rows_never_seen():
    lab, _ = laboratory("sentinel")
    assert share(lab, "temp", drop) > 0.8
    assert np.isnan(drop(lab, column_of(lab, lab.block(("amount",)))))


def test_the_old_function_undoes_a_worse_version():
    lab, _ = laboratory("worse version")
    found = function_change(lab, 86_400.0)
    assert found.undone / change(lab) > 0.6
    assert found.ratio > 2
    assert found.energy > 0
    assert found.bend > 0.5


@pytest.mark.parametrize("fault", ["none", "harmless version"])
def test_the_same_function_is_the_same_function(fault):
    found = function_change(laboratory(fault)[0], 86_400.0)
    assert found.ratio < 1.3
    assert found.bend < 0.5


@pytest.mark.parametrize("fault", ["drift", "times 100", "nulls"])
def test_the_old_function_undoes_nothing_of_what_befell_the_inputs(fault):
    lab, _ = laboratory(fault)
    assert function_change(lab, 86_400.0).undone / change(lab) < 0.2


def test_the_effect_of_a_value_never_seen_is_learned_from_the_window():
    lab, _ = laboratory("sentinel")
    c = lab.keys.index("temp")
    below = int(lab.surrogate.start[c]) + lab.model.columns["temp"].roles.index("below")
    usual = {"amount": np.full(2, 25.0), "follower": np.zeros(2), "score": np.zeros(2)}
    usual["country"] = np.array(["it"] * 2, dtype=object)
    said = link(score(usual | {"temp": np.array([-999.0, 15.0])}), "binary")
    assert lab.surrogate.seen[below] == 0
    assert lab.effect[below] == pytest.approx(said[0] - said[1], rel=0.25)


def test_with_very_many_columns_the_telling_and_the_moved_are_kept():
    log, rng = healthy()["scorer"], np.random.default_rng(0)
    noise = {f"n{i:02}": rng.normal(size=len(log.day)) for i in range(MAX_COLUMNS + 10)}
    noise["moved"] = rng.normal(size=len(log.day)) + 2 * log.late
    many = evidence_of({"scorer": replace(log, columns=dict(log.columns) | noise)})
    model = many.models["scorer"]
    shifts = {key: measure_shift(profile, many.symptom) for key, profile in model.columns.items()}
    lab = Laboratory(model, model.rows, shifts, "logloss")
    assert len(lab.keys) == MAX_COLUMNS
    assert {"amount", "temp", "score", "country", "moved"} <= set(lab.keys)


def test_rows_are_bounded():
    lab, _ = laboratory("none")
    assert len(lab.base.output) <= MAX_ROWS
    assert len(lab.window.output) <= MAX_ROWS


def test_a_broken_column_without_influence_leaves_the_rows_familiar():
    lab, _ = laboratory("decoy nulls", "worse version")
    assert lab.unknown.any(axis=1).mean() > 0.3
    assert lab.familiar.mean() > 0.95
    assert laboratory("nulls")[0].familiar.mean() < 0.9
