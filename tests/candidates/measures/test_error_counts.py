"""Errors are judged by how many there were: a failed request or three are chance, forty are not."""

import math

import numpy as np
import pytest

from candidates.measures.broken import broken_metrics
from candidates.measures.error_counts import surest, tail_of_counts
from candidates.measures.metric_roots import metric_roots
from tests.candidates.fault_scenes import BUCKETS, FAULT, LATE, scene, series, symptom

PER_MINUTE = 50


def shop(errors: np.ndarray, requests: int = PER_MINUTE):
    rate = series("db", "errors", errors / requests)
    return rate, series("db", "requests", np.full(BUCKETS, float(requests)))


def test_the_tail_is_the_binomial_one():
    assert tail_of_counts(3, 0, 1 / 2) == pytest.approx(1 / 8)
    assert tail_of_counts(1, 2, 1 / 3) == pytest.approx(1 - (2 / 3) ** 3)
    assert tail_of_counts(0, 9, 1 / 3) == 1.0


def errors_late(count: int) -> np.ndarray:
    """Return so many errors, one a minute in turn, from the fault on, and one before it."""
    found = np.bincount(FAULT + np.arange(count) % (BUCKETS - FAULT), minlength=BUCKETS).astype(float)
    found[3] += 1
    return found


@pytest.mark.parametrize(("count", "breaks"), [(3, False), (60, True)])
def test_few_errors_are_chance_and_many_are_not(count, breaks):
    rate, requests = shop(errors_late(count))
    evidence = scene([rate, requests], symptom(metric="errors", value=(0.0, 0.05)))
    assert (surest(evidence, rate, requests) > 4) == breaks
    assert ("db" in broken_metrics(evidence)) == breaks


def test_one_bad_minute_is_enough_if_it_has_errors_enough():
    errors = errors_late(0)
    errors[FAULT + 4] = 20
    rate, requests = shop(errors)
    assert surest(scene([rate, requests]), rate, requests) > 6
    errors[FAULT + 4] = 1
    rate, requests = shop(errors)
    assert surest(scene([rate, requests]), rate, requests) == 0.0


def test_a_callee_whose_single_error_meets_the_callers_is_no_root():
    found = {}
    for failed in (1, 30):
        errors = np.zeros(BUCKETS)
        errors[FAULT + 4] = failed
        web = series("web", "errors", errors / PER_MINUTE)
        load = [series(name, "requests", np.full(BUCKETS, float(PER_MINUTE))) for name in ("web", "cart", "db")]
        of_db = series("db", "errors", errors / PER_MINUTE)
        what = symptom(metric="errors", value=(0.0, 0.01), line=web.value)
        found[failed] = [root.flow.node for root in metric_roots(scene([web, of_db, *load], what))]
    assert found[1] == []
    assert "db" in found[30]


def test_more_components_make_chance_likelier():
    rate, requests = shop(errors_late(12))
    others = [series(name, "errors", np.where(LATE, 0.01, 0.0)) for name in ("web", "cart", "ads")]
    assert surest(scene([rate, requests, *others]), rate, requests) < surest(scene([rate, requests]), rate, requests)


def test_without_counts_nothing_is_bounded():
    rate, requests = shop(errors_late(3))
    per_second = series("db", "requests", np.full(BUCKETS, PER_MINUTE / 60))
    assert surest(scene([rate]), rate, None) == math.inf
    assert surest(scene([rate, per_second]), rate, per_second) == math.inf
    cpu = series("db", "cpu", np.full(BUCKETS, 0.5))
    assert surest(scene([cpu, requests]), cpu, requests) == math.inf


def test_availability_counts_what_it_lacks():
    errors = errors_late(3)
    for full in (1.0, 100.0):
        up = series("db", "availability", full * (1 - errors / PER_MINUTE))
        _, requests = shop(errors)
        assert surest(scene([up, requests]), up, requests) < 4
