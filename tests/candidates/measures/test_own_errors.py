"""Whose errors they are, from spans."""

import pytest

from candidates.measures.own_errors import error_share, own_errors
from tests.candidates.fault_scenes import traced
from tests.rca.spans.traces import Shop


def test_errors_are_counted_once_at_the_deepest():
    found = own_errors(traced(Shop(), {"3": (0.0, 0.2), "2": (0.0, 0.2), "1": (0.0, 0.2)}))
    assert set(found) == {"cart"}
    assert found["cart"].growth.after == pytest.approx(0.2, abs=0.03)
    assert not found["cart"].unreached


def test_two_services_share_by_what_reaches_the_symptom():
    evidence = traced(Shop(), {"5": (0.0, 0.1), "4": (0.0, 0.1), "3": (0.0, 0.3), "2": (0.0, 0.3), "1": (0.0, 0.3)})
    assert error_share(evidence, "cart") > error_share(evidence, "ads")


def test_an_error_rate_that_stays_is_nobodys_fault():
    assert own_errors(traced(Shop(), {"6": (0.05, 0.05), "1": (0.05, 0.05)})) == {}
    assert own_errors(traced(Shop(), {})) == {}
    assert error_share(traced(Shop(), {}), "db") == 0.0
