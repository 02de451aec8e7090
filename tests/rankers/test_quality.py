"""Judging rankers: rates by hand."""

import numpy as np
import pytest

from rankers import heuristic
from rankers.model import Model
from rankers.quality import expected_calibration_error, figures
from tests.rankers.slates import incidents

PLAIN = Model(heuristic.VERSION)


def test_rates_are_counted():
    asked = [*incidents(40), *incidents(5, first=100, nothing=True)]
    found = figures(PLAIN, asked)
    assert found.incidents == 45
    assert sum(total for _, total in found.by_family.values()) == 40
    assert sum(right for right, _ in found.by_family.values()) == pytest.approx(40 * found.ac1)
    assert found.ac1 <= found.ac3


def test_calibration_error_of_what_is_said_and_what_is_so():
    confidence = np.array([0.95] * 10 + [0.55] * 10)
    right = np.array([True] * 9 + [False] + [True] * 5 + [False] * 5)
    assert expected_calibration_error(confidence, right) == pytest.approx(0.05)
    assert expected_calibration_error(np.array([]), np.array([], dtype=bool)) == 0.0
