"""What a symptom that may be chance lets a cause explain."""

from dataclasses import replace

import pytest

from candidates.measures.reality import as_far_as_real
from schemas.analysis import EvidenceItem
from schemas.candidate import Candidate
from tests.candidates.faults import evidence

SYMPTOM = evidence("nulls").symptom


def believed(p_value, specificity=0.6, family="data_quality"):
    candidate = Candidate(
        family=family, node="scorer", subject=None, impact=0.8, strength=5.0, specificity=specificity, summary=""
    )
    return as_far_as_real(candidate, replace(SYMPTOM, p_value=p_value)).impact / 0.8


@pytest.mark.parametrize(("p_value", "share"), [(1e-9, 1.0), (0.001, 1.0), (0.01, 2 / 3), (0.1, 1 / 3), (1.0, 0.0)])
def test_a_cause_explains_no_more_than_what_is_real(p_value, share):
    assert believed(p_value) == pytest.approx(share)


def test_an_unmistakable_fault_is_there_however_noisy_the_metric():
    assert believed(0.4, specificity=0.95) == 1.0
    assert 0.3 < believed(0.4, specificity=0.9) < 0.7


def test_that_the_world_moved_is_no_fault_however_plain():
    assert believed(0.1, specificity=1.0, family="feature_drift") == pytest.approx(1 / 3)


def test_what_weighs_it_by_itself_is_not_weighed_twice():
    assert believed(0.1, family="downstream_change") == 1.0


@pytest.mark.parametrize(("p_value", "share"), [(0.5, 1.0), (0.9, 0.2), (1.0, 0.0)])
def test_components_are_no_cause_of_a_metric_that_moved_the_other_way(p_value, share):
    assert believed(p_value, family="component_fault") == pytest.approx(share)
    assert believed(p_value, specificity=1.0, family="latency_component") == pytest.approx(share)


def test_what_shows_in_the_requests_counts_whatever_their_metric_says():
    candidate = Candidate(
        family="latency_component", node="db", subject=None, impact=0.8, strength=5.0, specificity=0.9, summary=""
    )
    seen = replace(candidate, features={"seen_in_requests": 0.75})
    assert as_far_as_real(seen, replace(SYMPTOM, p_value=1.0)).impact == pytest.approx(0.6)


@pytest.mark.parametrize(("p_value", "real"), [(0.001, 1.0), (0.1, 1 / 3), (1.0, 0.0)])
def test_a_component_whose_only_sign_is_the_symptom_is_as_real_as_that(p_value, real):
    own = SYMPTOM.incident.model_copy(update={"node": "db", "metric": "errors"})
    symptom = replace(SYMPTOM, incident=own, p_value=p_value)
    candidate = Candidate(
        family="component_fault", node="db", subject="errors", impact=0.8, strength=5.0, specificity=0.6, summary=""
    )
    weighed = as_far_as_real(candidate, symptom)
    assert weighed.impact == pytest.approx(0.8 * real)
    assert weighed.specificity == pytest.approx(0.6 * real)
    other = as_far_as_real(replace(candidate, node="cache"), symptom)
    assert other.specificity == 0.6
    assert other.impact == pytest.approx(0.8 * (0.0 if p_value == 1.0 else 1.0))


def test_a_recorded_latency_that_is_the_symptom_is_as_real_as_that_and_one_seen_in_spans_is_not_weighed():
    own = SYMPTOM.incident.model_copy(update={"node": "db", "metric": "latency_p99"})
    symptom = replace(SYMPTOM, incident=own, p_value=0.1)
    candidate = Candidate(
        family="latency_component", node="db", subject=None, impact=0.8, strength=5.0, specificity=0.6, summary=""
    )
    assert as_far_as_real(candidate, symptom).impact == pytest.approx(0.8 / 3)
    assert as_far_as_real(replace(candidate, node="cache"), symptom).impact == 0.8
    spans = replace(candidate, evidence=(EvidenceItem(kind="trace", text="", data={}),))
    assert as_far_as_real(spans, symptom).impact == 0.8
