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


def test_a_relation_to_what_no_longer_varies_is_not_lost():
    """On a Saturday there is nothing that tells working days apart."""
    weekend = (np.arange(4000) % 7 >= 5).astype(float)
    value = 2.0 * weekend + RNG.normal(size=4000)
    saturday = np.flatnonzero(weekend)[-500:]
    assert relation_loss(value[OLD], weekend[OLD], value[saturday], weekend[saturday]) == 0.0
    some = np.concatenate([saturday, np.flatnonzero(weekend == 0)[-25:]])
    assert relation_loss(value[OLD], weekend[OLD], value[some], weekend[some]) == 0.0
    assert relation_loss(value[OLD], weekend[OLD], RNG.permutation(value[NEW]), weekend[NEW]) > 0.9


def test_no_more_is_asked_than_what_rows_like_the_windows_have():
    """By day the column follows, by night it never did; the window is a night."""
    night = np.arange(4000) % 4 == 0
    value = np.where(night, RNG.normal(size=4000), X)
    late = np.flatnonzero(night)[-400:]
    given = (value[OLD], SAID[OLD], value[late], SAID[late])
    assert relation_loss(*given) > 0.5
    assert relation_loss(*given, weight=night[OLD] * 4.0) == 0.0
    assert relation_loss(*given, weight=np.ones(3000)) > 0.5


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


def test_of_several_classes_a_relation_is_that_of_their_sum():
    classes, said = np.stack([X, -0.5 * X], axis=1), np.stack([SAID, -0.5 * SAID], axis=1)
    assert relation_loss(classes[OLD], said[OLD], classes[NEW], said[NEW]) == 0.0
    part = classes[NEW].copy()
    hit = RNG.random(1000) < 0.5
    part[hit] = RNG.permutation(part[hit])
    both = relation_loss(classes[OLD], said[OLD], part, said[NEW])
    assert both == pytest.approx(loss(part[:, 0]))


def test_of_several_classes_there_is_one_slope_a_column():
    chances = RNG.normal(size=(2000, 3, 4))
    label = np.einsum("nck,c->nk", chances, [1.0, 0.5, 0.0]) + 0.5 * RNG.normal(size=(2000, 4))
    slope, error = label_slopes(chances, label)
    assert slope == pytest.approx([1.0, 0.5, 0.0], abs=4 * error.max())
    assert error == pytest.approx(np.full(3, 0.5 / math.sqrt(8000)), rel=0.2)


def test_classes_that_say_the_same_are_not_counted_twice():
    one, label = RNG.normal(size=(2000, 3, 1)), RNG.normal(size=(2000, 1))
    alone, twice = label_slopes(one, label), label_slopes(np.repeat(one, 2, axis=2), np.repeat(label, 2, axis=1))
    assert twice[0] == pytest.approx(alone[0], abs=1e-4)
    assert twice[1] == pytest.approx(alone[1], rel=0.1)
