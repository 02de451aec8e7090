"""What the batches' schemas say."""

from dataclasses import replace
from datetime import timedelta

import pytest

from candidates.measures.batches import schema_differences
from schemas.evidence import ModelEvidence, SchemaObservation
from schemas.system import Node
from tests.laws.worlds import DAYS, ONSET, START, WINDOW_DAYS, make_symptom

SYMPTOM = make_symptom()
LATE = range(DAYS - WINDOW_DAYS, DAYS)


def batch(day, column="x", kind="numeric", *, rows=100, nulls=0, uncast=0, examples=(), hours=24.0):
    first = START + timedelta(days=day)
    types = {"numeric": "DOUBLE", "category": "VARCHAR", "boolean": "BOOLEAN"}
    last = first + timedelta(hours=hours, seconds=-1)
    return SchemaObservation("m", column, 0, types[kind], kind, rows, nulls, uncast, first, last, examples)


def differences(changed, other=True):
    """Return the differences of daily batches; `changed`: day -> batch of column x, None when it is absent."""
    batches = []
    for day in range(DAYS):
        own = changed.get(day, batch(day))
        batches += ([own] if own else []) + ([batch(day, "other")] if other else [])
    model = ModelEvidence(Node(id="m", kind="model"), {}, {}, None, (), {}, tuple(batches), "")
    return {d.column: d for d in schema_differences(model, SYMPTOM)}


def test_the_same_schema_has_no_differences():
    assert differences({}) == {}


def test_a_column_missing_from_all_batches_is_dropped_since_the_first():
    found = differences(dict.fromkeys(LATE))["x"]
    assert (found.mechanism, found.before, found.since) == ("dropped", "DOUBLE", ONSET)
    # batches count from the earliest moment that the symptom may have begun, a day before
    assert found.share == pytest.approx(WINDOW_DAYS / (WINDOW_DAYS + 1))


def test_a_column_missing_from_some_batches_is_dropped_in_that_share():
    found = differences({17: None, 18: None})["x"]
    assert found.mechanism == "dropped"
    assert 0.3 <= found.share <= 0.4
    assert found.since == START + timedelta(days=17)


def test_a_new_column_is_added_since_its_first_batch():
    absent = dict.fromkeys(range(DAYS - WINDOW_DAYS))
    found = differences(absent)["x"]
    assert (found.mechanism, found.after, found.since) == ("added", "DOUBLE", ONSET)


def test_a_column_of_another_kind_is_retyped_and_says_what_could_not_be_read():
    changed = {day: batch(day, kind="category", uncast=40, examples=(f"{day},5", "1,5")) for day in LATE}
    found = differences(changed)["x"]
    assert (found.mechanism, found.before, found.after) == ("retyped", "DOUBLE", "VARCHAR")
    assert found.uncast == 40 * WINDOW_DAYS
    assert len(found.examples) == 3
    assert found.since == ONSET


def test_kinds_that_always_took_turns_are_no_change():
    mixed = {day: batch(day, kind="category") for day in range(0, DAYS, 2)}
    assert differences(mixed) == {}


def test_an_all_null_batch_has_no_type_to_speak_of():
    nulls = {day: batch(day, kind="category", nulls=100) for day in LATE}
    assert differences(nulls) == {}


@pytest.mark.parametrize("kept", ["before", "after"])
def test_one_side_alone_says_nothing(kept):
    days = range(DAYS - WINDOW_DAYS - 1) if kept == "before" else LATE
    model = ModelEvidence(Node(id="m", kind="model"), {}, {}, None, (), {}, tuple(batch(d) for d in days), "")
    assert schema_differences(model, SYMPTOM) == ()


def test_a_batch_that_straddles_the_onset_counts_where_there_is_no_other():
    before = [batch(d) for d in range(10)] + [batch(d, "other") for d in range(10)]
    straddling = [batch(11, "other", hours=24 * 9)]
    model = ModelEvidence(Node(id="m", kind="model"), {}, {}, None, (), {}, (*before, *straddling), "")
    assert [(d.column, d.mechanism) for d in schema_differences(model, SYMPTOM)] == [("x", "dropped")]


@pytest.mark.parametrize("minutes", [5, 600])
def test_where_no_batch_ended_before_the_onset_the_one_that_began_before_it_counts(minutes):
    """One file a period, of which the first runs on a little into the interval of the onset."""
    start = SYMPTOM.onset.low
    files = [
        replace(batch(0, kind=kind), first=first, last=last)
        for kind, first, last in (
            ("numeric", START, start + timedelta(minutes=minutes)),
            ("category", start + timedelta(minutes=minutes), SYMPTOM.window.end),
        )
    ]
    model = ModelEvidence(Node(id="m", kind="model"), {}, {}, None, (), {}, tuple(files), "")
    (found,) = schema_differences(model, SYMPTOM)
    assert (found.column, found.mechanism, found.since) == ("x", "retyped", files[1].first)


def test_one_batch_for_both_periods_is_not_held_against_itself():
    whole = batch(0, hours=24 * DAYS)
    model = ModelEvidence(Node(id="m", kind="model"), {}, {}, None, (), {}, (whole,), "")
    assert schema_differences(model, SYMPTOM) == ()


def test_a_stated_window_is_the_measure_where_there_is_no_onset():
    changed = {day: batch(day, kind="boolean") for day in LATE}
    model = ModelEvidence(
        Node(id="m", kind="model"), {}, {}, None, (), {}, tuple(changed.get(d, batch(d)) for d in range(DAYS)), ""
    )
    (found,) = schema_differences(model, replace(SYMPTOM, reference_split=True))
    assert (found.mechanism, found.share) == ("retyped", 1.0)


@pytest.mark.parametrize(("late", "told"), [("DOUBLE[4]", True), ("DOUBLE[8]", False), ("DOUBLE[]", False)])
def test_vectors_of_another_length_are_retyped_those_of_several_lengths_are_not(late, told):
    def vectors(day, of):
        return replace(batch(day), type=of, kind="vector")

    changed = {day: vectors(day, late if day in LATE else "DOUBLE[8]") for day in range(DAYS)}
    found = differences(changed).get("x")
    assert (found is not None) == told
    if found:
        assert (found.mechanism, found.before, found.after) == ("retyped", "DOUBLE[8]", "DOUBLE[4]")
