"""A new version of the symptomatic model: blamed when its function is worse, not for being new."""

from dataclasses import replace

import numpy as np
import pytest

from candidates.measures.answer_form import comparable
from candidates.model_change import generate
from tests.candidates.faults import evidence, healthy
from tests.candidates.scenes import answered, event, evidence_of, first, found, ranked, reversioned, score


@pytest.mark.parametrize("metric", ["logloss", "auc", "brier"])
def test_a_worse_version_comes_first(metric):
    cause = first(evidence("worse version", metric=metric))
    assert (cause.family, cause.node, cause.subject) == ("model_change", "scorer", "v2")
    assert cause.impact > 0.6


def test_a_harmless_retrain_explains_nothing():
    candidate = found("model_change", evidence("harmless version"))["scorer", "v2"]
    assert candidate.impact < 0.1
    order, none = ranked(evidence("harmless version"))
    assert none > order[0].confidence


@pytest.mark.parametrize(("fault", "column"), [("nulls", "amount"), ("times 100", "amount"), ("misjoined", "temp")])
def test_a_harmless_retrain_beside_a_fault_is_innocent(fault, column):
    given = evidence("harmless version", fault)
    assert first(given).subject == column
    assert found("model_change", given)["scorer", "v2"].impact < 0.3


@pytest.mark.parametrize("decoy", ["decoy nulls", "decoy unit"])
def test_a_broken_column_without_influence_does_not_hide_a_worse_version(decoy):
    assert first(evidence(decoy, "worse version")).family == "model_change"


def test_a_miscalibrated_version_is_found_by_its_logloss():
    scene = healthy()
    scene = reversioned(answered(scene, score(scene["scorer"].columns, scale=3.0)), "scorer", "2026-03")
    cause = first(evidence_of(scene))
    assert (cause.family, cause.subject) == ("model_change", "2026-03")


def test_a_deployment_stands_in_for_a_version_that_is_not_logged():
    deploy = event("scorer", "deploy", after={"version": "7.1"})
    cause = first(evidence("worse, no version", changes=(deploy,)))
    assert (cause.family, cause.subject) == ("model_change", "7.1")
    late = event("scorer", "deploy", at=4.5, after={"version": "7.1"})
    assert ("scorer", "7.1") not in found("model_change", evidence("worse, no version", changes=(late,)))


def test_the_same_version_is_ruled_out_and_no_log_is_not_examined():
    assert "scorer" in generate(evidence("nulls")).ruled_out
    assert generate(replace(evidence("none"), models={}, cache={})).not_examined


def test_a_version_that_also_served_before_is_not_new():
    scene = healthy()
    log = scene["scorer"]
    mixed = np.where(np.arange(len(log.day)) % 2 == 0, "canary", "v1").astype(object)
    assert generate(evidence_of(scene | {"scorer": replace(log, version=mixed)})).ruled_out


def test_answers_that_changed_without_a_version_are_told_with_their_form():
    scene = healthy()
    cause = first(evidence_of(answered(scene, np.round(scene["scorer"].prediction))))
    assert (cause.family, cause.node, cause.subject, cause.mechanism) == ("model_change", "scorer", None, "coarse")


def test_answers_that_changed_without_a_version_leave_the_blame_to_a_setting():
    given = evidence("worse, no version", changes=(event("scorer", before={"a": 1}, after={"a": 2}),))
    assert not found("model_change", given)


@pytest.mark.parametrize("fault", ["times 100", "drift", "misjoined", "frozen", "shown by no input"])
def test_other_faults_are_no_change_of_the_answers(fault):
    assert not found("model_change", evidence(fault))


def test_of_values_never_seen_before_nobody_can_say_how_the_same_inputs_were_answered():
    scene = healthy()
    log = scene["scorer"]
    amount = np.where(log.late, 1000.0 * log.columns["amount"], log.columns["amount"])
    wrong = answered(
        scene | {"scorer": replace(log, columns=log.columns | {"amount": amount})}, np.full(len(amount), 0.9)
    )
    assert comparable(evidence_of(wrong, "brier"), "scorer") < 0.1
    assert not found("model_change", evidence_of(wrong, "brier"))
    assert comparable(evidence_of(answered(scene, np.full(len(amount), 0.9)), "brier"), "scorer") > 0.9
