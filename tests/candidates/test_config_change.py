"""A configuration change: no evidence by itself, only where the node it touched moved and nothing else explains it."""

from dataclasses import replace

import numpy as np
import pytest

from candidates.config_change import generate
from schemas.evidence import Series
from tests.candidates.faults import evidence
from tests.candidates.scenes import event, first, found
from tests.laws.worlds import DAYS, days

SETTING = {"before": {"temperature": 1}, "after": {"temperature": 2.5}}
KEY = ("scorer", "temperature")


def metric_of(node, values, metric="errors"):
    return Series(node, metric, days(), np.asarray(values, dtype=float), np.full(DAYS, 100.0))


@pytest.mark.parametrize("kind", ["config", "flag", "infrastructure"])
def test_a_setting_of_a_model_whose_function_changed_comes_first(kind):
    cause = first(evidence("worse, no version", changes=(event("scorer", kind, **SETTING),)))
    assert (cause.family, cause.node, cause.subject, cause.mechanism) == ("config_change", *KEY, kind)
    assert cause.impact > 0.6


@pytest.mark.parametrize("fault", ["nulls", "times 100", "misjoined", "upstream version"])
def test_the_same_event_on_an_unchanged_model_explains_nothing(fault):
    given = evidence(fault, changes=(event("scorer", **SETTING),))
    assert first(given).family != "config_change"
    assert found("config_change", given)[KEY].impact < 0.3


def test_a_new_version_at_the_same_time_takes_the_blame():
    given = evidence("worse version", changes=(event("scorer", **SETTING),))
    assert first(given).family == "model_change"
    assert found("config_change", given)[KEY].impact < found("model_change", given)["scorer", "v2"].impact


@pytest.mark.parametrize("at", [3.0, 4.0, 4.5])
def test_an_event_after_the_onset_is_no_cause(at):
    given = evidence("worse, no version", changes=(event("scorer", at=at, **SETTING),))
    assert generate(given).ruled_out


def test_an_event_long_before_the_onset_is_less_of_a_cause():
    near, far = (
        found("config_change", evidence("worse, no version", changes=(event("scorer", at=at, **SETTING),))).get(KEY)
        for at in (0.0, -14.0)
    )
    assert far is None or far.impact < near.impact


def test_of_two_events_with_one_key_the_nearer_counts():
    both = (event("scorer", at=-3.5, **SETTING), event("scorer", at=0.0, **SETTING))
    candidate = found("config_change", evidence("worse, no version", changes=both))[KEY]
    assert candidate.onset == both[1].ts


@pytest.mark.parametrize("kind", ["deploy", "data_feed", "business"])
def test_other_kinds_of_events_are_not_its_business(kind):
    assert generate(evidence("worse, no version", changes=(event("scorer", kind),))).ruled_out


def test_configuration_of_another_model_upstream_is_left_to_its_family():
    assert generate(evidence("upstream, no version", changes=(event("embedder", **SETTING),))).ruled_out


def test_events_off_the_way_to_the_symptom_do_not_count():
    assert generate(evidence("worse, no version", changes=(event("approval", **SETTING),))).ruled_out
    assert generate(evidence("worse, no version", changes=(event("nowhere", **SETTING),))).ruled_out


def test_a_service_is_judged_by_whether_its_own_metrics_moved():
    base = evidence("worse, no version", changes=(event("api", title="pool size"),))
    wave = 5 + 0.1 * np.sin(np.arange(DAYS))
    calm = replace(base, metrics=(metric_of("api", wave),), cache={})
    moved = replace(base, metrics=(metric_of("api", np.where(np.arange(DAYS) >= 15, 9, wave)),), cache={})
    assert found("config_change", calm)["api", "pool size"].impact == 0
    assert found("config_change", moved)["api", "pool size"].impact > 0.3


def test_what_the_data_explain_is_not_left_for_a_service():
    base = evidence("times 100", changes=(event("api", title="pool size"),))
    moved = metric_of("api", np.where(np.arange(DAYS) >= 15, 9, 5 + 0.1 * np.sin(np.arange(DAYS))))
    assert found("config_change", replace(base, metrics=(moved,), cache={}))["api", "pool size"].impact < 0.2


def test_no_events_is_not_examined():
    assert generate(evidence("none")).not_examined
