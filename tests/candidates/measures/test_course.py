"""Whether a column left its own course: what trends, swings or wanders as ever did not."""

from dataclasses import replace

import numpy as np
import pytest

from candidates.measures.course import departure
from candidates.measures.shifts import measure_shift
from tests.candidates.scenes import FIRST_DAY, profile_of
from tests.laws.worlds import DAYS, make_symptom

SYMPTOM = make_symptom()
RNG = np.random.default_rng(3)
DAY = np.sort(RNG.integers(0, DAYS, 6000))
LATE = DAY >= FIRST_DAY
NOISE = RNG.normal(size=6000)
WALK = np.cumsum(np.random.default_rng(5).normal(0.0, 0.4, DAYS))[DAY]
CALM = {
    "level": NOISE,
    "constant": np.full(6000, 7.0),
    "trend": NOISE + 0.3 * DAY,
    "week": NOISE + 2.0 * np.sin(2 * np.pi * DAY / 7),
    "walk": WALK + 0.1 * NOISE,
    "rounded trend": np.round(NOISE + 0.3 * DAY),
    "wider": NOISE * (1 + 2 * LATE),
}


def summed(values):
    profile, _ = profile_of("scorer", "x", values, DAY)
    return replace(profile, sum_value=np.bincount(DAY, values, minlength=DAYS))


def left(values):
    return departure(summed(values), SYMPTOM)


@pytest.mark.parametrize("case", CALM)
def test_a_column_that_goes_on_as_ever_has_not_left_its_course(case):
    assert left(CALM[case]) < 4


@pytest.mark.parametrize(
    ("case", "by"), [("trend", 6.0), ("trend", -6.0), ("walk", 20.0), ("week", 30.0), ("level", 1.0)]
)
def test_a_jump_is_seen_whatever_the_course(case, by):
    assert left(CALM[case] + by * LATE) > 4


def test_a_column_that_trends_and_jumps_has_moved_though_its_blocks_always_differ():
    assert measure_shift(summed(WALK + 20.0 * LATE), SYMPTOM).strength > 4
    assert measure_shift(summed(WALK), SYMPTOM).strength < 4


def test_what_cannot_be_foretold_is_not_judged():
    profile = summed(NOISE + 9 * LATE)
    assert departure(profile, SYMPTOM) > 4
    assert departure(replace(profile, kind="category"), SYMPTOM) == 0
    assert departure(profile, replace(SYMPTOM, reference_split=True)) == 0
    assert departure(replace(profile, counts=np.zeros_like(profile.counts)), SYMPTOM) == 0
