"""The signs of wrong values and of changed encodings, column by column."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from candidates.measures.resolution import coarser
from candidates.measures.signatures import changed_encoding, in_company, wrong_values
from schemas.evidence import Rows
from tests.candidates.scenes import FIRST_DAY, profile_of
from tests.laws.worlds import DAYS

RNG = np.random.default_rng(0)
DAY = np.sort(RNG.integers(0, DAYS, 4000))
LATE = DAY >= FIRST_DAY
CALM = RNG.normal(50, 9, 4000)
COUNTS = RNG.poisson(3.0, 4000).astype(float)
LETTERS = RNG.choice(np.array(list("abcd"), dtype=object), 4000, p=[0.5, 0.3, 0.15, 0.05])


def signs(values, base=CALM, share=1.0):
    """Return the signs of a column whose window's values are replaced in a share of the rows."""
    hit = LATE & (np.random.default_rng(1).random(len(DAY)) < share)
    column = np.where(hit, values, base)
    profile, position = profile_of("scorer", "x", column, DAY)
    nothing = np.full(len(DAY), np.nan)
    rows = Rows(LATE, np.zeros(4000, "M8[us]"), LETTERS, nothing, nothing, nothing, {"x": position}, {"x": column})
    return wrong_values(profile, rows)


def recoded(change, kind="category"):
    profile, _ = profile_of("scorer", "x", change, DAY)
    return replace(profile, kind=kind)


WRONG = [
    (np.nan, "null_burst", 1.0),
    (np.nan, "null_burst", 0.1),
    (31.5, "frozen", 1.0),
    (-999.0, "out_of_range", 0.3),
    (50.0, "default_value", 0.3),
    (100 * CALM, "unit_change", 1.0),
    (CALM / 1000, "unit_change", 1.0),
    (100 * CALM, "unit_change", 0.2),
    (1.8 * CALM + 32, "unit_change", 1.0),
    ((CALM - 32) / 1.8, "unit_change", 1.0),
    (CALM + 273.15, "unit_change", 1.0),
    (-CALM, "unit_change", 1.0),
    (CALM * 3, "unit_change", 1.0),
]
CUT = [(np.minimum, 55.0), (np.maximum, 45.0), (np.minimum, 62.0)]
UNCUT = {
    "less spread": 50 + (CALM - 50) * 0.5,
    "rounded": np.round(CALM, -1),
    "half of it elsewhere": np.where(RNG.random(4000) < 0.3, 60.0, CALM),
    "those beyond left": np.where(CALM > 60, RNG.permutation(np.minimum(CALM, 60)), CALM),
    "shifted": CALM - 10,
}


@pytest.mark.parametrize(("values", "mechanism", "share"), WRONG)
def test_the_most_specific_sign_is_the_right_one(values, mechanism, share):
    found = signs(values, share=share)
    assert found[0].mechanism == mechanism
    assert found[0].specificity >= 0.5
    assert found[0].touched == pytest.approx(share, abs=0.05)


def test_celsius_and_fahrenheit_are_named():
    assert "Celsius to Fahrenheit" in signs(1.8 * CALM + 32)[0].words
    assert "100 times" in signs(100 * CALM)[0].words


def test_values_spread_anew_are_no_other_unit():
    anew = np.random.default_rng(4).normal(65, 14, 4000)
    assert "unit_change" not in {s.mechanism for s in signs(anew)}
    assert signs(1.42 * CALM)[0].mechanism in {"unit_change", "out_of_range"}
    assert any(s.mechanism == "unit_change" for s in signs(1.42 * CALM))


def test_the_same_values_show_no_sign():
    assert signs(CALM) == ()


@pytest.mark.parametrize("by", [4.0, -6.0])
def test_values_that_moved_within_their_range_show_no_strong_sign(by):
    moved = np.clip(CALM + by, CALM.min(), CALM.max())
    assert all(s.specificity < 0.8 for s in signs(moved))


def test_a_value_that_was_always_frequent_is_no_sentinel():
    assert not {s.mechanism for s in signs(COUNTS, base=COUNTS)} & {"default_value", "frozen", "out_of_range"}


def test_filled_nulls_are_told():
    holes = np.where(RNG.random(4000) < 0.3, np.nan, CALM)
    assert "nulls_filled" in {s.mechanism for s in signs(CALM, base=holes)}


def test_the_training_rows_may_be_the_measure():
    profile, _ = profile_of("scorer", "x", np.where(RNG.random(4000) < 0.5, np.nan, CALM), DAY)
    clean, _ = profile_of("scorer", "x", CALM, DAY)
    assert wrong_values(profile, None) == ()
    trained = np.zeros_like(profile.before)
    trained[2] = clean.before.sum()
    (sign,) = wrong_values(replace(profile, reference=trained), None, reference=True)
    assert sign.mechanism == "null_burst"


def test_one_category_alone_is_frozen():
    profile, _ = profile_of("scorer", "x", np.where(LATE, "b", LETTERS).astype(object), DAY)
    assert [s.mechanism for s in wrong_values(profile, None)] == ["frozen"]


def test_swapped_categories_are_re_encoded():
    swapped = {"a": "d", "d": "a", "b": "c", "c": "b"}
    values = np.where(LATE, [swapped[v] for v in LETTERS], LETTERS).astype(object)
    assert [s.mechanism for s in changed_encoding(recoded(values))] == ["re_encoded"]


def test_another_mix_of_categories_is_not():
    values = np.where(LATE & (LETTERS == "a") & (RNG.random(4000) < 0.5), "d", LETTERS).astype(object)
    assert changed_encoding(recoded(values)) == ()


def test_categories_never_seen_are_told_with_their_share():
    values = np.where(LATE & (RNG.random(4000) < 0.2), "z", LETTERS).astype(object)
    (sign,) = changed_encoding(recoded(values))
    assert sign.mechanism == "new_categories"
    assert sign.touched == pytest.approx(0.2, abs=0.04)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(allow_nan=True, allow_infinity=False, width=32), min_size=1, max_size=5))
def test_any_values_give_specificities_between_nothing_and_one(values):
    found = signs(np.resize(np.array(values), 4000))
    assert all(0 <= s.specificity <= 1 and 0 <= s.touched <= 1 and s.words for s in found)
    assert [s.specificity for s in found] == sorted((s.specificity for s in found), reverse=True)


@pytest.mark.parametrize(("cut", "bound"), CUT)
def test_values_cut_off_at_a_bound_are_clipped(cut, bound):
    found = signs(cut(CALM, bound))[0]
    assert found.mechanism == "clipped"
    assert found.touched == pytest.approx(np.mean(cut(CALM, bound) == bound), abs=0.04)


@pytest.mark.parametrize("case", UNCUT)
def test_what_takes_its_mass_from_elsewhere_is_not_clipped(case):
    assert "clipped" not in {s.mechanism for s in signs(UNCUT[case])}


def test_a_bound_that_always_was_is_none():
    capped = np.minimum(CALM, 55.0)
    assert "clipped" not in {s.mechanism for s in signs(RNG.permutation(capped), base=capped)}
    assert signs(np.minimum(capped, 45.0), base=capped)[0].mechanism == "clipped"


def test_a_population_that_shrank_is_not_told_as_another_unit():
    """Its quantiles keep no ratio: 1.7 below, 2.3 above."""
    base = RNG.gamma(4.0, 15.0, 4000)
    shrunk = np.random.default_rng(2).gamma(6.5, 4.1, 4000)
    assert not [sign for sign in signs(shrunk, base) if sign.mechanism == "unit_change"]
    assert signs(base / 2.204623, base)[0].mechanism == "unit_change"


def test_of_an_amount_that_is_mostly_none_the_others_tell_the_unit():
    rng = np.random.default_rng(11)
    base = np.where(rng.random(len(CALM)) < 0.1, np.exp(rng.normal(8, 0.8, len(CALM))), 0.0)
    found = signs(base / 60, base)[0]
    assert found.mechanism == "unit_change"
    assert found.touched == pytest.approx(0.1, abs=0.03)
    more = np.where((base == 0) & (rng.random(len(base)) < 0.15), np.exp(rng.normal(8, 0.8, len(base))), base)
    assert "unit_change" not in {s.mechanism for s in signs(more, base)}
    larger = np.where(base > 0, np.exp(rng.normal(9, 0.5, len(base))), 0.0)
    assert "unit_change" not in {s.mechanism for s in signs(larger, base)}


def beyond(values, *, company=False):
    """Return the specificity of values beyond a range that a tenth of the values always left."""
    profile, _ = profile_of("scorer", "x", np.where(LATE, values, CALM), DAY)
    roles = np.array(profile.roles)
    ranges = np.flatnonzero(roles == "range")
    roles[ranges[0]], roles[ranges[-1]] = "below", "above"
    profile = replace(profile, roles=tuple(roles))
    found = wrong_values(profile, None)
    found = in_company(found, profile) if company else found
    return max(sign.specificity for sign in found if sign.mechanism == "out_of_range")


def where(share, values):
    return np.where(np.random.default_rng(1).random(len(CALM)) < share, values, CALM)


TILT = [CALM + 9, CALM - 9, RNG.choice(CALM, 4000, p=np.exp(CALM / 9) / np.exp(CALM / 9).sum())]


@pytest.mark.parametrize("values", TILT, ids=["up", "down", "drawn anew"])
def test_values_that_tilted_towards_an_end_with_other_columns_are_hardly_wrong_beyond_it(values):
    assert 0.2 < beyond(values, company=True) <= 0.4
    assert beyond(values) > 0.45  # another unit tilts a column by itself


@pytest.mark.parametrize("values", [where(0.3, 200.0), where(0.3, -999.0), where(0.6, 100 * CALM)])
def test_wrong_values_beyond_the_range_take_from_all_ranges_alike(values):
    assert beyond(values, company=True) > 0.55


@pytest.mark.parametrize(
    ("rounded", "step"), [(np.round(CALM), "1 "), (np.floor(CALM), "1 "), (np.round(CALM, -1), "10 ")]
)
def test_values_that_lost_their_digits_were_rounded(rounded, step):
    found = signs(rounded)[0]
    assert found.mechanism == "rounded"
    assert f"multiples of {step}" in found.words


@pytest.mark.parametrize(
    ("values", "base"),
    [
        (np.round(100 * CALM), np.round(CALM, 2)),
        (np.random.default_rng(2).poisson(6.0, 4000) * 1.0, COUNTS),
        (np.where(CALM > 50, 60.0, 40.0), CALM),
        (RNG.normal(0.0, 0.4, 4000), RNG.normal(3.0, 1.0, 4000)),
        (RNG.exponential(0.2, 4000), RNG.exponential(3.0, 4000)),
        (CALM / 100, CALM),
        (np.where(RNG.random(4000) < 0.985, 0.0, CALM), np.where(RNG.random(4000) < 0.4, 0.0, CALM)),
        (np.where(RNG.random(4000) < 0.98, 0.0, RNG.choice([1000.0, 2000.0], 4000)), RNG.normal(300, 100, 4000)),
    ],
    ids=["cents", "counts that grew", "two values", "near zero", "smaller", "hundredths", "zeros", "thousands"],
)
def test_what_is_whole_for_another_reason_was_not(values, base):
    assert "rounded" not in {sign.mechanism for sign in signs(values, base)}


def test_values_beyond_all_measure_are_no_rounded_ones():
    assert coarser(CALM, 1e305 * CALM) is None
