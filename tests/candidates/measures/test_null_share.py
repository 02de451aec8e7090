"""A change of the null rate is the sum of its columns' changes, whatever the model makes of them."""

from dataclasses import replace

import numpy as np
import pytest

from candidates.measures.influence import function_share
from candidates.measures.null_share import null_rises, null_share
from schemas.evidence import Evidence
from tests.candidates.faults import faulty
from tests.candidates.scenes import corrupted, evidence_of, first


def empty(values, rng):
    return np.full(len(values), np.nan)


def incident(**shares: float) -> Evidence:
    """Return the incident of a null rate that rose as shares of some columns went missing."""
    scene = faulty()
    for column, share in shares.items():
        scene = corrupted(column, empty, share)(scene)
    given = evidence_of(scene)
    rises = null_rises(given.models["scorer"])
    asked = given.symptom.incident.model_copy(update={"metric": "null_rate"})
    level = 0.001 * np.random.default_rng(0).random(len(given.symptom.series.value))
    late = np.arange(len(level)) >= np.searchsorted(
        given.symptom.series.ts, np.datetime64(given.symptom.window.start.replace(tzinfo=None))
    )
    line = level + late * sum(rises.values()) / len(rises)
    symptom = replace(
        given.symptom,
        incident=asked,
        direction="up",
        series=replace(given.symptom.series, metric="null_rate", value=line),
        baseline_value=float(line[~late].mean()),
        value=float(line[late].mean()),
        z=50.0,
    )
    return replace(given, symptom=symptom, cache={})


def test_shares_are_those_of_the_rise_and_add_up():
    model = incident(amount=0.3, noise=0.6).models["scorer"]
    assert null_share(model, "amount") == pytest.approx(1 / 3, abs=0.03)
    assert null_share(model, "noise") == pytest.approx(2 / 3, abs=0.03)
    assert null_share(model, "temp") == 0
    assert sum(null_share(model, column) for column in null_rises(model)) == pytest.approx(1)


def test_without_a_change_nobody_has_a_share():
    assert null_share(incident().models["scorer"], "amount") == 0


@pytest.mark.parametrize("column", ["amount", "noise"])
def test_the_column_that_went_missing_comes_first_whether_the_model_cares_or_not(column):
    given = incident(**{column: 0.5})
    cause = first(given)
    assert (cause.family, cause.node, cause.subject, cause.mechanism) == (
        "data_quality",
        "payments",
        column,
        "null_burst",
    )
    assert cause.impact == pytest.approx(1)


def test_what_a_model_answers_changes_no_input():
    assert function_share(incident(amount=0.3), "scorer") == 0
