"""A climb against a step."""

import numpy as np
import pytest

from candidates.measures.leak import leak_onset
from tests.candidates.fault_scenes import BUCKETS, FAULT, LATE, MINUTES, noise

SINCE = np.maximum(np.arange(BUCKETS) - FAULT, 0)


@pytest.mark.parametrize("since", [FAULT, FAULT + 5])
def test_a_climb_is_dated_by_its_start(since):
    value = 5 + 0.5 * np.maximum(np.arange(BUCKETS) - since, 0) + noise("leak", 0.2)
    found = leak_onset(MINUTES, value, ~LATE, 0.2)
    assert found.low <= found.at <= found.high
    assert abs((found.at.hour - 10) * 60 + found.at.minute - since) <= 2


@pytest.mark.parametrize(
    "value",
    [
        5 + 5.0 * LATE + noise("a", 0.2),
        5 + noise("b", 0.2),
        5 - 0.5 * SINCE,
        np.full(BUCKETS, 5.0),
    ],
    ids=["step", "noise", "fall", "constant"],
)
def test_what_does_not_climb_is_no_leak(value):
    assert leak_onset(MINUTES, value, ~LATE, 0.2) is None


def test_too_few_buckets_say_nothing():
    assert leak_onset(MINUTES[:4], np.arange(4.0), np.arange(4) < 2, 0.1) is None
