"""The symptom's shape against the baseline's own outputs."""

import numpy as np
import pytest

from candidates.measures.flow import flows
from candidates.measures.matched_filter import MAX_Z, POSITIONS, in_spreads, past_of, seen_through
from tests.candidates.measures.test_metric_roots import evidence, slow

UNIT = np.array([-1.0, -1, 1, 1]) / 2


def test_noise_gives_outputs_of_spread_one():
    rng = np.random.default_rng(1)
    past = past_of(rng.normal(size=3000), 0.0, 3)
    assert past.shape == (POSITIONS, 4)
    now = [in_spreads(float(UNIT @ np.r_[0, rng.normal(size=3)]), past, UNIT, 1e-9) for _ in range(500)]
    assert np.std(now) == pytest.approx(1.0, abs=0.2)


def test_a_series_that_wanders_by_itself_is_judged_by_how_it_wanders():
    rng = np.random.default_rng(2)
    wander = np.convolve(rng.normal(size=2000), np.ones(20) / 20, "valid")
    rough, smooth = (in_spreads(0.5, past_of(one, 0.0, 3), UNIT, 1e-9) for one in (rng.permutation(wander), wander))
    assert smooth > rough  # neighbours alike: a step among four rows is rarer


def test_a_short_baseline_tells_by_its_values():
    past = past_of(np.random.default_rng(3).normal(size=8), 0.0, 3)
    assert past.shape == (8, 1)
    assert 1 < in_spreads(5.0, past, UNIT, 1e-9) < MAX_Z


def test_a_flat_baseline_does_not_make_a_twitch_infinite():
    flat = past_of(np.full(100, 7.0), 7.0, 3)
    assert in_spreads(0.01, flat, UNIT, 0.14) < 1
    assert in_spreads(1e9, flat, UNIT, 1e-12) == MAX_Z


def test_a_bystander_is_not_seen_and_the_root_is():
    found = flows(evidence(slow()))
    shape = found.rows(found.target)
    unit = (shape - shape.mean()) / np.linalg.norm(shape - shape.mean())
    assert seen_through(found, found.by_node["time", "search"], unit).z > 10
    assert abs(seen_through(found, found.by_node["time", "bank"], unit).z) < 4
