"""How far a column moved: against its own variation, since when."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon

from candidates.measures.shifts import measure_shift
from tests.candidates.scenes import FIRST_DAY, profile_of
from tests.laws.worlds import DAYS, ONSET, make_symptom

SYMPTOM = make_symptom()
RNG = np.random.default_rng(0)
DAY = np.sort(RNG.integers(0, DAYS, 6000))
CALM = RNG.normal(size=6000)


def measured(values, symptom=SYMPTOM):
    profile, _ = profile_of("scorer", "x", values, DAY)
    return measure_shift(profile, symptom), profile


def test_a_calm_column_is_within_its_own_variation():
    shift, _ = measured(CALM)
    assert shift.strength < 3
    assert shift.onset is None


@pytest.mark.parametrize("by", [0.5, 1.0, 3.0])
def test_a_moved_column_is_beyond_it_since_the_onset(by):
    shift, profile = measured(CALM + by * (DAY >= FIRST_DAY))
    assert shift.strength > 6
    assert shift.onset.low <= ONSET <= shift.onset.high
    p, q = profile.before / profile.before.sum(), profile.after / profile.after.sum()
    assert shift.divergence == pytest.approx(jensenshannon(p, q) ** 2)
    assert (shift.before == p).all()
    assert (shift.after == q).all()


def test_strength_grows_with_the_shift():
    strengths = [measured(CALM + by * (DAY >= FIRST_DAY))[0].strength for by in (0.0, 0.3, 0.6, 1.2)]
    assert strengths == sorted(strengths)


def test_a_column_that_always_wanders_is_less_surprising():
    wandering = CALM + 0.8 * np.sin(DAY * 2.1)
    moved = (DAY >= FIRST_DAY) * 0.8
    assert measured(wandering + moved)[0].strength < 0.5 * measured(CALM + moved)[0].strength


def test_the_reference_rows_are_the_baseline_where_there_is_no_other():
    _, profile = measured(CALM + 2.0)
    training, _ = profile_of("scorer", "x", CALM, DAY)
    symptom = replace(SYMPTOM, reference_split=True)
    same = measure_shift(replace(profile, reference=profile.before), symptom)
    rolled = measure_shift(replace(profile, reference=np.roll(training.before, 5)), symptom)
    assert rolled.divergence > 20 * same.divergence
    assert rolled.strength > 10 > same.strength


@pytest.mark.parametrize("side", ["before", "after"])
def test_a_side_without_rows_did_not_move(side):
    _, profile = measured(CALM)
    empty = np.zeros_like(profile.counts)
    shift = measure_shift(replace(profile, counts=empty, **{side: empty.sum(axis=0)}), SYMPTOM)
    assert (shift.divergence, shift.strength, shift.onset) == (0.0, 0.0, None)
