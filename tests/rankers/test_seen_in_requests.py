"""Doubt about the metric gives way where the requests themselves show a fault."""

import dataclasses
import math

import pytest

from rankers.heuristic import none_log_odds, rank
from tests.laws.worlds import make_symptom
from tests.rankers.test_heuristic import candidate

DOUBTFUL = make_symptom(p_value=0.9)


def none(seen: float) -> float:
    one = candidate()
    return rank([dataclasses.replace(one, features={**one.features, "seen_in_requests": seen})], [1.0], DOUBTFUL)[1]


def test_a_fault_that_requests_show_is_believed_though_the_metric_is_calm():
    assert none(1.0) < 0.1
    assert none(0.0) > 0.5


def test_more_seen_is_less_doubt():
    found = [none_log_odds(DOUBTFUL.p_value, seen) for seen in (0.0, 0.4, 1.0)]
    assert found == sorted(found, reverse=True)


@pytest.mark.parametrize("odd", [math.nan, -1.0])
def test_what_is_not_known_is_not_seen(odd):
    assert none_log_odds(DOUBTFUL.p_value, odd) == none_log_odds(DOUBTFUL.p_value)


def test_a_symptom_beyond_doubt_needs_no_witness():
    plain = make_symptom(p_value=1e-6)
    assert none_log_odds(plain.p_value, 1.0) == none_log_odds(plain.p_value, 0.0)
