"""Wrong values: the right column and mechanism come first, with their share; decoys explain nothing."""

from dataclasses import replace

import numpy as np
import pytest

from candidates.data_quality import generate
from candidates.measures.diagnosis import diagnose
from candidates.measures.outcome_change import outcome_change
from schemas.evidence import Series
from tests.candidates.faults import evidence, healthy
from tests.candidates.measures.test_row_faults import missing
from tests.candidates.scenes import (
    corrupted,
    embedded,
    event,
    evidence_of,
    first,
    found,
    logs,
    ranked,
    rescored,
    reversioned,
)

WRONG = [
    ("nulls", "amount", "null_burst"),
    ("times 100", "amount", "unit_change"),
    ("some times 100", "amount", "unit_change"),
    ("fahrenheit", "temp", "unit_change"),
    ("frozen", "amount", "frozen"),
    ("sentinel", "temp", "out_of_range"),
    ("misjoined", "temp", "misjoined"),
    ("leader misjoined", "amount", "misjoined"),
    ("garbled", "country", "garbled"),
]


@pytest.mark.parametrize(("fault", "column", "mechanism"), WRONG)
def test_a_wrong_column_comes_first(fault, column, mechanism):
    cause = first(evidence(fault))
    assert (cause.family, cause.node, cause.subject) == ("data_quality", "payments", column)
    assert cause.mechanism == mechanism
    assert cause.impact > 0.5
    assert cause.observed_at == "scorer"
    assert cause.explains[0] == ("column", "scorer", column)


def test_partners_of_a_misjoined_column_are_not_strangers():
    columns = diagnose(evidence("leader misjoined"), "scorer").columns
    assert columns["amount"].relation_loss > 0.8
    assert columns["temp"].relation_loss == columns["follower"].relation_loss == 0


def test_a_column_misjoined_in_some_rows_shows_by_what_putting_it_back_undoes():
    fault = corrupted("amount", lambda old, rng: rng.permutation(old), 0.25)
    cause = first(evidence_of(fault(logs(rows=12_000))))
    assert (cause.subject, cause.mechanism) == ("amount", "misjoined")
    assert cause.impact > 0.3


def clipped(old, rng):
    return np.clip(old, 18.0, 32.0)


def cut_off(old, rng):
    return np.minimum(old, 18.0)


@pytest.mark.parametrize("bounds", [clipped, cut_off])
def test_values_piled_up_at_one_bound_or_at_two_are_cut_off(bounds):
    cause = first(evidence_of(corrupted("amount", bounds)(healthy())))
    assert (cause.family, cause.subject, cause.mechanism) == ("data_quality", "amount", "clipped")


def test_columns_that_changed_places_hold_what_the_other_one_used_to():
    log = healthy()["scorer"]
    swapped = {
        a: np.where(log.late, log.columns[b], log.columns[a]) for a, b in (("amount", "temp"), ("temp", "amount"))
    }
    cause = first(evidence_of(rescored(healthy(), **swapped)))
    assert (cause.family, cause.mechanism) == ("data_quality", "swapped")
    assert cause.subject in swapped


@pytest.mark.parametrize("fault", ["nulls", "times 100", "sentinel", "frozen"])
def test_the_onset_is_where_the_fault_began(fault):
    given = evidence(fault)
    cause = first(given)
    assert cause.onset_low <= given.symptom.window.start <= cause.onset_high
    assert cause.features["alignment"] == 1.0


@pytest.mark.parametrize("decoy", ["decoy nulls", "decoy unit", "decoy drift"])
@pytest.mark.parametrize(("fault", "column"), [("times 100", "amount"), ("misjoined", "temp")])
def test_a_wrong_column_without_influence_takes_nothing_from_the_right_one(decoy, fault, column):
    given = evidence(decoy, fault)
    assert first(given).subject == column
    assert all(c.impact < 0.1 for (_, subject), c in found("data_quality", given).items() if subject == "noise")


@pytest.mark.parametrize("decoy", ["decoy nulls", "decoy unit"])
def test_a_decoy_beside_a_cause_that_no_input_shows_loses_to_the_outcome(decoy):
    order, _ = ranked(evidence(decoy, "shown by no input"))
    assert "noise" in {r.candidate.subject for r in order}
    assert order[0].candidate.family in {"concept_drift", "label_change"}


def test_a_decoy_loses_to_none_of_these_when_the_metric_hardly_moved():
    order, none = ranked(evidence("decoy nulls"))
    assert none > order[0].confidence


def test_a_fault_passed_on_by_a_model_belongs_to_the_feed_of_that_model():
    cause = first(evidence("bad input upstream", metric="prediction_mean"))
    assert (cause.family, cause.node, cause.subject) == ("data_quality", "users", "u")
    assert cause.observed_at == "embedder"


def test_a_column_that_is_a_models_output_is_left_to_the_model():
    scene = healthy()
    given = evidence_of(reversioned(embedded(scene, 100 * scene["embedder"].prediction), "embedder"))
    assert first(given).family == "upstream_model_change"
    assert all(subject != "score" for _, subject in found("data_quality", given))


@pytest.mark.parametrize("fault", ["dropped", "renamed", "retyped", "upper case", "codes"])
def test_a_changed_schema_says_it_better(fault):
    given = evidence(fault)
    wrong, changed = found("data_quality", given), found("schema_change", given)
    for key in set(wrong) & set(changed):
        assert wrong[key].specificity < 0.5 * changed[key].specificity


def test_a_feed_event_is_evidence_and_an_event_elsewhere_is_not():
    feed, other = event("payments", "data_feed", title="v7"), event("users", "data_feed", title="v8")
    cause = first(evidence("times 100", changes=(feed, other)))
    assert [item.data["title"] for item in cause.evidence if item.kind == "change"] == ["v7"]
    assert cause.features["coincident_change"] == 1.0
    assert first(evidence("times 100", changes=(other,))).features["coincident_change"] == 0.0


def test_the_evidence_holds_the_estimate_and_the_histogram():
    cause = first(evidence("nulls"))
    estimate, histogram = cause.evidence[:2]
    assert (estimate.kind, histogram.kind) == ("estimate", "histogram")
    assert estimate.data["share"] == pytest.approx(cause.impact, abs=1e-3)
    null = histogram.data["labels"].index("bin 0")
    assert histogram.data["before"][null] == 0
    assert histogram.data["after"][null] == pytest.approx(0.7, abs=0.05)


def test_duplicated_and_missing_rows_are_faults_of_the_log():
    given = evidence_of(healthy())
    scorer = given.models["scorer"]
    rows = scorer.outputs["rows"]
    thinned = np.where(np.arange(len(rows.n)) >= 15, 20.0, 300.0 + np.arange(len(rows.n)) % 5)
    outputs = dict(scorer.outputs) | {"rows": Series("scorer", "rows", rows.ts, thinned, thinned)}
    scorer = replace(scorer, duplicates=(0.01, 0.4), outputs=outputs)
    found_ = generate(replace(given, models=dict(given.models) | {"scorer": scorer})).candidates
    assert {(c.node, c.subject, c.mechanism) for c in found_} == {
        ("scorer", None, "duplicated_rows"),
        ("scorer", None, "missing_rows"),
    }


def test_rows_of_some_values_that_are_missing_take_their_outcomes_along():
    cause = next(c for c in generate(missing(lambda log: log.columns["amount"] > 30)).candidates if c.subject is None)
    assert cause.mechanism == "missing_rows"
    assert ("classes", "scorer") in cause.explains


def test_healthy_columns_are_ruled_out_and_no_log_is_not_examined():
    assert generate(evidence("none")).ruled_out
    assert generate(replace(evidence("none"), models={}, cache={})).not_examined


@pytest.mark.parametrize(("z", "believed"), [(1.0, True), (6.0, False)])
def test_a_wrong_join_does_not_change_what_the_other_columns_say_of_the_outcome(z, believed):
    given = evidence_of(corrupted("country", lambda old, rng: rng.permutation(old))(healthy()))
    change = outcome_change(given, "scorer")
    seen = replace(given, cache={("outcome", "scorer"): replace(change, intact=replace(change.intact, z=z))})
    misjoined = found("data_quality", seen)["payments", "country"]
    assert misjoined.mechanism == "misjoined"
    assert (misjoined.specificity > 0.3) is believed
