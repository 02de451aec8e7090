"""What still moved among rows that are alike in another column."""

import numpy as np
import pytest

from candidates.measures.standing import standing
from tests.candidates.measures.test_confounding import FIVE, NAMES, SIZES, TENTHS, chosen, drifted


@pytest.mark.parametrize("by", NAMES)
def test_only_among_equals_of_the_column_that_rows_were_chosen_by_nothing_moved(by: str) -> None:
    bins, after = drifted(by)
    found = standing(bins, SIZES, after, NAMES)
    chosen = NAMES.index(by)
    assert (found.whole > 6).all()
    assert np.abs(found.z[chosen]).max() < 4
    others = [j for j in range(3) if j != chosen]
    assert (found.z[others, chosen] > 6).all()
    assert found.carried[others, chosen].all()


def test_columns_that_moved_apart_stand_for_themselves() -> None:
    rng = np.random.default_rng(0)
    after = np.arange(8000) >= 4000
    bins = {c: np.where(after, rng.binomial(9, 0.5, 8000), rng.binomial(9, 0.4, 8000)) for c in "ab"}
    found = standing(bins, {"a": 10, "b": 10}, after, ("a", "b"))
    assert (found.share[[0, 1], [1, 0]] > 0.8).all()
    assert not found.carried.any()


def test_a_column_without_equals_in_the_baseline_explains_nothing() -> None:
    bins, after = drifted("leader")
    bins["new"] = np.where(after, 1, 0)
    found = standing(bins, SIZES | {"new": 2}, after, (*NAMES, "new"))
    assert (found.z[3] == found.whole).all()


def test_small_shifts_are_nobodys_doing() -> None:
    rng = np.random.default_rng(1)
    bins = {c: rng.integers(0, 5, 400) for c in "ab"}
    found = standing(bins, {"a": 5, "b": 5}, np.arange(400) >= 200, ("a", "b"))
    assert not found.carried.any()


def test_few_equals_are_no_proof_that_nothing_moved() -> None:
    bins, after = drifted("leader")
    rng = np.random.default_rng(2)
    # a switch that was nearly always off and now is nearly always on, whoever asks
    bins["switch"] = np.where(rng.random(len(after)) < np.where(after, 0.995, 0.002), 1, 0)
    found = standing(bins, SIZES | {"switch": 2}, after, (*NAMES, "switch"))
    assert not found.carried[:3, 3].any()
    assert found.carried[1:3, 0].all()


def test_what_moved_with_a_column_and_otherwise_than_its_rows_were_chosen_is_half_led() -> None:
    """All are, by each of those that share a cause; none by the one that is the cause, or by one that moved alone."""
    assert (standing(*told("latent"), FIVE).half_led == len(FIVE) - 1).all()
    assert standing(*told("one"), FIVE).half_led[0] == 0
    rng = np.random.default_rng(0)
    after = np.arange(8000) >= 4000
    alone = {c: np.where(after, rng.binomial(9, 0.5, 8000), rng.binomial(9, 0.4, 8000)) for c in "ab"}
    assert (standing(alone, {"a": 10, "b": 10}, after, ("a", "b")).half_led == 0).all()


def told(by: str) -> tuple[dict[str, np.ndarray], dict[str, int], np.ndarray]:
    bins, after = chosen(by)
    return bins, TENTHS, after
