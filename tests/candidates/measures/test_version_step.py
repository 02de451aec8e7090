"""Whether answers changed with a version's rows, or at another moment near to when it came in."""

import numpy as np
import pytest

from candidates.measures.version_step import with_version

RNG = np.random.default_rng(7)
ROWS = 1200
TS = np.datetime64("2026-03-01") + np.arange(ROWS) * np.timedelta64(10, "m")
BASE = np.arange(ROWS) < 800
SWITCH = 900


def judged(changed, new, seed=0):
    size = np.abs(np.random.default_rng(seed).normal(size=ROWS)) * np.where(changed, 3.0, 1.0)
    return with_version(size, TS, new, BASE)


@pytest.mark.parametrize("seed", range(8))
def test_a_change_that_came_with_the_version_is_the_versions(seed):
    new = np.arange(ROWS) >= SWITCH
    assert judged(new, new, seed) > 0.9


@pytest.mark.parametrize("apart", [-60, 60])
def test_a_change_hours_before_or_after_the_version_came_in_is_not(apart):
    new = np.arange(ROWS) >= SWITCH
    assert np.mean([judged(np.arange(ROWS) >= SWITCH + apart, new, seed) for seed in range(8)]) < 0.15


def test_a_canary_whose_rows_alone_deviate_is_to_blame():
    new = (np.arange(ROWS) >= SWITCH) & (RNG.random(ROWS) < 0.5)
    assert judged(new, new) == 1.0


def test_what_also_befell_the_old_versions_rows_is_not_a_canarys():
    since = np.arange(ROWS) >= SWITCH
    assert judged(since, since & (RNG.random(ROWS) < 0.5)) < 0.2


def test_where_both_a_moment_and_the_version_moved_the_answers_it_keeps_its_part():
    since, new = np.arange(ROWS) >= SWITCH - 60, np.arange(ROWS) >= SWITCH
    size = np.abs(np.random.default_rng(1).normal(size=ROWS)) * (1.0 + 1.5 * since + 3.0 * new)
    assert 0.2 < with_version(size, TS, new, BASE) < 0.9


def test_too_few_rows_tell_nothing():
    new = np.arange(ROWS) >= ROWS - 5
    assert judged(new, new) == 1.0
    assert judged(new, np.zeros(ROWS, dtype=bool)) == 1.0
