"""A model upstream: blamed when it answers differently to the same inputs, not for passing a fault on."""

from dataclasses import replace

import pytest

from candidates.upstream_model_change import generate
from tests.candidates.faults import evidence
from tests.candidates.scenes import event, first, found, ranked

SCALE = {"before": {"scale": 1}, "after": {"scale": 0.4}}


@pytest.mark.parametrize("metric", ["logloss", "prediction_mean"])
def test_a_version_that_rescales_its_output_comes_first(metric):
    cause = first(evidence("upstream version", metric=metric))
    assert (cause.family, cause.node, cause.subject) == ("upstream_model_change", "embedder", "v2")
    assert cause.impact > 0.6
    assert ("column", "scorer", "score") in cause.explains


def test_a_model_that_passes_on_its_inputs_fault_is_innocent():
    given = evidence("bad input upstream", metric="prediction_mean")
    assert first(given).family == "data_quality"
    assert not found("upstream_model_change", given)


def test_a_new_version_that_passes_on_its_inputs_fault_is_innocent():
    given = evidence("harmless upstream version", "bad input upstream", metric="prediction_mean")
    assert first(given).family == "data_quality"
    assert found("upstream_model_change", given)["embedder", "v2"].impact < 0.3


@pytest.mark.parametrize("fault", ["times 100", "worse version"])
def test_a_harmless_new_version_upstream_explains_nothing(fault):
    given = evidence("harmless upstream version", fault)
    assert first(given).node != "embedder"
    assert found("upstream_model_change", given)["embedder", "v2"].impact < 0.1


def test_the_configuration_names_the_change_where_no_version_does():
    cause = first(evidence("upstream, no version", changes=(event("embedder", "config", **SCALE),)))
    assert (cause.family, cause.node, cause.subject) == ("upstream_model_change", "embedder", "scale")


def test_a_changed_function_is_noticed_with_nothing_on_record_but_less_surely():
    given, known = evidence("upstream, no version"), evidence("upstream version")
    cause = first(given)
    assert (cause.family, cause.node, cause.subject) == ("upstream_model_change", "embedder", None)
    assert ranked(given)[0][0].confidence < ranked(known)[0][0].confidence


def test_configuration_of_an_unchanged_model_explains_nothing():
    given = evidence("times 100", changes=(event("embedder", "config", **SCALE),))
    assert first(given).subject == "amount"
    assert found("upstream_model_change", given)["embedder", "scale"].impact < 0.1


def test_the_last_model_before_a_kpi_is_not_upstream_of_itself():
    assert all(node != "scorer" for node, _ in found("upstream_model_change", evidence("worse version")))


def test_steady_models_are_ruled_out_by_name():
    assert "embedder" in generate(evidence("nulls")).ruled_out
    alone = replace(evidence("nulls"), upstream=frozenset({"scorer", "payments"}), cache={})
    assert "no other model" in generate(alone).ruled_out
