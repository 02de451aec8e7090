"""The columns that moved, each with where it comes from and what it shows."""

from dataclasses import replace

import pytest

from candidates import families
from candidates.measures.columns import (
    SHOWN_BINS,
    change_items,
    histogram_item,
    moved_columns,
    unexamined,
)
from tests.candidates.faults import evidence
from tests.candidates.scenes import event


def moved(*faults, metric="logloss"):
    return {m.column.column: m for m in moved_columns(evidence(*faults, metric=metric))}


def test_a_healthy_system_has_none():
    assert moved("none") == {}


def test_a_moved_column_says_where_it_comes_from_and_what_it_shows():
    found = moved("times 100")["amount"]
    assert (found.producer, found.from_model) == ("payments", False)
    assert found.wrong[0].mechanism == "unit_change"
    assert found.bad > 0.5
    assert found.profile.column == "amount"
    assert found.schema is None


def test_a_models_output_is_marked_as_such():
    found = moved("upstream version")["score"]
    assert (found.producer, found.from_model) == ("embedder", True)


def test_a_changed_schema_comes_along():
    assert moved("retyped")["amount"].schema.mechanism == "retyped"


def test_where_training_is_all_there_is_to_compare_with_no_column_is_said_to_have_moved():
    given = evidence("times 100")
    symptom = replace(given.symptom, reference_split=True)
    given = replace(given, symptom=symptom, cache={})
    assert moved_columns(given) == ()
    assert "no healthy production period" in unexamined(given)
    assert unexamined(evidence("times 100")) is None


def test_it_is_worked_out_once():
    given = evidence("nulls")
    assert moved_columns(given) is moved_columns(given)


def test_the_histogram_shows_the_largest_bins_in_their_order():
    profile = evidence("drift", metric="prediction_mean").models["scorer"].columns["amount"]
    data = histogram_item(profile).data
    assert len(data["labels"]) == len(data["before"]) == len(data["after"]) == SHOWN_BINS
    place = [profile.labels.index(label) for label in data["labels"]]
    assert place == sorted(place)
    assert max(data["after"]) == pytest.approx(float((profile.after / profile.after.sum()).max()), abs=1e-4)


def test_only_events_near_the_onset_on_the_right_nodes_are_shown_nearest_first():
    changes = [event("api", at=at, title=f"{at}") for at in (-9, -0.2, 0.1, 1.5, 4.9)]
    changes.append(event("db"))
    given = evidence("none", changes=changes)
    assert [i.data["title"] for i in change_items(given, {"api"})] == ["0.1", "-0.2", "1.5"]
    assert change_items(given, {"api"}, {"deploy"}) == ()


def test_a_log_without_features_is_said_to_hold_none():
    """Some teams log a model's inputs elsewhere: no family may fail for it."""
    given = evidence("times 100")
    bare = {
        node: replace(model, columns={}, rows=replace(model.rows, bins={}, values={}))
        for node, model in given.models.items()
    }
    given = replace(given, models=bare, cache={})
    reasons = {family: generate(given).not_examined for family, generate in families().items()}
    assert "holds no features" in reasons["data_quality"]
