"""Our reading of LightGBM's text models against LightGBM's own."""

import lightgbm
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rankers.trees import MalformedModel, read_trees


def trained(seed, *, missing=0.2, depth=3, rounds=12, whole=False):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(300, 4))
    if whole:
        x = np.round(x)
    x[rng.random(x.shape) < missing] = np.nan
    y = (np.nan_to_num(x[:, 0]) * np.nan_to_num(x[:, 1], nan=1.0) + np.isnan(x[:, 2]) > 0.2).astype(float)
    options = {
        "objective": "binary",
        "max_depth": depth,
        "num_leaves": 2**depth,
        "min_data_in_leaf": 5,
        "verbose": -1,
        "num_threads": 1,
    }
    data = lightgbm.Dataset(x, y, init_score=np.zeros(len(y)), feature_name=["a", "b", "c", "d"])
    return lightgbm.train(options, data, rounds)


def rows(seed):
    rng = np.random.default_rng(seed)
    x = np.round(rng.normal(size=(40, 4)), 1)
    x[rng.random(x.shape) < 0.3] = np.nan
    return x


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([0.0, 0.2]), st.integers(1, 4), st.booleans())
def test_scores_and_contributions_are_lightgbms(seed, missing, depth, whole):
    booster = trained(seed, missing=missing, depth=depth, whole=whole)
    trees, x = read_trees(booster.model_to_string()), rows(seed)
    np.testing.assert_allclose(trees.score(x), booster.predict(x, raw_score=True), rtol=1e-9, atol=1e-12)
    theirs = booster.predict(x, pred_contrib=True)
    np.testing.assert_allclose(trees.contributions(x), theirs[:, :-1], rtol=1e-6, atol=1e-9)
    assert trees.expected() == pytest.approx(theirs[0, -1], abs=1e-9)


def test_contributions_add_up():
    trees, x = read_trees(trained(3).model_to_string()), rows(4)
    np.testing.assert_allclose(trees.contributions(x).sum(axis=1) + trees.expected(), trees.score(x), atol=1e-9)


def test_a_model_of_no_rounds_says_nothing():
    booster = trained(1, rounds=1)
    text = booster.model_to_string(num_iteration=1)
    empty = text.split("\nTree=0")[0] + "\nend of trees\n"
    trees = read_trees(empty)
    assert trees.score(rows(0)).tolist() == [0.0] * 40
    assert not trees.contributions(rows(0)).any()


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ("version=v4", "version=v3"),
        ("feature_names=a b c d", "feature_names="),
        ("split_feature=", "split_feature=9"),
        ("left_child=", "left_child=77"),
        ("threshold=", "threshold=nan"),
        ("leaf_value=", "leaf_value=x"),
        ("num_leaves=", "num_leaves=9"),
        ("num_cat=0", "num_cat=1"),
        ("decision_type=", "decision_type=1"),
        ("internal_count=300", "internal_count=0"),
    ],
)
def test_what_is_no_model_of_ours_is_refused(was, becomes):
    text = trained(5).model_to_string()
    assert was in text
    with pytest.raises(MalformedModel):
        read_trees(text.replace(was, becomes, 1))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**9))
def test_random_damage_is_refused_or_harmless(seed):
    text = trained(6, rounds=3).model_to_string().split("\nparameters")[0]
    rng = np.random.default_rng(seed)
    place, length = int(rng.integers(len(text))), int(rng.integers(1, 30))
    damaged = text[:place] + "".join(map(chr, rng.integers(32, 127, length))) + text[place + length :]
    try:
        trees = read_trees(damaged)
    except MalformedModel:
        return
    assert np.isfinite(trees.score(np.zeros((2, len(trees.names))))).all()
