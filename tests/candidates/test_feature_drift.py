"""A real shift: the column by which the population moved comes first, not its followers, not a fault."""

from dataclasses import replace

import numpy as np
import pytest

from candidates.feature_drift import generate
from candidates.measures.columns import moved_columns
from candidates.measures.diagnosis import MOVED
from candidates.measures.signatures import Signature
from tests.candidates.faults import evidence, healthy, resampled
from tests.candidates.measures.test_histograms import without_rows
from tests.candidates.scenes import COUNTRIES, evidence_of, first, found, ranked
from tests.laws.worlds import DAYS, WINDOW_DAYS, logged, make_model


@pytest.mark.parametrize("metric", ["prediction_mean", "positive_rate"])
def test_the_column_by_which_rows_were_resampled_comes_first(metric):
    cause = first(evidence("drift", metric=metric))
    assert (cause.family, cause.node, cause.subject) == ("feature_drift", "payments", "amount")
    assert cause.impact > 0.7


@pytest.mark.parametrize(("by", "strength"), [("temp", 1.2), ("amount", -1.0)])
def test_whichever_column_leads_is_named(by, strength):
    cause = first(evidence_of(resampled(by, strength)(healthy()), "prediction_mean"))
    assert (cause.family, cause.subject) == ("feature_drift", by)


def test_a_column_that_moved_faintly_is_told_where_the_model_hangs_on_it():
    given = evidence_of(resampled("amount", 0.12)(healthy()), "prediction_mean")
    moved = {m.column.column: m for m in moved_columns(given)}
    assert moved["amount"].column.shift.strength < MOVED
    assert ("payments", "amount") in found("feature_drift", given)


def test_followers_explain_less_than_their_leader():
    candidates = found("feature_drift", evidence("drift", metric="prediction_mean"))
    leader = candidates.pop(("payments", "amount"))
    assert ("payments", "follower") in candidates
    assert all(c.impact < 0.8 * leader.impact for c in candidates.values())


def test_a_followers_share_is_cut_and_its_leaders_is_not():
    given = evidence("drift", metric="prediction_mean")
    share = {m.column.column: m.drift for m in moved_columns(given)}
    candidates = found("feature_drift", given)
    assert candidates["payments", "amount"].impact == pytest.approx(share["amount"])
    assert candidates["payments", "temp"].impact < 0.8 * share["temp"]


def test_a_drift_without_influence_explains_nothing():
    given = evidence("decoy drift", "drift", metric="prediction_mean")
    decoy = found("feature_drift", given)["payments", "noise"]
    assert decoy.strength > 10
    assert decoy.impact < 0.1
    assert first(given).subject == "amount"


def test_a_drift_without_influence_loses_to_what_no_input_shows():
    order, _ = ranked(evidence("decoy drift", "shown by no input"))
    assert ("feature_drift", "noise") in {(r.candidate.family, r.candidate.subject) for r in order}
    assert order[0].candidate.family in {"concept_drift", "label_change"}


@pytest.mark.parametrize("fault", ["nulls", "times 100", "sentinel", "upper case", "garbled", "retyped"])
def test_it_stands_back_where_values_are_wrong_or_the_encoding_changed(fault):
    given = evidence(fault)
    assert first(given).family != "feature_drift"
    assert all(c.specificity < 0.5 for c in found("feature_drift", given).values() if c.impact > 0.2)


def test_a_moved_mix_of_categories_is_a_drift():
    def more_poles(scene):
        log = scene["scorer"]
        number = log.columns["country"] == COUNTRIES[-1]
        changed = resampled("number", 1.0)
        numbered = replace(log, columns=dict(log.columns) | {"number": number.astype(float)})
        moved = changed(scene | {"scorer": numbered})
        columns = {k: v for k, v in moved["scorer"].columns.items() if k != "number"}
        return moved | {"scorer": replace(moved["scorer"], columns=columns)}

    cause = first(evidence_of(more_poles(healthy()), "prediction_mean"))
    assert (cause.family, cause.subject) == ("feature_drift", "country")


def test_a_models_output_is_left_to_the_model():
    assert all(subject != "score" for _, subject in found("feature_drift", evidence("upstream version")))


def test_nothing_moved_is_ruled_out_and_no_rows_is_not_examined():
    assert generate(evidence("none")).ruled_out
    models = {node: replace(model, rows=None) for node, model in evidence("none").models.items()}
    assert generate(replace(evidence("none"), models=models, cache={})).not_examined


def histograms(by):
    """Return the histograms of a model of two related inputs, the window's rows drawn anew by one of them."""
    x, prediction, label, day = logged(8000)
    index, late = np.arange(8000), day >= DAYS - WINDOW_DAYS
    weight = np.exp(x[by][late])
    index[late] = np.random.default_rng(3).choice(index[late], int(late.sum()), p=weight / weight.sum())
    columns = {name: values[index] for name, values in x.items()}
    return without_rows(make_model(columns, prediction[index], label[index], day))


def kept(given, column, **changed):
    """Return the part of its impact that a column keeps beside the others; `changed` replaces parts of these."""
    moved = [replace(one, **changed.get(one.column.column, {})) for one in moved_columns(given)]
    alone = [one for one in moved if one.column.column == column]
    beside, by_itself = (
        found("feature_drift", replace(given, cache=given.cache | {"moved_columns": each}))["feed", column].impact
        for each in (moved, alone)
    )
    return beside / by_itself


@pytest.mark.parametrize(("by", "other"), [("a", "b"), ("b", "a")])
def test_of_histograms_the_column_that_moved_farthest_leads(by, other):
    """What is drawn from a column's new values as from its old ones moves no farther than the column."""
    given = histograms(by)
    assert kept(given, by) == 1
    assert kept(given, other) < 0.6


@pytest.mark.parametrize(
    ("leader", "led"),
    [
        ({"wrong": (Signature("default_value", 0.9, 0.5, "a default"),)}, False),
        ({"wrong": (Signature("out_of_range", 0.4, 0.5, "a tilt"),)}, True),
        ({"drift": 0.01}, False),
        ({"drift": 0.1}, True),
    ],
    ids=["wrong", "perhaps wrong", "of no matter", "of little matter"],
)
def test_of_histograms_a_column_with_wrong_values_or_of_no_matter_leads_nobody(leader, led):
    assert (kept(histograms("a"), "b", a=leader) < 0.6) == led
