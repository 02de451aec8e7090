"""Changed outcomes come first where nothing else explains the symptom, and stand back where something does."""

from dataclasses import replace

import numpy as np
import pytest

from candidates.concept_drift import generate
from tests.candidates.faults import evidence, faulty, healthy
from tests.candidates.scenes import event, evidence_of, first, found, ranked, reversioned


def relabelled(change, scene=None):
    """Return the scene with the scorer's labels of the window replaced: `change(label, columns, rng)`."""
    scene = scene or healthy()
    log = scene["scorer"]
    label = np.where(log.late, change(log.label, log.columns, np.random.default_rng(1)), log.label)
    return scene | {"scorer": replace(log, label=label)}


def flipped(label, columns, rng):
    return np.where(columns["amount"] > 25, 1 - label, label)


def noisy(label, columns, rng):
    return np.where(rng.random(len(label)) < 0.2, 1 - label, label)


@pytest.mark.parametrize("metric", ["logloss", "accuracy", "auc"])
@pytest.mark.parametrize("change", [flipped, noisy])
def test_other_outcomes_for_the_same_inputs_come_first(change, metric):
    cause = first(evidence_of(relabelled(change), metric))
    assert (cause.family, cause.node, cause.subject) == ("concept_drift", "scorer", None)
    assert cause.impact > 0.6


@pytest.mark.parametrize(
    "fault", ["times 100", "misjoined", "nulls", "renamed", "worse version", "drift", "upper case"]
)
def test_it_stands_back_where_an_input_or_the_function_explains_the_symptom(fault):
    given = evidence(fault)
    assert first(given).family != "concept_drift"
    assert all(c.impact < 0.3 for c in found("concept_drift", given).values())


FRANCE = {
    "the opposite": lambda label, rng: 1 - label,
    "always": lambda label, rng: np.ones(len(label)),
    "never for some": lambda label, rng: np.where(rng.random(len(label)) < 0.8, 0.0, label),
}


@pytest.mark.parametrize("rule", FRANCE)
def test_outcomes_of_another_rule_in_one_segment_are_drift_confined_to_it(rule):
    """Those that only lost their relation are a slice's: `test_slice_degradation`."""
    given = evidence_of(
        relabelled(lambda label, columns, rng: np.where(columns["country"] == "fr", FRANCE[rule](label, rng), label))
    )
    cause = first(given)
    assert (cause.family, cause.node, cause.subject) == ("concept_drift", "scorer", None)
    assert "country=fr" in cause.slice  # it may hold the worst of these rows only
    assert f"where {cause.slice}" in cause.summary
    (drift,) = found("concept_drift", given).values()
    assert drift.impact > 0.6


def test_drift_of_all_rows_is_confined_to_none():
    assert first(evidence_of(relabelled(noisy))).slice is None


def test_an_innocent_new_version_takes_nothing_from_it():
    assert first(evidence_of(reversioned(relabelled(noisy), "scorer"))).family == "concept_drift"


def test_a_guideline_at_that_moment_speaks_for_the_labels_instead():
    given = evidence_of(relabelled(flipped), changes=[event("scorer", "label_guideline", at=0.1)])
    assert first(given).family == "label_change"


def test_a_guideline_long_before_does_not():
    given = evidence_of(relabelled(noisy), changes=[event("scorer", "label_guideline", at=-8.0)])
    assert first(given).family == "concept_drift"


def test_a_calm_period_has_no_changed_outcome():
    order, none = ranked(evidence("none"))
    assert not order or none > order[0].confidence


def test_without_labels_it_says_that_it_cannot_see():
    scene = relabelled(lambda label, columns, rng: np.full(len(label), np.nan))
    assert "labels" in generate(evidence_of(scene, "prediction_mean")).not_examined


@pytest.mark.parametrize("fault", ["decoy nulls", "nulls", "upper case"])
def test_it_does_not_stand_back_for_an_input_that_broke_beside_it(fault):
    alone, beside = (found("concept_drift", evidence_of(relabelled(noisy, scene))) for scene in (None, faulty(fault)))
    assert beside["scorer", None].impact > 0.3 * alone["scorer", None].impact
