"""Values that pile up at one bound or at two."""

import numpy as np
import pytest

from candidates.measures.piled_up import piled_up

OLD = np.random.default_rng(0).normal(50, 10, 4000)
NEW = np.random.default_rng(1).normal(50, 10, 3000)


@pytest.mark.parametrize(("low", "high"), [(-np.inf, 55.0), (40.0, np.inf), (45.0, 60.0), (48.0, 52.0)])
def test_the_bounds_are_found(low, high):
    found = piled_up(OLD, np.clip(NEW, low, high))
    assert (found.low, found.high) == (low, high)
    beyond = np.mean((low > OLD) | (high < OLD))
    assert found.moved == pytest.approx(beyond, abs=0.05)
    assert found.gone == 1.0


def test_rows_from_before_the_fault_among_the_new_ones_hide_nothing():
    mixed = np.concatenate([NEW[:600], np.clip(NEW[600:], 45.0, 55.0)])
    found = piled_up(OLD, mixed)
    assert (found.low, found.high) == (45.0, 55.0)
    assert 0.6 < found.gone < 0.9


@pytest.mark.parametrize(
    "new",
    [NEW, NEW + 3, 0.5 * NEW + 25, np.round(NEW), np.where(NEW > 60, 50.0, NEW), np.where(NEW > 50, 60.0, NEW)],
    ids=["as before", "moved", "narrower", "rounded", "default", "two values"],
)
def test_other_changes_are_no_bound(new):
    assert piled_up(OLD, new) is None
