"""Equal inputs, logged in training and in serving."""

from dataclasses import replace

import numpy as np
import pytest

from candidates.measures.parity import check_parity, reread
from candidates.measures.surrogate import fit_surrogate
from tests.candidates.scenes import logs, model_of


def repeated(shift):
    """Return a model whose window holds some of the baseline's rows again, answered with a shift."""
    log = logs()["scorer"]
    late, early = np.flatnonzero(log.late), np.flatnonzero(~log.late)
    columns = {name: values.copy() for name, values in log.columns.items()}
    prediction = log.prediction.copy()
    again = late[:200]
    for values in columns.values():
        values[again] = values[early[:200]]
    prediction[again] = np.clip(prediction[early[:200]] + shift, 0, 1)
    return model_of("scorer", replace(log, columns=columns, prediction=prediction))


def test_equal_inputs_with_equal_answers_are_at_parity():
    model = repeated(0.0)
    found = check_parity(model, model.rows)
    assert found.pairs >= 190
    assert found.broken == 0


def test_equal_inputs_with_other_answers_are_not():
    model = repeated(0.2)
    assert check_parity(model, model.rows).broken > 0.9


def test_without_equal_inputs_nothing_is_known():
    model = model_of("scorer", logs()["scorer"])
    found = check_parity(model, model.rows)
    assert not found.known
    assert found.broken == 0


@pytest.mark.parametrize("outputs", [1, 3])
def test_the_column_that_is_read_otherwise_makes_the_change_of_the_function(outputs):
    rng = np.random.default_rng(2)
    bins = rng.integers(0, 5, (4000, 3))
    index = bins + np.array([0, 5, 10])
    weight = rng.normal(size=(3, outputs))

    def answer(sign):
        said = np.stack([(bins * weight[:, k] * np.array([1, sign, 1])).sum(axis=1) for k in range(outputs)], axis=1)
        said = said + 0.1 * rng.normal(size=said.shape)
        return said if outputs > 1 else said[:, 0]

    start, held = np.array([0, 5, 10, 15]), np.arange(4000) % 4 == 3
    before = fit_surrogate(index, start, ("a", "b", "c"), answer(1), held)
    assert reread(before, index, answer(-1))["b"] > 0.95
