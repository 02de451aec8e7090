"""Predicates are written so that they parse back to the same rows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from candidates.measures.predicates import Condition, Slice, range_condition

finite = st.floats(-1e9, 1e9).map(lambda x: x + 0.0)


def test_conditions_are_joined_in_alphabetical_order():
    where = Slice((Condition("hour", low=22, high=23), Condition("country", value="DE & co")))
    assert str(where) == "country=DE & co & hour in [22,23]"


@pytest.mark.parametrize(
    ("low", "high", "written"),
    [(1, 5, "x<6"), (4, 9, "x>=4"), (3, 3, "x=3"), (3, 5, "x in [3,5]"), (1, 1, "x=1")],
)
def test_whole_numbers_stay_whole(low, high, written):
    assert str(range_condition("x", np.arange(1.0, 10.0), low, high)) == written


def test_ends_have_the_fewest_decimals_that_select_the_same_rows():
    values = np.sort(np.random.default_rng(0).normal(size=200))
    condition = range_condition("x", values, values[50], values[149])
    assert len(str(condition)) < len("x in [-0.6789,0.5678]")
    assert condition.mask(values).nonzero()[0].tolist() == list(range(50, 150))


@given(st.lists(finite, min_size=2, max_size=40, unique=True), st.data())
def test_a_written_range_selects_the_same_values(values, data):
    values = np.sort(np.array(values))
    first = data.draw(st.integers(0, len(values) - 1))
    last = data.draw(st.integers(first, len(values) - 1))
    condition = range_condition("x", values, values[first], values[last])
    if first > 0 or last < len(values) - 1:
        text = str(condition)
        ends = text.partition("[")[2].rstrip("]").split(",") if " in " in text else [text.lstrip("x<>=")]
        assert all(np.isfinite(float(end)) for end in ends)
    assert condition.mask(values).nonzero()[0].tolist() == list(range(first, last + 1))


def test_masks_read_raw_values():
    numbers, texts = np.array([1.0, np.nan, 3.0]), np.array(["a", None, "b"], dtype=object)
    assert Condition("x").mask(numbers).tolist() == [False, True, False]
    assert Condition("x", value="3").mask(numbers).tolist() == [False, False, True]
    assert Condition("x", below=3).mask(numbers).tolist() == [True, False, False]
    assert Condition("t").mask(texts).tolist() == [False, True, False]
    assert Slice((Condition("t", value="b"), Condition("x", low=2))).mask({"t": texts, "x": numbers}).tolist() == [
        False,
        False,
        True,
    ]
