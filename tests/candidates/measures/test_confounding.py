"""Who leads among columns that drifted together."""

import numpy as np
import pytest

from candidates.measures.confounding import common_shift, leadership

NAMES = ("leader", "follower", "distant")
SIZES = dict.fromkeys(NAMES, 10)


FIVE = ("one", "two", "three", "four", "five")
TENTHS = dict.fromkeys(FIVE, 10)


def drifted(by, seed=0, rows=20_000, strength=1.2):
    """Return bins of three related columns, the window's rows resampled by one of them."""
    rng = np.random.default_rng(seed)
    driver = rng.normal(size=rows)
    x = {
        "leader": driver,
        "follower": 0.8 * driver + 0.6 * rng.normal(size=rows),
        "distant": 0.5 * driver + np.sqrt(0.75) * rng.normal(size=rows),
    }
    return resampled(x, np.exp(strength * x[by]), rng)


def resampled(x, weight, rng):
    """Return the columns' bins, the later half of the rows drawn anew by their weight, and which rows these are."""
    after = np.arange(len(weight)) >= len(weight) // 2
    index = np.arange(len(weight))
    index[after] = rng.choice(index[after], int(after.sum()), p=weight[after] / weight[after].sum())
    edges = np.linspace(-2, 2, 9)
    return {name: np.searchsorted(edges, values[index]) for name, values in x.items()}, after


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("by", NAMES)
def test_the_column_by_which_rows_were_resampled_leads(by, seed):
    bins, after = drifted(by, seed)
    found = leadership(bins, SIZES, after, NAMES)
    assert max(found, key=found.__getitem__) == by
    assert all(found[name] < 0.8 * found[by] for name in NAMES if name != by)


@pytest.mark.parametrize("by", NAMES)
def test_a_column_that_drifted_alone_does_not_hide_who_leads_the_others(by):
    bins, after = drifted(by)
    bins["alone"] = np.where(after, 1, 0)
    found = leadership(bins, SIZES | {"alone": 2}, after, (*NAMES, "alone"))
    assert all(found[name] < 0.9 * found[by] for name in NAMES if name != by)


def test_one_column_leads_itself_and_none_is_empty():
    bins, after = drifted("leader")
    assert leadership(bins, SIZES, after, ("distant",)) == {"distant": 1.0}
    assert leadership(bins, SIZES, after, ()) == {}


def test_every_share_is_between_nothing_and_one_and_the_order_does_not_matter():
    bins, after = drifted("follower")
    found = leadership(bins, SIZES, after, NAMES)
    turned = leadership(bins, SIZES, after, NAMES[::-1])
    assert all(0 < value <= 1 for value in found.values())
    assert {k: pytest.approx(v) for k, v in found.items()} == turned


def test_an_answer_does_not_lead_what_it_was_made_of():
    bins, after = drifted("leader")
    free = leadership(bins, SIZES, after, NAMES)
    barred = leadership(bins, SIZES, after, NAMES, {"leader": frozenset({"follower"})})
    assert barred["follower"] > 2 * free["follower"]
    assert barred["distant"] < 0.8 * barred["leader"]


def chosen(by, seed=0, rows=20_000, strength=1.5):
    """Return bins of five columns that have something in common, the window's rows chosen by it or by one of them."""
    rng = np.random.default_rng(seed)
    latent = rng.normal(size=rows)
    x = {name: 0.75 * latent + np.sqrt(1 - 0.75**2) * rng.normal(size=rows) for name in FIVE}
    return resampled(x, np.exp(strength * (x | {"latent": latent})[by]), rng)


@pytest.mark.parametrize("seed", range(3))
def test_columns_whose_rows_were_chosen_by_what_they_have_in_common_moved_together_without_a_leader(seed):
    bins, after = chosen("latent", seed)
    assert common_shift(bins, TENTHS, after, FIVE) > 0.5
    assert max(leadership(bins, TENTHS, after, FIVE).values()) < 0.5


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("by", FIVE[:2])
def test_columns_that_follow_one_of_them_have_it_for_a_leader(by, seed):
    bins, after = chosen(by, seed)
    assert common_shift(bins, TENTHS, after, FIVE) == 0
    assert leadership(bins, TENTHS, after, FIVE)[by] > 0.9


def test_a_few_columns_are_no_common_shift():
    bins, after = chosen("latent")
    assert common_shift(bins, TENTHS, after, FIVE[:3]) == 0
    assert common_shift(bins, TENTHS, after, ()) == 0


@pytest.mark.parametrize("seed", range(3))
def test_nothing_is_explained_by_the_weight_of_a_few_rows(seed):
    """A handful of rows came early; reweighted to all, their shares are anything within the limits of chance."""
    bins, after = drifted("leader", seed, rows=4000)
    late = after | (np.arange(len(after)) < 5)
    found = bins | {"week": late.astype(int), "month": late.astype(int)}
    with_time = leadership(found, dict.fromkeys(found, 10), after, tuple(found))
    alone = leadership(bins, SIZES, after, NAMES)
    assert {name: with_time[name] for name in NAMES} == {name: pytest.approx(alone[name]) for name in NAMES}
