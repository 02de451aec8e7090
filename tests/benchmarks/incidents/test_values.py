"""Wrong values, categories and rows: each fault does what it says, only there and then."""

import numpy as np
import pytest

from benchmarks.incidents.faults.garbled import Garbled
from benchmarks.incidents.faults.late import LateData
from benchmarks.incidents.faults.rows import DuplicatedRows, MissingRows
from benchmarks.incidents.faults.slices import Condition, Slice
from benchmarks.incidents.faults.vocabulary import Vocabulary
from rca.demo.extent import Extent
from rca.demo.faults import Corruption

from .toy import ONSET, run

SHARP = Extent(ONSET)


def test_a_misjoin_keeps_the_marginal_and_breaks_the_joint_distribution(cascade, calm) -> None:
    world, after = run(cascade, Corruption("size", "misjoined", SHARP))
    now, then = world.columns["size"][after], calm.columns["size"][after]
    assert (np.sort(now) == np.sort(then)).all()
    weight = world.columns["weight"][after]
    assert abs(np.corrcoef(now, weight)[0, 1]) < 0.15
    assert np.corrcoef(then, weight)[0, 1] > 0.8


def test_late_data_are_the_values_of_earlier_requests(cascade, calm) -> None:
    world, after = run(cascade, LateData("size", 40, SHARP))
    first = int(np.flatnonzero(after)[0])
    assert (world.columns["size"][first:] == calm.columns["size"][first - 40 : -40]).all()
    assert (world.columns["size"][:first] == calm.columns["size"][:first]).all()


def test_garbled_texts_are_unknown_and_garbled_numbers_off_by_powers_of_ten(cascade, calm) -> None:
    world, after = run(cascade, Garbled("colour", SHARP), Garbled("age", SHARP))
    assert not set(world.columns["colour"][after]) & set(calm.columns["colour"])
    ratio = np.abs(world.columns["age"][after] / calm.columns["age"][after])
    assert set(np.log10(ratio).round().astype(int)) == {-2, -1, 1, 2}
    assert (world.columns["age"][~after] == calm.columns["age"][~after]).all()


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ("merged", {"OTHER_GROUP", "Green"}),
        ("split", {"Red A", "Red B", "Blue A", "Blue B", "Green"}),
        ("renamed", {"Red (2026)", "Blue (2026)", "Green"}),
    ],
)
def test_a_vocabulary_changes_for_the_given_categories_only(cascade, how, expected) -> None:
    world, after = run(cascade, Vocabulary("colour", ("Red", "Blue"), how, SHARP))
    assert set(world.columns["colour"][after]) == expected
    assert set(world.columns["colour"][~after]) == {"Red", "Blue", "Green"}


def test_rows_of_the_slice_come_again_or_not_at_all(cascade) -> None:
    north = Slice((Condition("area", value="north"),))
    for fault, of_row in (
        (DuplicatedRows(north, 2, SHARP), lambda world: world.copies),
        (MissingRows(north, SHARP), lambda world: -1 * ~world.keep),
    ):
        world, after = run(cascade, fault)
        touched = after & (world.columns["area"] == "north")
        assert (of_row(world)[~touched] == 0).all()
        assert len(set(of_row(world)[touched])) == 1
        assert of_row(world)[touched][0] != 0


def test_a_slice_is_written_in_the_grammar_and_selects_its_rows() -> None:
    where = Slice((Condition("hour", low=22, high=23), Condition("country", value="DE")))
    assert where.predicate == "country=DE & hour in [22,23]"
    columns = {"hour": np.array([21.0, 22, 23, np.nan]), "country": np.array(["DE", "DE", "FR", "DE"], dtype=object)}
    assert where.mask(columns).tolist() == [False, True, False, False]
    assert str(Condition("x", low=2.5)) == "x>=2.5"
    assert str(Condition("x", high=2.5)) == "x<2.5"
    assert Condition("x", high=2.5).mask({"x": np.array([2.4, 2.5])}).tolist() == [True, False]
