"""One model, diagnosed: which column moved, what it explains, whether the function changed."""

from dataclasses import replace

import numpy as np
import pytest

from candidates.measures.diagnosis import diagnose
from tests.candidates.faults import evidence, healthy
from tests.candidates.scenes import evidence_of, rescored


def columns(*faults, metric="logloss", node="scorer"):
    return diagnose(evidence(*faults, metric=metric), node).columns


def test_importance_follows_the_models_weights_and_sums_to_one():
    found = columns("none")
    assert sum(c.importance for c in found.values()) == pytest.approx(1.0, abs=0.05)
    assert found["amount"].importance > found["temp"].importance > found["follower"].importance
    assert found["noise"].importance < 0.01


def test_the_metric_is_read_on_both_sides():
    found = diagnose(evidence("nulls"), "scorer")
    assert found.before == pytest.approx(evidence("nulls").symptom.baseline_value, rel=0.02)
    assert found.after == pytest.approx(evidence("nulls").symptom.value, rel=0.02)
    assert found.metric == "logloss"


def test_a_model_further_up_is_judged_by_its_mean_prediction():
    assert diagnose(evidence("nulls"), "embedder").metric == "prediction_mean"


@pytest.mark.parametrize(
    ("fault", "column", "estimate"),
    [("times 100", "amount", "repair"), ("nulls", "amount", "redo"), ("sentinel", "temp", "drop")],
)
def test_the_estimates_single_out_the_wrong_column(fault, column, estimate):
    found = columns(fault)
    assert getattr(found[column], estimate) > 0.6
    unrelated = {name: getattr(found[name], estimate) for name in ("country", "noise", "score")}
    assert not any(share > 0.2 for share in unrelated.values()), unrelated


def test_a_misjoined_column_lost_its_relation_and_no_other_did_as_much():
    found = columns("misjoined")
    assert found["temp"].relation_loss > 0.8
    assert found["temp"].shift.strength < 4
    assert all(c.relation_loss < 0.8 for name, c in found.items() if name != "temp")
    assert all(c.relation_loss == 0 for c in columns("drift", metric="prediction_mean").values())


def test_a_column_that_no_longer_says_anything_of_the_label_is_told():
    scene = healthy()
    log = scene["scorer"]
    shuffled = log.columns["score"].copy()
    shuffled[log.late] = np.random.default_rng(0).permutation(shuffled[log.late])
    # the log keeps the predictions made from the shuffled column; labels follow the true one
    given = evidence_of(rescored(scene, score=shuffled))
    found = diagnose(given, "scorer").columns
    assert found["score"].label_loss > 0.5
    assert all(c.label_loss == 0 for name, c in found.items() if name != "score")


def test_the_resampled_column_leads():
    found = columns("drift", metric="prediction_mean")
    assert found["amount"].leads == 1.0
    assert max(found["follower"].leads, found["temp"].leads) < 1.0
    assert columns("nulls")["amount"].leads == 1.0


@pytest.mark.parametrize(
    ("fault", "moved"), [("worse version", True), ("none", False), ("harmless version", False), ("misjoined", False)]
)
def test_whether_the_function_changed(fault, moved):
    assert diagnose(evidence(fault), "scorer").function_moved is moved


@pytest.mark.parametrize("fault", ["upstream version", "bad input upstream"])
def test_whether_the_upstream_models_function_changed(fault):
    given = evidence(fault, metric="prediction_mean")
    assert diagnose(given, "embedder").function_moved is (fault == "upstream version")


def test_columns_without_relations_lose_none_however_many_they_are():
    log, rng = healthy()["scorer"], np.random.default_rng(9)
    noise = {f"n{i}": rng.normal(size=len(log.day)) for i in range(40)}
    given = evidence_of({"scorer": replace(log, columns=dict(log.columns) | noise)})
    assert {n: c.relation_loss for n, c in diagnose(given, "scorer").columns.items() if c.relation_loss > 0.2} == {}


def test_familiar_rows_hold_only_values_seen_before():
    assert diagnose(evidence("none"), "scorer").familiar > 0.9
    assert diagnose(evidence("sentinel"), "scorer").familiar == pytest.approx(0.4, abs=0.05)


def test_it_is_made_once_and_too_few_rows_or_no_log_are_none():
    given = evidence("nulls")
    assert diagnose(given, "scorer") is diagnose(given, "scorer")
    assert diagnose(given, "payments") is None
    few = healthy()["scorer"]
    kept = np.arange(len(few.day)) % 200 == 0
    thin = replace(
        few,
        columns={name: values[kept] for name, values in few.columns.items()},
        **{name: getattr(few, name)[kept] for name in ("prediction", "label", "day", "version")},
    )
    assert diagnose(evidence_of({"scorer": thin}), "scorer") is None
