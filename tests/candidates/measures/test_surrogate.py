"""The additive stand-in recovers an additive function; leaving a column out needs no new solve."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from candidates.measures.moments import RIDGE, Moments
from candidates.measures.surrogate import feature_index, fit_surrogate, one_hot

SIZES = {"a": 4, "b": 3, "c": 5}
COLUMNS = ("a", "b", "c")


def drawn(rows=3000, seed=0, related=False):
    rng = np.random.default_rng(seed)
    bins = {name: rng.integers(0, size, rows) for name, size in SIZES.items()}
    if related:
        bins["b"] = np.where(rng.random(rows) < 0.7, np.minimum(bins["a"], 2), bins["b"])
    index, start = feature_index(bins, COLUMNS, SIZES)
    return bins, index, start


def function_of(bins):
    return 2.0 + np.array([0.0, 1.0, -2.0, 3.0])[bins["a"]] + np.array([1.0, 0.0, -1.0])[bins["b"]]


def fitted(noise=0.0, related=False, rows=3000):
    bins, index, start = drawn(rows, related=related)
    target = function_of(bins) + noise * np.random.default_rng(1).normal(size=rows)
    return bins, index, fit_surrogate(index, start, COLUMNS, target, np.arange(rows) % 4 == 3), target


def test_feature_numbers_are_blocks_of_bins():
    bins = {"a": np.array([0, 3]), "b": np.array([2, 0]), "c": np.array([4, 1])}
    index, start = feature_index(bins, COLUMNS, SIZES)
    assert start.tolist() == [0, 4, 7, 12]
    assert index.tolist() == [[0, 6, 11], [3, 4, 8]]


@pytest.mark.parametrize("related", [False, True])
def test_a_known_additive_function_is_recovered(related):
    bins, index, found, target = fitted(related=related)
    assert found.r2 > 0.999
    assert np.abs(found.predict(index) - target).max() < 0.1
    steps = found.effect[1:4] - found.effect[0]
    assert steps == pytest.approx([1.0, -2.0, 3.0], abs=0.05)
    assert found.importance[2] < 0.02 < found.importance[1] < found.importance[0]
    del bins


def test_residual_is_the_noise_out_of_sample():
    found = fitted(noise=0.5)[2]
    assert found.residual_sd == pytest.approx(0.5, rel=0.1)


def test_effects_are_centred_over_the_fitted_rows():
    _, _, found, target = fitted()
    for own in (slice(0, 4), slice(4, 7), slice(7, 12)):
        assert (found.seen[own] * found.effect[own]).sum() == pytest.approx(0.0, abs=1e-6 * len(target))


def test_the_penalty_counts_in_rows():
    index = np.array([[0]] * 5 + [[1]] * 5)
    target = np.array([1.0] * 5 + [-1.0] * 5)
    found = fit_surrogate(index, np.array([0, 2]), ("x",), target, np.zeros(10, dtype=bool))
    # two bins of five rows, centred: gram [[2.5, -2.5], [-2.5, 2.5]], so 5 / (5 + RIDGE)
    assert found.effect == pytest.approx([5 / (5 + RIDGE), -5 / (5 + RIDGE)])


def test_a_bin_never_seen_has_no_effect():
    bins, index, start = drawn()
    kept = bins["a"] != 3
    found = fit_surrogate(index[kept], start, COLUMNS, function_of(bins)[kept], np.zeros(int(kept.sum()), dtype=bool))
    assert found.seen[3] == 0
    assert found.effect[3] == 0.0


def test_a_constant_prediction_has_no_importance():
    _, index, start = drawn()
    found = fit_surrogate(index, start, COLUMNS, np.full(len(index), 0.7), np.arange(len(index)) % 4 == 3)
    assert found.intercept == pytest.approx(0.7)
    assert found.importance == pytest.approx([0, 0, 0], abs=1e-9)
    assert found.r2 == 0.0


@settings(max_examples=15, deadline=None)
@given(st.sampled_from([(0,), (1,), (2,), (0, 1), (1, 2)]), st.integers(0, 10_000))
def test_leaving_columns_out_equals_the_direct_ridge_solve(left_out, seed):
    found = fitted(related=True, rows=400)[2]
    features = np.concatenate([np.arange(found.start[c], found.start[c + 1]) for c in left_out])
    target = np.zeros(len(found.effect))
    target[features] = np.random.default_rng(seed).normal(size=len(features))
    others = np.setdiff1d(np.arange(len(target)), features)
    direct = np.linalg.solve(
        found.moments.gram[np.ix_(others, others)] + RIDGE * np.eye(len(others)), (found.moments.gram @ target)[others]
    )
    weights = found.from_others(features, target)
    assert weights[features].tolist() == [0.0] * len(features)
    assert weights[others] == pytest.approx(direct, abs=1e-8)


def test_what_others_say_of_a_related_column_is_close_to_its_effect():
    _, index, found, _ = fitted(related=True)
    own = np.arange(4, 7)
    target = np.zeros(len(found.effect))
    target[own] = found.effect[own]
    said = found.from_others(own, target)[index].sum(axis=1)
    assert np.corrcoef(said, target[index].sum(axis=1))[0, 1] > 0.6


def test_several_outputs_are_fitted_as_each_by_itself():
    bins, index, start = drawn(related=True)
    held_out = np.arange(len(index)) % 4 == 3
    targets = np.stack([function_of(bins), bins["c"] ** 1.5, np.cos(bins["a"] + bins["b"])], axis=1)
    together = fit_surrogate(index, start, COLUMNS, targets, held_out)
    alone = [fit_surrogate(index, start, COLUMNS, target, held_out) for target in targets.T]
    assert together.effect == pytest.approx(np.stack([one.effect for one in alone], axis=1))
    assert together.predict(index) == pytest.approx(np.stack([one.predict(index) for one in alone], axis=1))
    assert together.importance**2 == pytest.approx(sum(one.importance**2 for one in alone))
    assert together.class_sd == pytest.approx([one.residual_sd for one in alone])
    assert together.residual_sd**2 == pytest.approx(sum(one.residual_sd**2 for one in alone))
    own = np.arange(4, 7)
    wanted = np.zeros_like(together.effect)
    wanted[own] = together.effect[own]
    said = np.stack([together.from_others(own, one) for one in wanted.T], axis=1)
    assert together.from_others(own, wanted) == pytest.approx(said)


def test_what_is_left_out_already_need_not_be_named_again():
    found = fitted(related=True, rows=400)[2]
    own, other = (np.arange(found.start[c], found.start[c + 1]) for c in (0, 2))
    target = np.zeros(len(found.effect))
    target[own] = found.effect[own]
    at_once = found.from_others(np.concatenate([own, other]), target)
    in_turn = found.from_others(own, target, found.moments.without(other))
    assert in_turn == pytest.approx(at_once, abs=1e-10)
    assert np.abs(in_turn).max() > 0.01
    both = found.moments.without(np.concatenate([own, other]))
    assert found.from_others(found.features_of(()), target, both) == pytest.approx(at_once, abs=1e-10)


def test_rows_are_counted_by_pairs_of_bins():
    _, index, start = drawn(related=True)
    hot = one_hot(index, int(start[-1])).astype(float)
    centred = hot - hot.mean(axis=0)
    found = Moments.of(index, start, hot.mean(axis=0))
    assert found.gram == pytest.approx(centred.T @ centred, abs=1e-8)
    assert found.inverse @ found.ridged == pytest.approx(np.eye(int(start[-1])), abs=1e-8)
