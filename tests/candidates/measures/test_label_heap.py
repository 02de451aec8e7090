"""A limit of what is recorded heaps labels; a world of smaller, flipped or always heaped outcomes does not."""

from dataclasses import replace

import numpy as np
import pytest

from candidates.measures.label_heap import heap
from tests.laws.worlds import logged, make_model

ROWS = make_model(*logged(6000)).rows
LATE = ROWS.after
RNG = np.random.default_rng(7)
VALUE = np.round(RNG.gamma(2.0, 10.0, len(LATE)), 1)
ROUND = 5 * np.round(VALUE / 5)
ZEROED = np.where(RNG.random(len(LATE)) < 0.2, 0.0, VALUE)


def found(label):
    return heap(replace(ROWS, label=label))


@pytest.mark.parametrize(("limit", "cut"), [(30.0, 1), (8.0, -1)])
def test_labels_recorded_up_to_a_limit_heap_on_it(limit, cut):
    touched = LATE & (RNG.random(len(LATE)) < 0.7)
    found_one = found(np.where(touched & (cut * VALUE > cut * limit), limit, VALUE))
    assert (found_one.value, found_one.cut) == (limit, cut)
    assert found_one.after > 0.1 > found_one.before


@pytest.mark.parametrize(
    "label",
    [
        VALUE,
        np.where(LATE, 0.6 * VALUE, VALUE),
        np.where(LATE, np.round(VALUE), VALUE),
        np.where(LATE & (RNG.random(len(LATE)) < 0.3), 0.0, ZEROED),
        np.where(LATE, 40.0 - ZEROED, ZEROED),
        np.where(LATE, ROUND - 7.5, ROUND),
        np.full(len(LATE), 3.0),
        np.full(len(LATE), np.nan),
    ],
    ids=["same", "smaller", "rounded", "more zeros", "mirrored", "moved", "constant", "unknown"],
)
def test_other_changes_do_not(label):
    assert found(label) is None
