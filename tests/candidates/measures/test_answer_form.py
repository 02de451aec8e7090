"""The form of a model's answers: coarser, or one answer to many rows."""

from dataclasses import replace

import numpy as np
import pytest

from candidates.measures.answer_form import answer_form
from schemas.evidence import Rows
from schemas.system import Node

N = 1000
AFTER = np.arange(2 * N) >= N
CLASSES = Node(id="reader", kind="model", task="multiclass")


def said(default: float, *, logged: bool = True) -> Rows:
    """Return the answers of a model of three classes, of which a share of the window's are the mean of all."""
    rng = np.random.default_rng(0)
    proba = rng.dirichlet([2.0, 1.0, 1.0], 2 * N)
    proba[AFTER & (rng.random(2 * N) < default)] = proba.mean(axis=0)
    return Rows(
        after=AFTER,
        ts=np.datetime64("2026-03-01", "us") + np.arange(2 * N) * np.timedelta64(60, "s"),
        version=np.full(2 * N, "v1", dtype=object),
        prediction=proba.argmax(axis=1).astype(float),
        label=np.full(2 * N, np.nan),
        score=np.zeros(2 * N),
        bins={},
        values={},
        classes=("a", "b", "c"),
        proba=proba if logged else None,
    )


@pytest.mark.parametrize(("share", "form"), [(0.4, "spike"), (0.0, None)])
def test_a_default_answer_shows_in_the_probabilities_of_classes(share, form):
    found = answer_form(said(share), CLASSES)
    assert (found.mechanism if found else None) == form


def test_of_classes_alone_nothing_is_told():
    assert answer_form(said(0.4, logged=False), CLASSES) is None


def test_numbers_are_told_as_they_are():
    rows = said(0.4)
    numbers = replace(rows, prediction=rows.proba.max(axis=1), proba=None)
    assert answer_form(numbers, CLASSES.model_copy(update={"task": "regression"})).mechanism == "spike"
