"""Overfitting against an ordinary gap between training and other rows."""

from dataclasses import replace

import numpy as np
import pytest

from candidates.measures.overfitting import overfit
from tests.candidates.scenes import logs, model_of


def split_of(rows, *, validated=True):
    number = np.cumsum(~rows.after)
    return np.where(rows.after, "production", np.where(validated & (number % 3 == 0), "validation", "train"))


def judged(answer, *, validated=True):
    """Return the verdict on answers made from (log-odds, outcome, rows of the training split)."""
    log = logs()["scorer"]
    model = model_of("scorer", log)
    split = split_of(model.rows, validated=validated)
    logit = np.log(log.prediction / (1 - log.prediction))
    prediction = answer(logit, log.label, split == "train", np.random.default_rng(3))
    rows = replace(model.rows, split=split.astype(object), prediction=1 / (1 + np.exp(-prediction)))
    return overfit(replace(model, rows=rows), rows, "logloss")


def test_an_ordinary_model_does_not_overfit():
    found = judged(lambda logit, label, train, _: logit + 0.4 * (2 * label - 1) * train)
    assert found.sure == 0
    assert found.slope == pytest.approx(1, abs=0.15)


def test_a_forest_is_sure_of_its_own_rows_alone():
    found = judged(lambda logit, label, train, _: np.where(train, 2.0 * (2 * label - 1), logit))
    assert found.z > 4
    assert found.sure < 0.3


@pytest.mark.parametrize("validated", [True, False])
def test_one_that_knows_its_rows_by_heart_does(validated):
    found = judged(
        lambda logit, label, train, rng: np.where(
            train, 7 * (2 * label - 1), 2.5 * logit + 2 * rng.normal(size=len(logit))
        ),
        validated=validated,
    )
    assert found.sure > 0.8
    assert found.share > 0.8


def test_without_validation_rows_a_fault_of_serving_is_no_overfitting():
    def answer(logit, label, train, rng):
        del label
        return np.where(train, logit, rng.permutation(logit))

    assert judged(answer, validated=False).sure == 0


def test_without_validation_rows_a_model_that_a_plain_fit_beats_and_that_knew_its_own_rows_overfits():
    """Its calibration over its own rows says nothing: there it is as sure as it may be."""

    def answer(logit, label, train, rng):
        known = 2.6 * (1.3 * (2 * label - 1) + rng.normal(size=len(logit)))
        return np.where(train, known, 0.7 * rng.normal(size=len(logit)))

    assert 0.2 < judged(answer, validated=False).sure <= 0.5


def test_without_validation_rows_answers_that_are_too_sure_tell_less():
    """Of a model whose own rows are better than it says itself."""
    found = judged(lambda logit, label, train, _: np.where(train, 2.0 * (2 * label - 1), 3.0 * logit), validated=False)
    assert 0.3 < found.sure < 0.6


def test_without_training_rows_nothing_is_said():
    model = model_of("scorer", logs()["scorer"])
    assert overfit(model, model.rows, "logloss") is None
