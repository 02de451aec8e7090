import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats

from candidates.measures.domain_classifier import RIDGE, domain_classifier, rank_auc
from candidates.measures.surrogate import feature_index

SIZES = {"a": 4, "b": 3}


def drawn(rng, n, m, p_after=(0.25, 0.25, 0.25, 0.25)):
    after = np.arange(n + m) >= n
    a = np.concatenate([rng.integers(0, 4, n), rng.choice(4, m, p=p_after)])
    index, start = feature_index({"a": a, "b": rng.integers(0, 3, n + m)}, ("a", "b"), SIZES)
    return index, start, after


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=4, max_size=40))
def test_area_and_its_spread_are_scipys(pairs):
    score, positive = np.array([p[0] for p in pairs], dtype=float), np.array([p[1] for p in pairs])
    area, spread = rank_auc(score, positive)
    if not 0 < positive.sum() < len(positive):
        assert (area, spread) == (0.5, 0.0)
        return
    found = stats.mannwhitneyu(score[positive], score[~positive], method="asymptotic", use_continuity=False)
    assert area == pytest.approx(found.statistic / (positive.sum() * (~positive).sum()))
    if spread:
        assert 2 * stats.norm.sf(abs(area - 0.5) / spread) == pytest.approx(found.pvalue)


def test_the_fit_is_the_minimum_of_the_penalised_likelihood():
    rng = np.random.default_rng(0)
    index, start, after = drawn(rng, 900, 300, (0.1, 0.2, 0.3, 0.4))
    found = domain_classifier(index, start, after, np.zeros(len(after), dtype=int))  # one fold: fitted and judged alike
    weight = np.where(after, 1.0, 300 / 900)
    x = np.zeros((len(after), 8))
    np.put_along_axis(x, index, 1.0, axis=1)
    x[:, 7] = 1.0

    def loss(w):
        return (weight * np.logaddexp(0, -np.where(after, 1, -1) * (x @ w))).sum() + RIDGE / 2 * (w[:7] ** 2).sum()

    best = optimize.minimize(loss, np.zeros(8), method="BFGS").x
    assert found.log_odds == pytest.approx(x @ best, abs=0.02)


def test_weights_are_the_ratio_of_densities_and_reweight_the_baseline():
    rng = np.random.default_rng(1)
    p_after = np.array([0.1, 0.2, 0.3, 0.4])
    index, start, after = drawn(rng, 20_000, 10_000, p_after)
    found = domain_classifier(index, start, after)
    ratio = [found.weight[index[:, 0] == k].mean() for k in range(4)]
    assert ratio == pytest.approx(p_after / 0.25, rel=0.05)
    base = ~after
    shares = np.bincount(index[base, 0], found.weight[base], 4) / found.weight[base].sum()
    assert shares == pytest.approx(p_after, abs=0.01)
    assert found.weight[base].mean() == pytest.approx(1.0)
    assert found.importance[0] > 5 * found.importance[1]
    assert found.auc > 0.6
    assert found.p_value < 1e-12
    assert 0.5 < found.effective < 1


def test_false_alarms_stay_at_their_level():
    rng = np.random.default_rng(2)
    p = np.array([domain_classifier(*drawn(rng, 300, 200)).p_value for _ in range(300)])
    assert (p < 0.05).mean() < 0.07
    assert (p < 0.5).mean() < 0.6


def test_separate_samples_are_told_apart_with_bounded_weights():
    index = np.repeat([[0], [1]], 200, axis=0)
    found = domain_classifier(index, np.array([0, 2]), np.arange(400) >= 200)
    assert found.auc == 1.0
    assert np.isfinite(found.weight).all()


def test_a_fold_of_one_sample_is_told():
    with pytest.raises(ValueError, match="fold 0 must have rows of the baseline and of the window"):
        domain_classifier(np.zeros((4, 1), dtype=int), np.array([0, 1]), np.zeros(4, dtype=bool))
