"""What a model answered, as numbers: probabilities where they are logged, else votes."""

from dataclasses import replace

import numpy as np
import pytest

from candidates.measures.answers import answers_of
from schemas.evidence import Rows

SAID = np.array([0.0, 1, 2, 0, 1, np.nan])
PROBA = np.array([[0.8, 0.1, 0.1], [0.3, 0.6, 0.1], [0.0, 0.1, 0.9], [0.2, 0.7, 0.1], [0.1, 0.8, 0.1], [1, 0, 0]])


def rows(names=("a", "b", "c"), proba=PROBA, said=SAID):
    n = len(said)
    late = np.arange(n) >= n // 2
    return Rows(
        after=late,
        ts=np.full(n, np.datetime64("2026-01-01", "us")),
        version=np.full(n, "", dtype=object),
        prediction=said,
        label=np.zeros(n),
        score=np.zeros(n),
        bins={},
        values={},
        classes=names,
        proba=proba,
    )


@pytest.mark.parametrize("task", ["binary", "regression", "ranking"])
def test_one_number_is_its_own_answer(task):
    found = answers_of(rows(), task, "brier")
    assert found.scale == task
    assert found.value is not None
    assert found.value[:5].tolist() == SAID[:5].tolist()


def test_classes_alone_are_votes():
    found = answers_of(rows(proba=None), "multiclass", "accuracy")
    assert found.scale == "votes"
    assert found.value[:2].tolist() == [[1, 0, 0], [0, 1, 0]]
    assert np.isnan(found.value[5]).all()


def test_a_metric_of_probabilities_reads_them_as_they_are():
    found = answers_of(rows(), "multiclass", "logloss")
    assert found.scale == "multiclass"
    assert found.value[:5] == pytest.approx(PROBA[:5])


def test_a_metric_of_classes_reads_the_class_that_was_answered():
    found = answers_of(rows(), "multiclass", "accuracy").value
    assert found[3] == pytest.approx([0.7, 0.2, 0.1])
    assert found[:5].argmax(axis=1).tolist() == SAID[:5].tolist()
    tied = np.where(np.arange(6)[:, None] == 4, [[0.5, 0.5, 0.0]], PROBA)
    assert answers_of(rows(proba=tied), "multiclass", "f1").value[:5].argmax(axis=1).tolist() == SAID[:5].tolist()


def test_probabilities_of_few_rows_are_not_read():
    gone = PROBA.copy()
    gone[3:5] = np.nan
    assert answers_of(rows(proba=gone), "multiclass", "logloss").scale == "votes"


def test_a_row_without_probabilities_gets_those_of_its_class():
    proba = np.repeat(PROBA, 20, axis=0)
    proba[45] = np.nan
    found = answers_of(rows(proba=proba, said=np.repeat(SAID, 20)), "multiclass", "logloss").value
    assert found[45].argmax() == 2
    assert found[45].sum() == pytest.approx(1.0)
    assert found[44] == pytest.approx(PROBA[2])


def test_probabilities_add_up_to_one():
    found = answers_of(rows(proba=2 * PROBA), "multiclass", "brier").value
    assert found[:5].sum(axis=1) == pytest.approx(np.ones(5))


def test_a_class_beyond_the_logged_probabilities_is_an_answer_too():
    found = answers_of(rows(proba=PROBA[:, :2]), "multiclass", "accuracy").value
    assert found.shape == (6, 3)
    assert found[2].argmax() == 2


@pytest.mark.parametrize(
    ("names", "number"),
    [(("1", "2.5", "-3"), [1, 2.5, -3]), (("1", "two", "inf"), [1, np.nan, np.nan]), (("a", "b", "c", "new"), None)],
)
def test_the_numbers_of_classes_are_their_names_or_tell_the_one_that_moved(names, number):
    given = rows(names, said=np.array([0.0, 2, 2, 0, 1, 1]))
    found = answers_of(replace(given, proba=None), "multiclass", "prediction_mean").number
    assert found == pytest.approx([0, 1, 0, 0] if number is None else number, nan_ok=True)
