"""Metrics over weighted rows, against values worked out by hand or by counting pairs."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from candidates.measures.links import link, unlink
from candidates.measures.scores import PREDICTION_METRICS, metric_function

P = np.array([0.9, 0.6, 0.4, 0.4])
Y = np.array([1.0, 0.0, 1.0, 0.0])
W = np.array([1.0, 2.0, 1.0, 4.0])
ONES = np.ones(4)

BY_HAND = [
    ("brier", ONES, (0.01 + 0.36 + 0.36 + 0.16) / 4),
    ("brier", W, (0.01 + 2 * 0.36 + 0.36 + 4 * 0.16) / 8),
    ("logloss", ONES, -(math.log(0.9) + math.log(0.4) + math.log(0.4) + math.log(0.6)) / 4),
    ("accuracy", ONES, 2 / 4),
    ("accuracy", W, 5 / 8),
    ("f1", ONES, 2 * 1 / (2 + 2)),
    ("f1", W, 2 * 1 / (3 + 2)),
    ("positive_rate", W, 3 / 8),
    ("prediction_mean", W, (0.9 + 1.2 + 0.4 + 1.6) / 8),
    ("mae", W, (0.1 + 2 * 0.6 + 0.6 + 4 * 0.4) / 8),
    ("rmse", ONES, math.sqrt((0.01 + 0.36 + 0.36 + 0.16) / 4)),
    ("bias", ONES, (2.3 - 2) / 4),
    ("estimated_accuracy", ONES, (0.9 + 0.6 + 0.6 + 0.6) / 4),
    # pairs: (.9 > .6), (.9 > .4), (.4 < .6), (.4 = .4)
    ("auc", ONES, (1 + 1 + 0 + 0.5) / 4),
    ("auc", W, (2 + 4 + 0 + 2) / 12),
]


@pytest.mark.parametrize(("metric", "weight", "value"), BY_HAND)
def test_binary_metrics_by_hand(metric, weight, value):
    assert metric_function(metric, "binary", 0.5)(P, Y, weight) == pytest.approx(value)


def test_the_threshold_counts():
    assert metric_function("positive_rate", "binary", 0.4)(P, Y, ONES) == 1.0
    assert metric_function("accuracy", "binary", 0.7)(P, Y, ONES) == 0.75


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 5), st.booleans(), st.integers(1, 4)), min_size=2, max_size=25).filter(
        lambda rows: 0 < sum(y for _, y, _ in rows) < len(rows)
    )
)
def test_auc_counts_pairs_with_weights_and_ties(rows):
    p, y, w = (np.array(part, dtype=float) for part in zip(*rows, strict=True))
    pairs = [
        (w[i] * w[j], float(p[i] > p[j]) + 0.5 * float(p[i] == p[j]))
        for i in np.flatnonzero(y == 1)
        for j in np.flatnonzero(y == 0)
    ]
    expected = sum(v * won for v, won in pairs) / sum(v for v, _ in pairs)
    assert metric_function("auc", "binary", 0.5)(p, y, w) == pytest.approx(expected)


@pytest.mark.parametrize("metric", ["auc", "brier", "logloss", "f1", "mae", "rmse", "prediction_mean", "accuracy"])
def test_a_weight_of_two_is_a_row_twice(metric):
    judge = metric_function(metric, "binary", 0.5)
    twice = np.array([0, 0, 1, 2, 2, 3])
    assert judge(P, Y, np.array([2.0, 1, 2, 1])) == pytest.approx(judge(P[twice], Y[twice], np.ones(6)))


def test_expected_auc_is_the_auc_over_all_outcomes():
    p = np.array([0.8, 0.3])
    wins = 0.8 * (0.5 * 0.2 + 0.7) + 0.3 * 0.5 * 0.7
    assert metric_function("estimated_auc", "binary", 0.5)(p, Y[:2], np.ones(2)) == pytest.approx(wins / (1.1 * 0.9))


@pytest.mark.parametrize("metric", ["auc", "f1", "brier"])
def test_what_cannot_be_computed_is_nan(metric):
    assert math.isnan(metric_function(metric, "binary", 0.5)(P[2:] * 0, np.zeros(2), np.zeros(2)))


@pytest.mark.parametrize(
    ("task", "metric", "same_as"),
    [("binary", "null_rate", "brier"), ("regression", "unheard_of", "mae"), ("regression", "auc", "mae")],
)
def test_other_names_fall_back_on_the_tasks_loss(task, metric, same_as):
    assert metric_function(metric, task, 0.5)(P, Y, W) == metric_function(same_as, task, 0.5)(P, Y, W)


def test_multiclass_compares_classes():
    said, true = np.array([0.0, 2, 1]), np.array([0.0, 1, 1])
    assert metric_function("accuracy", "multiclass", 0.5)(said, true, np.ones(3)) == pytest.approx(2 / 3)
    assert metric_function("prediction_mean", "multiclass", 0.5)(said, true, np.ones(3)) == 1.0


@pytest.mark.parametrize("metric", sorted(PREDICTION_METRICS))
def test_prediction_metrics_read_no_label(metric):
    judge = metric_function(metric, "binary", 0.5)
    assert judge(P, np.full(4, np.nan), W) == judge(P, Y, W)


@given(st.floats(1e-5, 1 - 1e-5))
def test_link_and_unlink_are_inverse(p):
    assert unlink(link(np.array([p]), "binary"), "binary")[0] == pytest.approx(p, rel=1e-9)
    assert unlink(link(np.array([p]), "regression"), "regression")[0] == p


def test_link_is_finite_at_certainty():
    assert np.isfinite(link(np.array([0.0, 1.0]), "binary")).all()
