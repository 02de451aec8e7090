"""Metrics of several classes over sampled rows, against the SQL over the whole log and against repeated rows."""

from datetime import timedelta

import numpy as np
import pytest

from candidates.measures.answers import answers_of
from candidates.measures.class_scores import decided
from candidates.measures.scores import PREDICTION_METRICS, metric_function
from rca.evidence.rows import read_rows
from rca.metrics import metric_value
from rca.profile import update_profile
from rca.warehouse import Warehouse
from schemas.evidence import Window
from schemas.system import Node
from tests.rca.metrics.logs import START, write_log

NODE = Node(id="m", kind="model", task="multiclass")
ROWS = 400
ALL = Window(START, START + timedelta(days=1))
EARLIER = Window(START - timedelta(days=1), START)
ON_PROBABILITIES = ("logloss", "brier", "auc", "estimated_auc", "estimated_accuracy")
ON_CLASSES = ("accuracy", "f1")
ON_NUMBERS = ("mae", "rmse", "bias", "prediction_mean")


def drawn(names, seed=0, overruled=0.1, stranger="zz"):
    """Return what a model with the named classes logged: answers now and then overruled, some labels new or unknown."""
    rng = np.random.default_rng(seed)
    # rounded, so that some are tied
    probability = np.round(rng.dirichlet(np.ones(len(names)), ROWS), 2)
    probability /= probability.sum(axis=1, keepdims=True)
    said = np.where(rng.random(ROWS) < overruled, rng.integers(0, len(names), ROWS), probability.argmax(axis=1))
    true = np.where(rng.random(ROWS) < 0.6, said, rng.integers(0, len(names) - 1, ROWS))
    kinds = rng.random(ROWS)
    label = [None if u < 0.1 else stranger if u < 0.15 else names[k] for k, u in zip(true, kinds, strict=True)]
    return [names[k] for k in said], label, {f"proba_{name}": probability[:, k] for k, name in enumerate(names)}


def both(metrics, prediction, label, **logged):
    """Return metric -> (value over sampled rows, value by SQL) of a log."""
    out = {}
    with Warehouse() as warehouse:
        columns = {"prediction": prediction, "label": label, "x": np.arange(ROWS) * 1.0} | logged
        write_log(warehouse, NODE, np.arange(ROWS) * 60.0, **columns)
        update_profile(warehouse)
        rows = read_rows(warehouse, NODE, EARLIER, ALL, "0")
        for metric in metrics:
            answers = answers_of(rows, "multiclass", metric)
            fine = np.isfinite(rows.prediction) & (np.isfinite(rows.label) | (metric in PREDICTION_METRICS))
            judge = answers.metric(metric, 0.5)
            sampled = judge(answers.value[fine], rows.label[fine], np.ones(int(fine.sum())))
            out[metric] = (sampled, metric_value(warehouse, NODE, metric, ALL))
    return out


@pytest.mark.parametrize("seed", range(3))
def test_probabilities_are_judged_as_by_the_whole_log(seed):
    prediction, label, logged = drawn(("b", "a", "d", "c"), seed)
    found = both((*ON_PROBABILITIES, *ON_CLASSES), prediction, label, **logged)
    assert {m: sampled for m, (sampled, _) in found.items()} == pytest.approx({m: v for m, (_, v) in found.items()})


def test_classes_alone_are_judged_as_by_the_whole_log():
    prediction, label, _ = drawn(("b", "a", "d", "c"))
    found = both(ON_CLASSES, prediction, label)
    assert {m: sampled for m, (sampled, _) in found.items()} == pytest.approx({m: v for m, (_, v) in found.items()})


@pytest.mark.parametrize("logs_probabilities", [True, False])
def test_classes_that_are_numbers_have_errors_and_a_mean(logs_probabilities):
    prediction, label, logged = drawn(("10", "2", "30.5", "odd"), stranger="7")
    found = both(ON_NUMBERS, prediction, label, **(logged if logs_probabilities else {}))
    assert {m: sampled for m, (sampled, _) in found.items()} == pytest.approx({m: v for m, (_, v) in found.items()})


P = np.array([[0.7, 0.2, 0.1], [0.1, 0.5, 0.4], [0.2, 0.2, 0.6], [0.4, 0.35, 0.25]])
Y = np.array([0.0, 2, 2, 3])
TWICE = np.array([0, 0, 1, 2, 2, 3])


@pytest.mark.parametrize("metric", [*ON_PROBABILITIES, *ON_CLASSES, *ON_NUMBERS])
def test_a_weight_of_two_is_a_row_twice(metric):
    judge = metric_function(metric, "multiclass", 0.5)
    assert judge(P, Y, np.array([2.0, 1, 2, 1])) == pytest.approx(judge(P[TWICE], Y[TWICE], np.ones(6)))


@pytest.mark.parametrize("metric", [*ON_CLASSES, *ON_NUMBERS])
def test_whole_votes_are_classes(metric):
    of_votes, of_classes = metric_function(metric, "votes", 0.5), metric_function(metric, "multiclass", 0.5)
    assert of_votes(decided(P), Y, np.ones(4)) == pytest.approx(of_classes(P, Y, np.ones(4)))


def test_half_a_vote_is_half_an_answer():
    votes, label = np.array([[0.5, 0.5, 0.0], [0.0, 1.0, 0.0]]), np.array([0.0, 1.0])
    assert metric_function("accuracy", "votes", 0.5)(votes, label, np.ones(2)) == 0.75
    # class 0: hits 0.5, said 0.5, true 1; class 1: hits 1, said 1.5, true 1
    assert metric_function("f1", "votes", 0.5)(votes, label, np.ones(2)) == pytest.approx((1 / 1.5 + 2 / 2.5) / 2)


@pytest.mark.parametrize("metric", [*ON_PROBABILITIES, *ON_CLASSES, *ON_NUMBERS])
def test_no_rows_have_no_value(metric):
    assert np.isnan(metric_function(metric, "multiclass", 0.5)(P[:0], Y[:0], np.ones(0)))


def test_metrics_that_mean_nothing_for_classes_fall_back_on_accuracy():
    judged = [metric_function(name, "multiclass", 0.5)(P, Y, np.ones(4)) for name in ("null_rate", "accuracy")]
    assert judged[0] == judged[1] == 0.5
