"""Equal inputs, logged in training and in serving."""

from dataclasses import replace

import numpy as np

from candidates.measures.parity import check_parity
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
