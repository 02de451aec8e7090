"""A slice among rows answered alike: what is degraded stands out, what only names some answers does not."""

from dataclasses import replace

import numpy as np
import pytest

from candidates.measures.row_errors import row_errors
from candidates.measures.slice_match import matched
from tests.candidates.scenes import logs, model_of

HEALTHY = logs(6000, seed=5)["scorer"]


def compared(label, inside, answer):
    rows = replace(model_of("scorer", HEALTHY).rows, label=label, prediction=answer)
    errors = row_errors(rows, "binary", "logloss")
    return matched(rows, "binary", errors, inside[errors.rows])


def outcomes(answer, seed=0):
    return (np.random.default_rng(seed).random(len(answer)) < answer).astype(float)


@pytest.fixture
def answer():
    return np.random.default_rng(3).beta(1, 3, len(HEALTHY.day))


def test_a_slice_whose_outcomes_are_shuffled_stands_out_among_rows_answered_alike(answer):
    inside = HEALTHY.columns["country"] == "de"
    label = outcomes(answer)
    hit = np.flatnonzero(inside & HEALTHY.late)
    label[hit] = np.random.default_rng(1).permutation(label[hit])
    assert compared(label, inside, answer) > 0.8


def test_a_range_of_the_answer_whose_errors_grow_everywhere_is_no_slice(answer):
    # one in three positives is no longer recorded: the more rows of them, the greater the answer
    label = np.where(HEALTHY.late & (np.random.default_rng(2).random(len(answer)) < 0.33), 0.0, outcomes(answer))
    nearly = answer + np.random.default_rng(4).normal(scale=0.05, size=len(answer)) > 0.3
    assert compared(label, nearly, answer) < 0.7


def test_a_slice_with_no_rows_answered_alike_cannot_be_told(answer):
    hit = HEALTHY.late & (answer > 0.4)
    label = np.where(hit, 1 - outcomes(answer), outcomes(answer))
    assert compared(label, answer > 0.4, answer) < 0.3


def test_nothing_grew(answer):
    assert compared(outcomes(answer), HEALTHY.columns["country"] == "de", answer) <= 1.0
    assert compared(outcomes(answer), np.zeros(len(answer), dtype=bool), answer) == 0.0
