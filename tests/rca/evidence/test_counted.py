"""Which versions served and which columns came, told by histograms alone."""

from dataclasses import replace
from datetime import UTC, timedelta

import numpy as np
import pytest

from candidates.measures.batches import schema_differences
from candidates.measures.versions import version_switch
from rca.evidence.counted import counted_columns, counted_versions
from rca.evidence.gather import gather
from rca.warehouse import Warehouse
from tests.laws.worlds import DAYS, ONSET, logged, make_symptom, profile_of
from tests.rca.evidence.test_gather import SPLIT, SYSTEM, symptom
from tests.rca.profile.landing import START

T0 = START.replace(tzinfo=UTC)


def cells(warehouse, *spans, node="m", column="x", part="", split="production"):
    """Land the cells of histograms; a span: version, its first hour, the one after its last, rows a bin and hour."""
    rows = [
        (node, version, split, column, part, START + timedelta(hours=hour), place, n)
        for version, first, stop, n in spans
        for hour in range(first, stop)
        for place in (0, 1)
    ]
    warehouse.connection.executemany(
        "INSERT INTO profile (node, model_version, split, column_name, part, hour, bin, n, n_labelled) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0)",
        rows,
    )
    warehouse.connection.executemany(
        "INSERT INTO bins VALUES (?, ?, ?, 'numeric', ?, 'range', ?, ?, NULL)",
        [(node, column, part, place, float(place), place + 1.0) for place in (0, 1)],
    )


@pytest.fixture
def warehouse():
    with Warehouse() as opened:
        yield opened


def test_versions_are_those_of_the_column_that_holds_most_rows(warehouse):
    cells(warehouse, ("1", 0, SPLIT + 2, 5), ("2", SPLIT - 1, 96, 7), ("", 0, 96, 1))
    cells(warehouse, ("1", 0, 96, 1), column="a")
    cells(warehouse, ("9", -900, 96, 50), split="train")
    cells(warehouse, ("8", 0, 96, 50), node="aside")
    old, new = counted_versions(warehouse, "m", symptom())
    assert (old.version, old.first, old.last) == ("1", T0, T0 + timedelta(hours=SPLIT + 2))
    assert (old.n_before, old.n_after) == (10 * SPLIT, 20)
    assert (new.version, new.first, new.last) == ("2", T0 + timedelta(hours=SPLIT - 1), T0 + timedelta(hours=96))
    assert (new.n_before, new.n_after) == (14, 14 * 24)


def test_hours_outside_of_both_periods_are_not_counted_but_say_since_when(warehouse):
    cells(warehouse, ("1", -5, SPLIT, 5), ("2", 96, 99, 5))
    old, new = counted_versions(warehouse, "m", symptom())
    assert (old.first, old.n_before, old.n_after) == (T0 - timedelta(hours=5), 10 * SPLIT, 0)
    assert (new.n_before, new.n_after) == (0, 0)
    assert counted_versions(warehouse, "nobody", symptom()) == ()


def test_a_node_of_histograms_alone_has_versions_and_batches(warehouse):
    cells(warehouse, ("1", 0, SPLIT, 5), ("2", SPLIT - 1, SPLIT, 90), ("2", SPLIT, 96, 5))
    cells(warehouse, ("1", 0, SPLIT, 5), ("2", SPLIT - 1, SPLIT, 90), column="gone")
    given = gather(warehouse, SYSTEM, symptom())
    model = given.models["m"]
    assert model.rows is None
    assert [span.version for span in model.versions] == ["1", "2"]
    # the hour in which the versions took turns is counted with those before the onset
    switch = version_switch(given, "m")
    assert (switch.subject, switch.since) == ("2", T0 + timedelta(hours=SPLIT - 1))
    assert len(model.batches) == 96 + SPLIT
    (difference,) = schema_differences(model, given.symptom)
    assert (difference.column, difference.mechanism, difference.since) == (
        "gone",
        "dropped",
        T0 + timedelta(hours=SPLIT),
    )


X, _, _, DAY = logged(4000)
LATE = DAYS - 5


def observed(**kept):
    """Return what was observed of columns of which only some rows came: name -> (N,) which."""
    columns = {name: profile_of(name, X["a"][rows], DAY[rows]) for name, rows in kept.items()}
    return counted_columns("m", columns)


def came(column, seen):
    return [(one.first - (ONSET - timedelta(days=LATE))).days for one in seen if one.column == column]


def test_a_column_came_in_the_buckets_in_which_most_rows_have_it():
    rng, whole = np.random.default_rng(0), np.ones(len(DAY), dtype=bool)
    few, many = (whole & ((DAY < LATE) | (rng.random(len(DAY)) < share)) for share in (0.3, 0.7))
    seen = observed(always=whole, few=few, many=many, stops=DAY < LATE, begins=DAY >= LATE, never=~whole)
    assert came("always", seen) == [*range(DAYS)]
    assert came("many", seen) == []  # it lacks nowhere: nothing is to be told of it
    assert came("few", seen) == came("stops", seen) == [*range(LATE)]
    assert came("begins", seen) == [*range(LATE, DAYS)]
    assert came("never", seen) == []
    assert came("paused", observed(paused=DAY != 3)) == [0, 1, 2, *range(4, DAYS)]
    assert [one.first for one in seen] == sorted(one.first for one in seen)


def test_a_bucket_is_observed_as_a_batch_is():
    emptied = np.where(DAY == 2, np.nan, X["a"])
    columns = {"a": profile_of("a", X["b"], DAY), "b": profile_of("b", emptied, DAY)}
    found = [one for one in counted_columns("m", columns) if one.column == "b"]
    assert (found[2].position, found[2].kind, found[2].uncast) == (1, "numeric", 0)
    assert found[2].nulls == found[2].rows == (DAY == 2).sum()
    assert (found[1].nulls, found[1].rows) == (0, (DAY == 1).sum())
    assert found[1].first + timedelta(days=1) == found[2].first == found[1].last + timedelta(microseconds=1)


def test_rows_of_a_bucket_are_those_of_its_fullest_column():
    half = DAY >= 0
    half[::3] = False
    assert {one.rows for one in observed(whole=DAY >= 0, half=half) if one.first == ONSET} == {(DAY == LATE).sum()}


def test_one_bucket_or_none_is_no_error():
    profile = profile_of("a", X["a"], DAY)
    single = replace(profile, ts=profile.ts[:1], counts=profile.counts[:1])
    (only,) = counted_columns("m", {"a": single})
    assert only.last - only.first == timedelta(hours=1, microseconds=-1)
    assert counted_columns("m", {}) == ()


@pytest.mark.parametrize("share", [0.3, 0.7])
def test_a_bucket_that_straddles_the_onset_hides_no_dropped_column(share):
    kept = (DAY < LATE) | ((DAY == LATE) & (np.random.default_rng(0).random(len(DAY)) < share))

    class Model:
        batches = observed(whole=DAY >= 0, gone=kept)

    (found,) = schema_differences(Model, make_symptom())
    assert (found.column, found.mechanism) == ("gone", "dropped")
    assert found.since == ONSET + timedelta(days=int(share > 0.5))


def test_a_column_that_always_came_with_a_part_of_the_rows_is_not_missed():
    office = np.arange(len(DAY)) % 3 == 0
    seen = observed(whole=DAY >= 0, office=office & (DAY != LATE))
    assert came("whole", seen) == [*range(DAYS)]
    assert came("office", seen) == []
