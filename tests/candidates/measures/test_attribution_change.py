import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from candidates.measures.attribution_change import attribution_change, ndcg, rank_correlation, surrogate_attributions
from candidates.measures.surrogate import feature_index, fit_surrogate

SCORES = arrays(float, 5, elements=st.integers(0, 50).map(float))


def test_ndcg_by_hand():
    # old scores 3, 2, 1; the new order is c, a, b: (1 / 1 + 3 / log2 3 + 2 / 2) / (3 + 2 / log2 3 + 1 / 2)
    by_hand = (1 + 3 / np.log2(3) + 1) / (3 + 2 / np.log2(3) + 0.5)
    assert ndcg(np.array([3.0, 2.0, 1.0]), np.array([2.0, 1.0, 9.0])) == pytest.approx(by_hand)


@settings(max_examples=60, deadline=None)
@given(SCORES, SCORES)
def test_ndcg_is_one_for_the_same_order_and_ranks_are_scipys(before, after):
    assert ndcg(before, before * 7) == pytest.approx(1.0)
    assert 0 < ndcg(before, after) <= 1 + 1e-12
    found = rank_correlation(before, after)
    if np.ptp(before) and np.ptp(after):
        assert found == pytest.approx(stats.spearmanr(before, after).statistic)
    else:
        assert np.isnan(found)


def test_the_feature_that_moved_is_named_and_the_others_are_noise():
    rng = np.random.default_rng(0)
    scale = {"a": 3.0, "b": 2.0, "c": 1.0, "d": 0.5}
    before = {name: rng.normal(0, s, 2000) for name, s in scale.items()}
    same = attribution_change(before, {name: rng.normal(0, s, 2000) for name, s in scale.items()})
    assert np.abs(same.z).max() < 4
    assert same.ndcg == pytest.approx(1.0)
    moved = attribution_change(
        before, {name: rng.normal(0, 5.0 if name == "d" else s, 2000) for name, s in scale.items()}
    )
    assert moved.most == "d"
    assert moved.z[3] > 20
    assert moved.ndcg < 0.9
    assert (moved.before.sum(), moved.after.sum()) == pytest.approx((1, 1))


def test_the_standard_error_is_that_between_samples():
    rng = np.random.default_rng(1)
    drawn = [attribution_change(*({n: rng.gamma(2, s, 200) for n, s in (("a", 1), ("b", 3))} for _ in range(2))).z[0]
             for _ in range(400)]  # fmt: skip
    assert np.std(drawn) == pytest.approx(1, abs=0.12)


def test_rows_with_gaps_are_left_out_and_a_feature_of_one_version_counts():
    found = attribution_change(
        {"a": np.array([1.0, np.nan]), "b": np.ones(2)},
        {"a": np.ones(2), "b": np.ones(2), "new": np.array([3.0, -3.0])},
    )
    assert found.features == ("a", "b", "new")
    assert found.after.tolist() == [0.2, 0.2, 0.6]
    assert found.most == "new"
    assert np.isnan(found.z).all()
    assert attribution_change({"a": np.zeros(3)}, {"a": np.zeros(3)}).ndcg == 1.0


def test_without_logged_attributions_the_surrogate_tells_which_feature_a_new_version_uses():
    rng = np.random.default_rng(2)
    index, start = feature_index(
        {"x": rng.integers(0, 4, 4000), "y": rng.integers(0, 4, 4000)}, ("x", "y"), {"x": 4, "y": 4}
    )
    none = np.zeros(4000, dtype=bool)
    old = fit_surrogate(index, start, ("x", "y"), 2.0 * index[:, 0] + 0.2 * index[:, 1], none)
    new = fit_surrogate(index, start, ("x", "y"), 0.5 * index[:, 0] + 2.0 * index[:, 1], none)
    found = attribution_change(surrogate_attributions(old, index), surrogate_attributions(new, index))
    assert found.before == pytest.approx([10 / 11, 1 / 11], abs=0.01)
    assert found.after == pytest.approx([0.2, 0.8], abs=0.01)
    assert found.rank_correlation == -1


@pytest.mark.parametrize(
    ("before", "words"), [({}, "no attributions before"), ({"a": np.array([np.nan])}, "no row before")]
)
def test_nothing_to_compare(before, words):
    with pytest.raises(ValueError, match=words):
        attribution_change(before, {"a": np.ones(2)})
