"""Which parts moved with the symptom, and what nothing else explains."""

from dataclasses import replace

import numpy as np

from candidates.measures.health import explained_by_data, node_strength, operation_series, own_time_share
from tests.candidates.faults import evidence
from tests.laws.worlds import DAYS, ONSET, make_operation, series

LATE = np.arange(DAYS) >= 15
WAVE = 5 + 0.1 * np.sin(np.arange(DAYS))


def test_a_node_is_as_strong_as_its_strongest_series():
    calm, broken = series("api", "requests", WAVE), series("api", "errors", np.where(LATE, 9, WAVE))
    given = replace(evidence("none"), metrics=(calm, broken, series("db", "cpu", 99 * LATE)), cache={})
    strength, metric = node_strength(given, "api")
    assert metric == "errors"
    assert strength > 10
    assert node_strength(replace(given, metrics=(calm,)), "api")[0] < 3


def test_a_model_is_judged_by_its_outputs_but_not_by_its_traffic():
    assert node_strength(evidence("times 100", metric="prediction_mean"), "scorer")[0] > 6
    assert node_strength(evidence("none"), "scorer")[1] != "rows"


def test_nothing_known_is_no_strength():
    given = replace(evidence("none"), metrics=(series("api", "errors", np.full(DAYS, np.nan)),))
    assert node_strength(given, "api") == (0.0, "nothing")


def test_operations_are_series_of_their_service():
    given = replace(evidence("none"), operations=(make_operation(np.where(LATE, 50.0, WAVE)),))
    (found,) = operation_series(given, "api")
    assert found.metric == "self_ms of GET /score"
    assert operation_series(given, "db") == []
    assert node_strength(given, "api")[0] > 10


def test_own_time_needs_traces():
    assert own_time_share(evidence("none"), "api") == (0.0, 0.0)
    assert evidence("none").symptom.window.start == ONSET


def test_what_the_data_explain():
    assert explained_by_data(evidence("times 100")) > 0.8
    assert explained_by_data(evidence("worse version")) > 0.6
    assert explained_by_data(evidence("worse, no version")) < 0.3
    assert explained_by_data(replace(evidence("none"), models={}, cache={})) == 0.0
