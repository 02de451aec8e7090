"""Judging rankers: rates by hand, and a challenger that must be better and nowhere worse."""

from dataclasses import replace
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rankers import heuristic
from rankers.fit import fit
from rankers.model import Model
from rankers.quality import compare, expected_calibration_error, figures, sign_test
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


@given(st.integers(0, 12), st.integers(0, 12))
def test_the_sign_test_counts_coin_tosses(better, worse):
    total = better + worse
    by_hand = sum(comb(total, k) for k in range(worse, total + 1)) / 2**total
    assert sign_test(better, worse) == pytest.approx(by_hand if total else 1.0)


def test_what_learned_the_truth_is_better():
    found = compare(PLAIN, fit(incidents(120), PLAIN, version="site"), incidents(80, first=5000))
    assert (found.better, found.not_worse) == (True, True)


def test_what_learned_from_lies_is_worse_and_says_why():
    lies = [
        each.__class__(each.incident, each.slate, np.append(~each.right, False), each.right) for each in incidents(120)
    ]
    found = compare(PLAIN, fit(lies, PLAIN, version="site"), incidents(80, first=5000))
    assert (found.better, found.not_worse) == (False, False)
    assert "log loss" in found.reason


def test_the_same_ranker_is_neither_better_nor_worse():
    found = compare(PLAIN, PLAIN, incidents(30))
    assert (found.better, found.not_worse) == (False, True)


def test_nothing_to_compare_on_decides_nothing():
    found = compare(PLAIN, PLAIN, [])
    assert (found.better, found.not_worse) == (False, False)


def test_labels_that_nobody_trusts_decide_nothing():
    learned, asked = fit(incidents(120), PLAIN, version="site"), incidents(40, first=5000)
    lies = [replace(each, right=(wrong := np.roll(each.right, 1)), possible=np.append(wrong, False)) for each in asked]
    against = [replace(each, weight=0.001) for each in lies]
    assert compare(PLAIN, learned, lies).not_worse is False
    assert compare(PLAIN, learned, [*asked, *against]).p_better == pytest.approx(
        compare(PLAIN, learned, asked).p_better, rel=0.2
    )
