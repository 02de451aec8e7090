"""Labels of one outcome in two logs: joined by request, equal or following from each other."""

from dataclasses import replace

import numpy as np
import pytest

from candidates.measures.label_peers import agreement
from tests.laws.worlds import logged, make_model

X, PREDICTION, LABEL, DAY = logged(6000)
MODEL = make_model(X, PREDICTION, LABEL, DAY)
# each request has its own moment
ROWS = replace(MODEL.rows, ts=MODEL.rows.ts + np.arange(len(MODEL.rows.ts)).astype("timedelta64[us]"))
RNG = np.random.default_rng(2)


def model(label, rows=ROWS, task="binary"):
    node = MODEL.node.model_copy(update={"id": "other", "task": task})
    return replace(MODEL, node=node, rows=replace(rows, label=label))


def thinned(rows, keep):
    return replace(
        rows, after=rows.after[keep], ts=rows.ts[keep], prediction=rows.prediction[keep], label=rows.label[keep]
    )


def test_labels_that_one_of_them_records_otherwise_no_longer_agree():
    changed = np.where(ROWS.after & (RNG.random(len(ROWS.label)) < 0.1), 1 - ROWS.label, ROWS.label)
    found = agreement(model(changed), model(ROWS.label))
    assert (found.before, found.after) == pytest.approx((1.0, 0.9), abs=0.03)
    assert found.z > 4


def test_a_change_of_the_outcome_itself_shows_in_both():
    changed = np.where(ROWS.after, 1 - ROWS.label, ROWS.label)
    assert agreement(model(changed), model(changed)).z == pytest.approx(0.0, abs=1e-6)


def test_a_class_that_follows_from_a_value_is_held_against_it():
    value = ROWS.label * 10 + RNG.random(len(ROWS.label))
    changed = np.where(ROWS.after & (RNG.random(len(ROWS.label)) < 0.2), 1 - ROWS.label, ROWS.label)
    found = agreement(model(changed), model(value, task="regression"))
    assert found.before >= 0.97
    assert found.z > 4


def test_requests_are_joined_by_their_moment_and_not_by_their_place():
    keep = np.flatnonzero(RNG.random(len(ROWS.label)) < 0.7)
    assert agreement(model(ROWS.label), model(ROWS.label[keep], thinned(ROWS, keep))).before == 1.0


def test_labels_that_never_agreed_say_nothing():
    assert agreement(model(ROWS.label), model(RNG.permutation(ROWS.label))) is None


def test_logs_without_a_request_in_common_say_nothing():
    late = replace(ROWS, ts=ROWS.ts + np.timedelta64(1, "ms"))
    assert agreement(model(ROWS.label), model(ROWS.label, late)) is None
