"""A KPI that fell: downstream of healthy models, or because a model's output moved."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from candidates.downstream_change import generate
from rankers import heuristic
from tests.candidates.faults import evidence, faulty
from tests.candidates.scenes import DAYS, FIRST_DAY, daily, event, evidence_of, first, found

KEY = ("approval", None)
KEY_OF_PROCESS = ("downstream_change", None)


def incident(*faults, factor=1.0, changes=()):
    """Return the incident of a KPI that follows the scorer's mean prediction, times `factor` since the onset."""
    scene = faulty(*faults)
    log = scene["scorer"]
    kpi = daily("scorer", "prediction_mean", log.prediction, log.day).value
    kpi = kpi + np.random.default_rng(0).normal(0, 0.002, DAYS)
    kpi[FIRST_DAY:] *= factor
    return evidence_of(scene, "rate", kpi=kpi, changes=changes)


@pytest.mark.parametrize("factor", [0.8, 1.25])
def test_a_kpi_that_moved_behind_healthy_models(factor):
    cause = first(incident(factor=factor))
    assert (cause.family, cause.node, cause.subject) == ("downstream_change", *KEY)
    assert cause.impact > 0.8


@pytest.mark.parametrize(
    ("fault", "family", "subject"),
    [
        ("times 100", "data_quality", "amount"),
        ("drift", "feature_drift", "amount"),
        ("upstream version", "upstream_model_change", "v2"),
    ],
)
def test_a_kpi_that_followed_the_models_output_is_explained_upstream(fault, family, subject):
    given = incident(fault)
    cause = first(given)
    assert (cause.family, cause.subject) == (family, subject)
    assert found("downstream_change", given)[KEY].impact < 0.2


def test_a_harmless_version_is_not_to_blame_for_the_process():
    assert first(incident("harmless version", factor=0.8)).family == "downstream_change"


def test_a_broken_column_without_influence_is_not_to_blame_for_the_process():
    assert first(incident("decoy nulls", factor=0.8)).family == "downstream_change"


def test_a_business_event_on_the_kpi_raises_it_and_one_on_a_model_does_not():
    def confidence(*changes):
        return found("downstream_change", incident(factor=0.8, changes=changes))[KEY]

    plain = confidence()
    assert confidence(event("approval", "business")).specificity > plain.specificity
    assert confidence(event("scorer", "business")).specificity == plain.specificity


def test_a_kpis_own_setting_at_the_onset_is_the_cause_where_the_event_states_it():
    def cause(at=0.0, **parts):
        change = event("approval", "config", at, **{"before": {"cap": 0.9}, "after": {"cap": 0.7}} | parts)
        return first(incident(factor=0.8, changes=(change,)))

    own = cause()
    assert (own.family, own.node, own.subject) == ("config_change", "approval", "cap")
    assert cause(before="cap=0.9", after="cap=0.7").subject == "cap"
    for other in (cause(before=None, after=None), cause(title="audit logs of caps"), cause(at=-12.0)):
        assert (other.family, other.subject) == KEY_OF_PROCESS


def losing(rise, scatter=0.02):
    """Return the incident of a KPI that falls by 0.3, and followed a model's loss, whose buckets scatter as much."""
    rng = np.random.default_rng(4)
    late = np.arange(DAYS) >= FIRST_DAY
    loss = 0.3 + 0.02 * rng.normal(size=DAYS)
    kpi = 0.9 - 2 * (loss - 0.3) + scatter * rng.normal(size=DAYS) - 0.3 * late
    scene = faulty()
    given = evidence_of(scene, "rate", kpi=kpi)
    scorer = given.models["scorer"]
    shown = loss + scatter * rng.normal(size=DAYS) + rise * late
    series = replace(scorer.outputs["prediction_mean"], metric="logloss", value=shown)
    models = {**given.models, "scorer": replace(scorer, outputs={**scorer.outputs, "logloss": series})}
    return replace(given, models=models, cache={})


def test_models_whose_loss_rose_are_not_healthy():
    """A KPI may follow how right a model is rather than what it answers, and a loss scatters."""
    ill, well = (found("downstream_change", losing(rise))[KEY] for rise in (0.5, 0.0))
    assert well.impact > 0.9
    assert "stayed healthy" in well.summary
    assert "are steady" in well.evidence[0].text
    assert ill.impact <= 0.5
    assert "healthy" not in ill.summary
    assert "logloss of scorer" in ill.evidence[0].text


def doubted(p_value):
    """Return a KPI's incident behind healthy models that moved by chance with a probability."""
    given = incident(factor=0.8)
    return replace(given, symptom=replace(given.symptom, p_value=p_value), cache={})


def test_where_nothing_happened_nothing_speaks_for_the_process():
    """That no model moved is no evidence when the KPI did not move either."""
    cause = found("downstream_change", doubted(1.0))[KEY]
    assert cause.impact == 0
    assert cause.specificity < 0.1
    answer, none = heuristic.rank([cause], [1.0], doubted(1.0).symptom)
    assert answer[0].confidence < none / 5


def test_the_more_doubtful_the_kpis_move_the_less_speaks_for_the_process():
    impacts = [found("downstream_change", doubted(p))[KEY].impact for p in (1e-9, 1e-3, 0.01, 0.1, 1.0)]
    assert impacts[0] == impacts[1]
    assert all(one > other for one, other in pairwise(impacts[1:]))


def test_a_model_is_no_kpi():
    assert "not a KPI" in generate(evidence("nulls")).ruled_out


def test_a_kpi_without_a_logged_model_is_not_examined():
    assert generate(replace(incident(factor=0.8), models={}, cache={})).not_examined
