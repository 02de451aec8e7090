"""A metric that the data cannot give is answered by the nearest one that they can."""

import numpy as np
import pytest

from rca.errors import InputError, UnknownName
from rca.symptom import measured_symptom
from rca.warehouse import Warehouse
from schemas.system import System
from tests.rca.metrics.logs import write_log
from tests.rca.metrics.test_recorded import write_cells
from tests.rca.symptom.cases import MODEL, SYSTEM, day, days_of, incident, log_of


def measured(log, metric, detected, **stated):
    with Warehouse() as warehouse:
        write_log(warehouse, MODEL, log["seconds"], **{name: log[name] for name in log if name != "seconds"})
        return measured_symptom(warehouse, SYSTEM, incident("m", metric, detected, **stated))


@pytest.fixture
def log():
    found = log_of(np.random.default_rng(0), 20_000, 30, 99)
    at = found["seconds"] / 86400
    found["prediction"] = np.where(at >= 20, 0.5 * found["prediction"], found["prediction"])
    return found


def test_without_labels_what_the_answers_say_stands_in(log):
    del log["label"]
    found = measured(log, "f1", 21.5, direction="down")
    assert found.incident.metric == "estimated_accuracy"
    assert found.incident.direction is None
    assert abs(days_of(found.onset.at) - 20) <= 2 / 24
    assert "f1 of 'm' needs labels" in found.warnings[0]
    assert "estimated_accuracy is explained in its place" in found.warnings[0]


def test_of_sums_a_loss_stands_in_before_the_mean_of_the_answers():
    with Warehouse() as warehouse:
        for hour in range(400):
            loss = 0.05 if hour < 300 else 0.2
            write_cells(warehouse, "full", [(0, 100, 80, 50.0, 40.0, 80 * loss, 80 * loss**2)], hour=hour)
        found = measured_symptom(warehouse, SYSTEM, incident("m", "auc", 13.0))
    assert found.incident.metric == "brier"
    assert found.onset.at == day(300 / 24)
    assert found.value == pytest.approx(0.2)


def test_of_a_model_without_a_task_nobody_knows_which_loss_was_summed():
    model = MODEL.model_copy(update={"task": None})
    with Warehouse() as warehouse:
        for hour in range(400):
            write_cells(warehouse, "full", [(0, 100, 80, 50.0 if hour < 300 else 70.0, 40.0, 4.0, 0.2)], hour=hour)
        found = measured_symptom(warehouse, System(nodes=(model,)), incident("m", "auc", 13.0))
    assert found.incident.metric == "bias"


def test_what_can_be_measured_is_measured_itself(log):
    assert measured(log, "brier", 21.5).incident.metric == "brier"


@pytest.mark.parametrize(("metric", "error"), [("auc", InputError), ("auk", UnknownName)])
def test_where_nothing_stands_in_the_error_is_of_the_metric_that_was_asked_for(metric, error):
    empty = {"seconds": np.arange(50) * 3600.0, "prediction": np.full(50, np.nan)}
    with pytest.raises(error, match=metric):
        measured(empty, metric, 1)
