"""Sets of roots: which two causes may be right together, and each one's probability over all sets."""

import math
from dataclasses import replace
from itertools import combinations

import pytest

from rankers.roots import FEW, exclude, marginals, pairs_of, rivals
from tests.rankers.test_heuristic import candidate

X, Y = candidate("x"), candidate("y")


def test_readings_of_one_place_or_of_one_anomaly_are_rivals():
    assert rivals(X, candidate("x", family="schema_change"))
    assert not rivals(X, Y)
    seen = ("column", "m", "x")
    assert rivals(replace(X, explains=(seen,)), replace(Y, node="m", explains=(seen, ("output", "m"))))
    assert not rivals(replace(X, explains=(seen,)), replace(Y, explains=(("output", "m"), seen)))


def test_a_cause_that_says_that_all_else_is_well_is_right_alone():
    process = replace(candidate(None, family="downstream_change"), node="kpi")
    assert exclude(process, X)
    assert exclude(Y, process)
    assert not rivals(process, X)  # another place, another anomaly
    assert not exclude(X, Y)
    assert pairs_of([X, process, Y], [0.0, 0.0, 0.0]) == [(0, 2)]


def test_only_the_likelier_candidates_are_tried_in_pairs():
    many = [candidate(str(i)) for i in range(40)]
    found = pairs_of(many, [float(i) for i in range(40)])
    assert found == list(combinations(range(40 - FEW, 40), 2))


def test_a_probability_sums_over_the_sets_that_hold_the_cause():
    probability, none = marginals([0.0, math.log(2.0), -math.inf], [math.log(3.0)], [(0, 2)], math.log(4.0))
    assert probability == pytest.approx([0.4, 0.2, 0.3])
    assert none == pytest.approx(0.4)


def test_nothing_to_rank_is_none():
    probability, none = marginals([], [], [], 0.0)
    assert (probability.tolist(), none) == ([], 1.0)
