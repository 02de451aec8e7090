import math

import numpy as np
import pytest

from candidates.measures.relations import label_slopes, relation_loss

RNG = np.random.default_rng(0)
X = RNG.normal(size=4000)
SAID = 0.7 * X + 0.7 * RNG.normal(size=4000)
OLD, NEW = slice(0, 3000), slice(3000, 4000)


def loss(after, said=None):
    return relation_loss(X[OLD], SAID[OLD], after, SAID[NEW] if said is None else said)


def test_a_kept_relation_is_not_lost():
    assert loss(X[NEW]) == 0.0


def test_shuffled_values_lose_all_of_it():
    assert loss(RNG.permutation(X[NEW])) > 0.9


def test_values_shuffled_in_a_share_of_the_rows_lose_that_share():
    part = X[NEW].copy()
    hit = RNG.random(1000) < 0.5
    part[hit] = RNG.permutation(part[hit])
    assert loss(part) == pytest.approx(0.5, abs=0.15)


def test_another_scale_or_level_is_no_loss():
    assert loss(100 * X[NEW] + 5) == 0.0


def test_a_turned_relation_is_lost_entirely():
    assert loss(-X[NEW]) == 1.0


def test_no_relation_before_cannot_be_lost_and_few_rows_say_nothing():
    assert relation_loss(X[OLD], RNG.normal(size=3000), X[NEW], RNG.normal(size=1000)) == 0.0
    assert loss(RNG.permutation(X[NEW])[:40], SAID[NEW][:40]) == 0.0


def test_constant_values_have_no_correlation_left():
    assert loss(np.zeros(1000)) == 1.0


def test_slopes_are_those_of_least_squares():
    design = RNG.normal(size=(500, 3))
    label = design @ [1.0, -2.0, 0.0] + 0.5 * RNG.normal(size=500)
    slope, error = label_slopes(design, label)
    full = np.column_stack([np.ones(500), design])
    direct = np.linalg.lstsq(full, label, rcond=None)[0][1:]
    assert slope == pytest.approx(direct, abs=1e-5)
    assert error == pytest.approx(np.full(3, 0.5 / math.sqrt(500)), rel=0.15)
    assert abs(slope[2]) < 4 * error[2]


def test_too_few_rows_have_unknown_slopes():
    slope, error = label_slopes(RNG.normal(size=(10, 3)), np.ones(10))
    assert slope.tolist() == [0.0] * 3
    assert np.isinf(error).all()
