"""Which metrics broke, how surely, and whether a resource was first."""

from datetime import timedelta

import numpy as np
import pytest

from candidates.measures.broken import MIN_Z, broke_first, broken_metrics, examine
from candidates.measures.recorded_errors import own_error_rises
from schemas.evidence import Onset
from tests.candidates.fault_scenes import BUCKETS, FAULT, LATE, T0, noise, scene, series, step, symptom


@pytest.mark.parametrize("seed", range(40))
def test_noise_and_drift_seldom_break(seed):
    rng = np.random.default_rng(seed)
    white = series("db", "cpu", 0.3 + 0.02 * rng.normal(size=BUCKETS))
    spiky = series("db", "network", 100 * rng.lognormal(0, 0.5, BUCKETS))
    rare = series("db", "errors", rng.poisson(0.2, BUCKETS) / 100)
    assert [examine(symptom(), one) for one in (white, spiky, rare)] == [None] * 3


def test_a_random_walk_breaks_seldom():
    walks = [np.cumsum(np.random.default_rng(seed).normal(size=BUCKETS)) for seed in range(200)]
    broken = [examine(symptom(), series("db", "memory", 100 + walk)) for walk in walks]
    assert np.mean([one is not None for one in broken]) < 0.1


def test_a_cache_that_fills_a_little_is_no_pressure():
    """A steady gauge that steps by a tenth says less of memory than of a processor."""
    little, much = (0.5 + noise("c", 0.002) + np.where(LATE, rise, 0.0) for rise in (0.05, 0.15))
    assert examine(symptom(), series("db", "memory", little)) is None
    assert examine(symptom(), series("db", "memory", much)).mechanism == "memory_pressure"
    assert examine(symptom(), series("db", "cpu", little)).mechanism == "cpu_saturated"


def test_earlier_trouble_in_the_baseline_does_not_hide_the_next():
    value = 0.2 + noise("c", 0.02)
    value[5:12] = 0.9
    value[LATE] = 0.9
    found = examine(symptom(), series("db", "cpu", value))
    assert found.z > MIN_Z
    assert found.onset.at == T0 + timedelta(minutes=FAULT)


def test_a_resource_that_broke_first_takes_precedence_over_slowness():
    onset = Onset(*[T0 + timedelta(minutes=FAULT)] * 3)
    assert broke_first(scene([step("db", "cpu", 0.3, 0.9)]), "db", onset) == 1.0
    assert broke_first(scene([step("db", "cpu", 0.3, 0.9, since=FAULT + 8)]), "db", onset) == 0.0
    assert broke_first(scene([step("db", "errors", 0.0, 0.9)]), "db", onset) == 0.0
    assert broke_first(scene([step("web", "cpu", 0.3, 0.9)]), "db", onset) == 0.0


def test_gaps_are_left_out():
    value = np.where(LATE, 0.9, 0.3) + noise("g", 0.02)
    value[::2] = np.nan
    assert examine(symptom(), series("db", "cpu", value)).z > MIN_Z
    assert examine(symptom(), series("db", "cpu", np.where(LATE, np.nan, value))) is None


def test_errors_of_callers_are_subtracted_by_calls_per_request():
    rates = [step("web", "errors", 0.0, 0.2), step("cart", "errors", 0.0, 0.02)]
    traffic = [step("web", "requests", 100, 100), step("cart", "requests", 500, 500)]
    evidence = scene([*rates, *traffic], symptom(metric="errors", value=(0.0, 0.2)))
    own = own_error_rises(evidence)
    assert own["web"] == pytest.approx(0.1, abs=0.02)
    assert own["cart"] == pytest.approx(0.02, abs=0.005)
    assert {one.mechanism for some in broken_metrics(evidence).values() for one in some} == {"error_burst"}


def test_a_gradual_departure_has_an_onset_that_begins_with_it():
    climb = np.clip((np.arange(BUCKETS) - FAULT) / 16, 0, 1)
    found = examine(symptom(), series("db", "cpu", 0.3 + 0.5 * climb + noise("ramp", 0.02)))
    assert found.onset.low <= T0 + timedelta(minutes=FAULT + 5) <= found.onset.high
    sharp = examine(symptom(), step("db", "cpu", 0.3, 0.8))
    assert sharp.onset.low == sharp.onset.at == T0 + timedelta(minutes=FAULT)


# --- a network that carries less ---


def carried(share, load=1.0):
    """Return the examined network of a node that carries a share of the usual since the fault, under a share of it."""
    requests = step("db", "requests", 100, 100 * load)
    return examine(symptom(), step("db", "network", 3e6, share * 3e6), requests)


@pytest.mark.parametrize("share", [0.1, 0.2, 0.4])
def test_a_network_that_carries_far_less_for_the_same_load_broke(share):
    found = carried(share)
    assert found.mechanism == "network_lost"
    assert found.z > MIN_Z
    assert found.rise == pytest.approx((1 - share) * 3e6, rel=0.05)
    assert found.onset.at == T0 + timedelta(minutes=FAULT)


@pytest.mark.parametrize(("share", "swing", "broke"), [(0.25, 0.3, True), (0.4, 0.7, False)])
def test_what_a_network_lost_is_held_against_its_swings_in_proportion(share, swing, broke):
    usual = 3e6 * (1 + swing * np.sin(np.arange(BUCKETS) / 4)) * np.exp(noise("swing", 0.03))
    found = examine(symptom(), series("db", "network", np.where(LATE, share, 1) * usual), step("db", "requests", 9, 9))
    assert (found is not None) == broke


@pytest.mark.parametrize("seed", range(10))
def test_a_network_that_falls_smoothly_to_its_trough_lost_nothing(seed):
    daily = 1e6 * (1.2 + np.cos(np.arange(BUCKETS) / BUCKETS * 3))
    noises = np.exp(0.05 * np.random.default_rng(seed).normal(size=(2, BUCKETS)))
    steady = series("db", "requests", 9 * noises[0])
    assert examine(symptom(), series("db", "network", daily * noises[1]), steady) is None


@pytest.mark.parametrize("delay", [0, 5])
def test_a_network_on_a_slope_that_falls_at_once_broke(delay):
    slope = (3e6 - 1e4 * np.arange(BUCKETS)) * np.exp(noise("slope", 0.05))
    cut = np.where(np.arange(BUCKETS) >= FAULT + delay, 0.2, 1.0) * slope
    found = examine(symptom(), series("db", "network", cut), step("db", "requests", 9, 9))
    assert found.mechanism == "network_lost"


@pytest.mark.parametrize("share", [0.1, 0.2, 0.4])
def test_a_network_that_carries_less_because_less_is_asked_did_not(share):
    assert carried(share, load=share) is None
    assert carried(share, load=share / 2) is None


def test_less_is_lost_than_half_or_the_load_is_unknown():
    assert carried(0.7) is None
    assert examine(symptom(), step("db", "network", 3e6, 6e5)) is None


@pytest.mark.parametrize("metric", ["cpu", "memory", "disk", "errors"])
def test_only_a_network_breaks_downwards(metric):
    assert examine(symptom(), step("db", metric, 0.6, 0.15), step("db", "requests", 100, 100)) is None
