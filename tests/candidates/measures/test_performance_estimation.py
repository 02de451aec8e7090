"""Expected metrics equal the algorithm of NannyML's documentation, step by step, and realised metrics on average."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from candidates.measures.performance_estimation import (
    binary_performance,
    cbpe,
    cbpe_multiclass,
    multiclass_performance,
)
from candidates.measures.scores import metric_function

PROBABILITIES = st.lists(st.integers(1, 19).map(lambda k: k / 20), min_size=2, max_size=30).map(np.array)


def documented_auc(p):
    """Steps 1 to 11: every threshold, every prediction; then the trapezoid rule."""
    rates = [(0.0, 0.0)]
    for threshold in sorted(set(p), reverse=True):
        answer = (p >= threshold).astype(float)
        wrong = np.abs(answer - p)
        tp, fp = ((1 - wrong) * answer).sum(), (wrong * answer).sum()
        tn, fn = ((1 - wrong) * (1 - answer)).sum(), (wrong * (1 - answer)).sum()
        rates.append((fp / (fp + tn), tp / (tp + fn)))
    x, y = np.array(rates).T
    return float(np.trapezoid(y, x))


@settings(max_examples=80, deadline=None)
@given(PROBABILITIES, st.sampled_from([0.3, 0.5, 0.8]))
def test_binary_metrics_are_those_of_the_documentation(p, threshold):
    answer = p >= threshold
    found = binary_performance(p, answer)
    wrong = np.abs(answer - p)
    tp, fp = (1 - wrong)[answer].sum(), wrong[answer].sum()
    tn, fn = (1 - wrong)[~answer].sum(), wrong[~answer].sum()
    assert found.confusion == pytest.approx(np.array([[tn, fp], [fn, tp]]))
    assert found.accuracy == pytest.approx((tp + tn) / len(p))
    assert found.f1 == pytest.approx(2 * tp / (2 * tp + fp + fn))
    assert found.auc == pytest.approx(documented_auc(p))


def test_multiclass_metrics_are_means_over_classes():
    rng = np.random.default_rng(0)
    p = rng.dirichlet([1, 2, 3], 50)
    answer = rng.integers(0, 3, 50)
    found = multiclass_performance(p, answer)
    each = [binary_performance(p[:, k], answer == k) for k in range(3)]
    assert found.accuracy == pytest.approx(p[np.arange(50), answer].mean())
    assert found.f1 == pytest.approx(np.mean([one.f1 for one in each]))
    assert found.auc == pytest.approx(np.mean([one.auc for one in each]))
    assert found.confusion.sum() == pytest.approx(50)
    assert found.confusion[:, 1] == pytest.approx(p[answer == 1].sum(axis=0))


def shifted(rng, rows, a, b):
    """Return miscalibrated scores of a model and its labels, for inputs spread as Beta(a, b)."""
    p = rng.beta(a, b, rows)
    return p**2, (rng.random(rows) < p).astype(float)


def test_under_a_shift_of_the_inputs_the_estimate_meets_what_came_true():
    rng = np.random.default_rng(1)
    before, label = shifted(rng, 20_000, 1, 1)
    after, truth = shifted(rng, 20_000, 5, 3)
    found = cbpe(before, label, after, threshold=0.25)
    assert found.calibrated
    for name, metric in (("accuracy", "accuracy"), ("f1", "f1"), ("auc", "auc")):
        realised = metric_function(metric, "binary", 0.25)(after, truth, np.ones(len(after)))
        assert getattr(found.after, name) == pytest.approx(realised, abs=0.015)
        assert found.change[name] == pytest.approx(getattr(found.after, name) - getattr(found.before, name))
    assert found.change["auc"] < -0.05


def test_changed_outcomes_do_not_show_as_the_docstring_warns():
    rng = np.random.default_rng(2)
    before, label = shifted(rng, 10_000, 1, 1)
    after = shifted(rng, 10_000, 1, 1)[0]  # whatever their labels would be
    assert abs(cbpe(before, label, after).change["auc"]) < 0.02


def test_unknown_labels_and_scores_are_left_out():
    rng = np.random.default_rng(3)
    before, label = shifted(rng, 3000, 1, 1)
    holes = np.r_[before, np.nan, 0.5], np.r_[label, 1.0, np.nan]
    whole = cbpe(before, label, before)
    assert cbpe(*holes, np.r_[before, np.nan]).after.confusion == pytest.approx(whole.after.confusion)


def test_classes_are_calibrated_each_by_itself():
    rng = np.random.default_rng(4)
    true = rng.dirichlet([1, 1, 1], 20_000)
    label = (true.cumsum(axis=1) < rng.random((20_000, 1))).sum(axis=1)
    score = true**2 / (true**2).sum(axis=1, keepdims=True)  # overconfident
    half = slice(0, 10_000), slice(10_000, None)
    answers = [score[part].argmax(axis=1) for part in half]
    found = cbpe_multiclass(score[half[0]], label[half[0]], score[half[1]], (answers[0], answers[1]))
    realised = (answers[1] == label[half[1]]).mean()
    raw = multiclass_performance(score[half[1]], answers[1]).accuracy
    assert found.calibrated
    assert abs(found.after.accuracy - realised) < 0.02 < abs(raw - realised)


def test_nothing_to_estimate_and_nonsense():
    empty = binary_performance(np.array([]), np.array([], dtype=bool))
    assert np.isnan([empty.accuracy, empty.f1, empty.auc]).all()
    with pytest.raises(ValueError, match="probabilities must be finite"):
        binary_performance(np.array([np.nan]), np.array([True]))
