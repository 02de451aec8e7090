"""Whether a symptom comes and goes with a component's trouble."""

import numpy as np
import pytest

from candidates.measures.tracking import tracking
from tests.candidates.fault_scenes import BUCKETS, LATE, noise, series, symptom

BURSTS = LATE & (np.arange(BUCKETS) % 4 < 2)


def followed(line, excess, direction="up"):
    what = symptom("orders", "placed", (10.0, float(line[LATE].mean())), line, direction=direction)
    return tracking(what, series("db", "errors", excess), excess)


@pytest.mark.parametrize(("sign", "direction"), [(1, "up"), (-1, "down")])
def test_a_symptom_in_the_same_buckets_is_explained(sign, direction):
    found = followed(10 + sign * 3.0 * BURSTS + noise("y", 0.2), 0.3 * BURSTS, direction)
    assert found.together
    assert found.share == pytest.approx(1.0, abs=0.1)


def test_half_of_a_symptom_that_also_steps_is_explained_by_half():
    found = followed(10 + 2.0 * BURSTS + 1.0 * LATE + noise("y", 0.1), 0.3 * BURSTS)
    assert found.share == pytest.approx(0.5, abs=0.1)


def test_a_symptom_in_other_buckets_is_not():
    assert not followed(10 + 3.0 * (LATE & ~BURSTS) + noise("y", 0.2), 0.3 * BURSTS).together
    assert not followed(10 + 3.0 * LATE + noise("y", 0.2), 0.3 * BURSTS).together


@pytest.mark.parametrize(
    "excess", [0.3 * LATE, np.full(BUCKETS, np.nan), np.zeros(BUCKETS)], ids=["step", "gaps", "flat"]
)
def test_what_does_not_vary_inside_the_window_says_nothing(excess):
    assert followed(10 + 3.0 * LATE + noise("y", 0.2), excess) is None
