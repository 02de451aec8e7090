"""Values that stopped changing, and those that seldom or never did."""

import numpy as np
import pytest

from candidates.measures.holds import held, held_value, takes_turns
from schemas.evidence import Rows
from tests.candidates.scenes import profile_of
from tests.laws.worlds import DAYS

RNG = np.random.default_rng(1)
HOUR = np.sort(RNG.uniform(0, 40 * 24, 8000))
TS = (HOUR * 3.6e9).astype("M8[us]")
LATE = HOUR >= 30 * 24
RATE = 1 + np.floor(HOUR / 24) / 10
CALM = {
    "constant": np.full(8000, 3.0),
    "a rate that goes on": RATE,
    "a rate rounded": np.round(RATE),
    "every row its own": RNG.normal(size=8000),
    "mostly zero": np.where(RNG.random(8000) < 0.05, RNG.gamma(2.0, 5.0, 8000), 0.0),
    "weekend or not": (np.floor(HOUR / 24) % 7 >= 5).astype(float),
    "set twice": np.select([HOUR < 100, HOUR < 400], [1.0, 2.0], 3.0),
    "rounded since": np.where(LATE, np.round(RNG.normal(size=8000)), RNG.normal(size=8000)),
    "empty": np.full(8000, np.nan),
}


@pytest.mark.parametrize("case", CALM)
def test_what_changes_as_ever_is_not_held(case):
    assert held(TS, CALM[case], LATE) is None


@pytest.mark.parametrize("case", ["a rate that goes on", "every row its own", "mostly zero"])
def test_a_value_held_longer_than_any_is_known_since_its_last_change(case):
    before = CALM[case]
    stopped = np.where(LATE, before[~LATE][-1], before)
    order = RNG.permutation(8000)
    hold = held(TS[order], stopped[order], LATE[order])
    assert hold.value == before[~LATE][-1]
    assert hold.longer > 3
    assert hold.share == 1
    assert abs(hold.since - TS[LATE][0]) <= np.timedelta64(25, "h")


def test_a_rate_has_many_rows_of_each_value_and_another_column_has_not():
    rows = [
        held(TS, np.where(LATE, 0.0, CALM[case]), LATE).rows for case in ("a rate that goes on", "every row its own")
    ]
    assert rows[0] > 100
    assert rows[1] == 1


def test_values_that_share_a_bin_are_not_one_value():
    day = np.minimum((HOUR / 40 / 24 * DAYS).astype(int), DAYS - 1)
    letters = RNG.choice(np.array(list("abcd"), dtype=object), 8000)

    def found(values):
        profile, place = profile_of("scorer", "x", values, day)
        nothing = np.full(8000, np.nan)
        return held_value(profile, Rows(LATE, TS, letters, nothing, nothing, nothing, {"x": place}, {}))

    _profile, _place = profile_of("scorer", "x", letters, day)
    assert found(letters) is None
    assert found(np.where(LATE, "a", letters)).share == 1
    renamed = np.where(LATE, np.char.add("new ", letters.astype(str)), letters).astype(object)
    assert found(renamed) is None


WALK = np.round(20 + np.cumsum(np.random.default_rng(3).normal(size=60)), 2)[(HOUR / 24).astype(int)]
EVERY = RNG.normal(size=8000)


@pytest.mark.parametrize(
    ("values", "turns"),
    [
        (WALK, True),
        (np.where(LATE, WALK.max() + 1, WALK), True),
        (np.where(LATE, -999.0, WALK), False),
        (np.where(LATE, WALK.max() + 1, CALM["mostly zero"]), False),
        ((np.floor(HOUR / 24) % 7 >= 5).astype(float), True),
        (np.where((np.floor(HOUR / 24) % 7 >= 5), "yes", "no").astype(object), True),
        (EVERY, False),
        (np.where(LATE, 1.0, EVERY), False),
        (CALM["mostly zero"], False),
        (CALM["constant"], False),
        (np.where(LATE, 4.0, 3.0), False),
        (CALM["empty"], False),
    ],
)
def test_a_value_that_all_rows_have_in_turn_is_told_from_one_that_took_over(values, turns):
    window = HOUR < 32 * 24  # of two days
    day = np.minimum((HOUR / 40 / 24 * DAYS).astype(int), DAYS - 1)
    profile, place = profile_of("scorer", "x", values[window], day[window])
    nothing = np.full(int(window.sum()), np.nan)
    numbers = {} if values.dtype == object else {"x": values[window]}
    rows = Rows(LATE[window], TS[window], nothing.astype(str), nothing, nothing, nothing, {"x": place}, numbers)
    assert takes_turns(profile, rows) == turns
