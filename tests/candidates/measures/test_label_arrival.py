"""Labels that are late, early or missing, and those of recent rows that are merely not known yet."""

from dataclasses import replace

import numpy as np
import pytest

from candidates.measures.label_arrival import coverage, latest, settled
from candidates.measures.labels import FEWER, label_signs
from tests.laws.worlds import logged, make_evidence, make_model

X, PREDICTION, LABEL, DAY = logged(6000)
MODEL = make_model(X, PREDICTION, LABEL, DAY)
ROWS = MODEL.rows
AGE = (ROWS.ts.max() - ROWS.ts) / np.timedelta64(1, "D")
RNG = np.random.default_rng(5)
DELAY = RNG.uniform(1.4, 2.0, len(AGE))


def arrived(delay, *, logged_delay=True):
    """Return the rows as they look when only labels that took less than the row's age are known."""
    known = delay < AGE
    label = np.where(known, ROWS.label, np.nan)
    return replace(ROWS, label=label, label_delay=np.where(known, delay, np.nan) if logged_delay else None)


def mechanisms(rows):
    return {sign.mechanism for sign in label_signs_of(rows)}


def label_signs_of(rows):
    model = replace(MODEL, rows=rows)
    return label_signs(make_evidence(model), model, None)


@pytest.mark.parametrize("logged_delay", [True, False])
def test_recent_rows_whose_labels_are_not_due_are_not_missing(logged_delay):
    rows = arrived(DELAY, logged_delay=logged_delay)
    found = coverage(rows, "binary")
    assert np.isfinite(rows.label[rows.after]).mean() < 0.9
    assert (found.before, found.after) == pytest.approx((1.0, 1.0), abs=0.01)
    assert not mechanisms(rows)


@pytest.mark.parametrize("logged_delay", [True, False])
def test_labels_that_never_come_are_missing_among_the_settled_rows(logged_delay):
    rows = arrived(np.where(ROWS.after & (RNG.random(len(AGE)) < 0.4), 1e3, DELAY), logged_delay=logged_delay)
    found = coverage(rows, "binary")
    assert found.after == pytest.approx(0.6, abs=0.2)
    assert found.z > 10
    assert "labels_missing" in mechanisms(rows)


@pytest.mark.parametrize("share", [0.8, 1.1])
def test_labels_of_a_rare_outcome_that_do_not_come_are_missing_where_the_model_expected_it(share):
    likely = ROWS.prediction > np.quantile(ROWS.prediction, 0.95)
    rows = arrived(np.where(ROWS.after & likely & (RNG.random(len(AGE)) < share), 1e3, DELAY))
    found = coverage(rows, "binary")
    whole = np.isfinite(rows.label[settled(rows)]).mean()
    assert 1 - whole < FEWER
    assert found.answer == 19
    assert found.before - found.after > 0.6
    assert "labels_missing" in mechanisms(rows)


def test_late_labels_of_one_class_are_found_though_the_others_come_as_soon():
    slow = ROWS.after & (ROWS.label == 1) & (RNG.random(len(AGE)) < 0.7)
    rows = arrived(DELAY + np.where(slow, 1.5, 0.0))
    late = latest(rows, "binary")
    assert late.place == 1
    assert late.share > 0.1
    assert "label_delay" in mechanisms(rows)


def test_sooner_labels_come_from_elsewhere():
    assert mechanisms(arrived(np.where(ROWS.after, DELAY / 4, DELAY))) == {"label_source"}


def test_only_rows_of_the_window_that_are_old_enough_are_settled():
    old = settled(arrived(DELAY))
    assert (AGE[old] >= 1.9).all()
    assert ROWS.after[old].all()


def test_nothing_is_said_of_a_log_without_labels():
    empty = replace(ROWS, label=np.full(len(AGE), np.nan), label_delay=np.full(len(AGE), np.nan))
    assert latest(empty, "binary") is None
    assert not mechanisms(empty)
