"""A column without one value that was known: it answers for what the answers lost, if it is read and alone."""

from dataclasses import replace

import numpy as np

from candidates.measures.diagnosis import diagnose
from candidates.measures.followed import answers_follow
from candidates.measures.impossible import impossible_share
from tests.candidates.faults import evidence, faulty, healthy, reversioned
from tests.candidates.scenes import Logs, evidence_of


def lost_sign(scene: Logs, column: str, answer: float = 0.5) -> Logs:
    """Return the logs in whose window a column is negative and far, and answers are drawn towards one value."""
    log = scene["scorer"]
    values = np.where(log.late, -1000.0 - log.columns[column], log.columns[column])
    said = np.where(log.late, answer + 0.3 * (log.prediction - answer), log.prediction)
    return scene | {"scorer": replace(log, columns=dict(log.columns) | {column: values}, prediction=said)}


def share(scene: Logs, column: str) -> float:
    given = evidence_of(scene, "logloss")
    return impossible_share(given, given.models["scorer"], diagnose(given, "scorer"), column)


def test_a_read_column_alone_answers_for_what_the_old_function_would_undo():
    assert share(lost_sign(healthy(), "amount"), "amount") > 0.4


def test_neither_a_column_that_is_not_read_nor_one_that_kept_its_values_does():
    assert share(lost_sign(healthy(), "noise"), "noise") == 0.0
    assert share(lost_sign(healthy(), "amount"), "temp") == 0.0


def test_nor_beside_a_new_version_or_another_impossible_column():
    assert share(reversioned(lost_sign(healthy(), "amount"), "scorer"), "amount") == 0.0
    both = lost_sign(lost_sign(healthy(), "amount"), "temp")
    assert share(both, "amount") == 0.0


def test_nor_where_only_some_values_are_impossible():
    assert share(faulty("some times 100"), "amount") == 0.0


def test_answers_follow_what_is_read():
    given = evidence("drift")
    assert answers_follow(given, "scorer", "amount")
    assert not answers_follow(given, "scorer", "noise")
