"""A column that the log keeps in another form, and whether the model still reads it."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from candidates.measures import unread as module
from candidates.measures.diagnosis import diagnose
from candidates.measures.served_function import FunctionChange
from candidates.measures.unread import blurred
from schemas.evidence import Onset
from tests.candidates.faults import faulty, reshaped
from tests.candidates.scenes import evidence_of, first, score
from tests.candidates.scenes import logs as draw
from tests.laws.worlds import ONSET

TEXT = ("JSON", "other")


def retyped(column, *, reads, schema=True):
    """Return the incident of a column that comes as text with the same values, which the scorer reads or takes as 0."""
    scene = faulty()
    log = scene["scorer"]
    blank = np.zeros(len(log.day)) if log.columns[column].dtype != object else np.full(len(log.day), "?", dtype=object)
    seen = dict(log.columns) if reads else {**log.columns, column: blank}
    changed = replace(
        log,
        prediction=np.where(log.late, score(seen), log.prediction),
        schema={column: TEXT} if schema else {},
    )
    return evidence_of(scene | {"scorer": changed})


def share(given, column):
    return diagnose(given, "scorer").columns[column].unread


@pytest.mark.parametrize("column", ["temp", "country"])
def test_a_column_that_the_model_no_longer_reads_is_named_though_its_values_are_as_ever(column):
    given = retyped(column, reads=False)
    assert share(given, column) > 0.7
    cause = first(given)
    assert (cause.family, cause.mechanism, cause.node, cause.subject) == (
        "schema_change",
        "retyped",
        "payments",
        column,
    )


@pytest.mark.parametrize("column", ["temp", "country"])
def test_a_new_form_that_the_model_reads_explains_nothing(column):
    assert share(retyped(column, reads=True), column) == 0


def test_a_column_whose_schema_stayed_is_not_asked():
    assert np.isnan(share(retyped("temp", reads=False, schema=False), "temp"))


def test_another_columns_fault_is_not_laid_on_a_harmless_new_form():
    given = retyped("amount", reads=False)
    scorer = given.models["scorer"]
    batches = tuple(
        replace(one, type="JSON", kind="other") if one.column == "temp" and one.first >= ONSET else one
        for one in scorer.batches
    )
    both = replace(given, models={**given.models, "scorer": replace(scorer, batches=batches)}, cache={})
    assert share(both, "amount") > 0.7
    assert not share(both, "temp") > 0.2


def gone(column, *, version="v1"):
    """Return the incident of a column that no row has any more, at which the model's answers all draw together."""
    scene = reshaped(column, "dropped")(draw())
    log = scene["scorer"]
    together = np.where(log.late, 0.5 + 0.3 * (draw()["scorer"].prediction - 0.5), log.prediction)
    names = np.where(log.late, version, log.version)
    return evidence_of(scene | {"scorer": replace(log, prediction=together, version=names)})


def test_what_changes_in_the_answers_when_a_column_goes_is_laid_to_it():
    seen = diagnose(gone("temp"), "scorer").columns["temp"]
    assert seen.vacated > 0.4
    assert seen.vacated > seen.unread or np.isnan(seen.unread)


def test_unless_another_version_answers_since_then():
    assert np.isnan(diagnose(gone("temp", version="v2"), "scorer").columns["temp"].vacated)


def at(day: float) -> Onset:
    moment = ONSET + timedelta(days=day)
    return Onset(moment, moment, moment)


@pytest.mark.parametrize(
    ("vector", "answers", "released", "told"),
    [(0, 0, None, True), (0, None, None, True), (0, 4, None, False), (None, 0, None, False), (0, 0, 0, False)],
)
def test_what_changes_in_the_answers_when_a_vector_moves_is_laid_to_it(vector, answers, released, told, monkeypatch):
    monkeypatch.setattr(module, "_released", lambda _: [] if released is None else [ONSET + timedelta(days=released)])
    given = gone("temp")
    moved, since = (None if day is None else at(day) for day in (vector, answers))
    share = blurred(None, given.symptom, moved, FunctionChange(0.4, 2.0, 1.0, 1.0, since))
    assert share == 0.4 if told else np.isnan(share)
    assert np.isnan(blurred(None, given.symptom, moved, FunctionChange(0.4, 1.1, 0.0, 0.1, since)))


def test_a_column_without_influence_that_goes_explains_nothing():
    scene = reshaped("noise", "dropped")(draw())
    log = scene["scorer"]
    together = np.where(log.late, 0.5 + 0.3 * (log.prediction - 0.5), log.prediction)
    found = diagnose(evidence_of(scene | {"scorer": replace(log, prediction=together)}), "scorer").columns
    assert not found["noise"].vacated > 0.2
