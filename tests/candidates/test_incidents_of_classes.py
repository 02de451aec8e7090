"""Whole incidents of a model of several classes, each with an innocent change beside the fault."""

import pytest

from tests.candidates.classes import evidence_of_classes
from tests.candidates.scenes import first, ranked, told

INCIDENTS = [
    (("times 100", "decoy nulls"), ("data_quality", "unit_change", "payments", "amount")),
    (("nulls", "decoy unit"), ("data_quality", "null_burst", "payments", "amount")),
    (("misjoined", "decoy unit"), ("data_quality", "misjoined", "payments", "temp")),
    (("drift", "decoy nulls"), ("feature_drift", "population_moved", "payments", "amount")),
    (("upper case", "decoy nulls"), ("schema_change", "re_encoded", "payments", "country")),
    (("worse version", "decoy drift"), ("model_change", "bad_version", "scorer", "v2")),
    (("upstream version", "decoy nulls"), ("upstream_model_change", "function_changed", "embedder", "v2")),
    (("bad input upstream", "decoy nulls"), ("data_quality", "out_of_range", "users", "u")),
]
IDS = [" and ".join(names) for names, _ in INCIDENTS]


@pytest.mark.parametrize(("names", "cause"), INCIDENTS, ids=IDS)
@pytest.mark.parametrize("metric", ["accuracy", "f1", "logloss", "auc"])
def test_the_cause_comes_first_where_probabilities_are_logged(names, cause, metric):
    found = first(evidence_of_classes(*names, metric=metric))
    assert (found.family, found.mechanism, found.node, found.subject) == cause


@pytest.mark.parametrize(("names", "cause"), INCIDENTS, ids=IDS)
@pytest.mark.parametrize("metric", ["accuracy", "f1"])
def test_the_cause_comes_first_where_classes_alone_are_logged(names, cause, metric):
    found = first(evidence_of_classes(*names, metric=metric, logged=False))
    assert (found.family, found.mechanism, found.node, found.subject) == cause


@pytest.mark.parametrize("names", [("times 100", "decoy nulls"), ("worse version", "decoy drift")])
def test_ten_classes_are_no_harder(names):
    found = first(evidence_of_classes(*names, classes=10))
    assert found.family == {"times 100": "data_quality", "worse version": "model_change"}[names[0]]


@pytest.mark.parametrize("logged", [True, False])
@pytest.mark.parametrize("names", [("none",), ("decoy unit",), ("harmless version", "decoy nulls")])
def test_innocent_changes_are_no_cause(names, logged):
    order, none = ranked(evidence_of_classes(*names, logged=logged))
    assert all(one.confidence < none for one in order), told(order, none)
