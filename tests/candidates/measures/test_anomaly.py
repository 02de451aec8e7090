"""Whole rows: rare in several columns, out of joint, or copies of each other."""

import numpy as np
import pytest

from candidates.measures.anomaly import copies, excess, made_up, rarity, structure
from candidates.measures.surprise import Surprise


def scores(rng, rows=2000, columns=5):
    z = rng.normal(size=(rows, columns))
    z[:, 1] = 0.95 * z[:, 0] + 0.31 * z[:, 1]
    z[:, 3] = 0.95 * z[:, 2] + 0.31 * z[:, 3]
    return z


def found_of(z):
    return Surprise(tuple("abcde"), np.abs(z), z, np.zeros(z.shape, dtype=bool))


def test_one_strange_column_makes_no_row_rare():
    z = scores(np.random.default_rng(0))
    faulty = z.copy()
    faulty[:, 4] = 50
    assert rarity(found_of(faulty)).mean() < rarity(found_of(z)).mean() * 1.6
    faulty[:, 2] = 50
    assert rarity(found_of(faulty)).mean() > 40


def test_rows_out_of_joint_stand_out_though_each_value_is_usual():
    rng = np.random.default_rng(1)
    z = scores(rng)
    base = np.arange(len(z)) < 1500
    odd = ~base & (np.arange(len(z)) % 4 == 0)
    z[odd, 1], z[odd, 3] = -z[odd, 1], -z[odd, 3]
    distance, parts = structure(found_of(z), base)
    assert np.mean(distance[odd]) > 4 * np.mean(distance[base])
    assert parts[odd].mean(axis=0)[:4].min() > parts[odd].mean(axis=0)[4]


def test_one_broken_relation_is_left_out():
    z = scores(np.random.default_rng(2))
    base = np.arange(len(z)) < 1500
    z[~base, 1] = np.random.default_rng(3).permutation(z[~base, 1])
    distance, _ = structure(found_of(z), base)
    assert np.median(distance[~base]) < 1.5 * np.median(distance[base])


def test_few_columns_or_rows_have_no_structure():
    z = np.ones((5, 2))
    assert not structure(Surprise(("a", "b"), z, z, z < 0), np.array([True] * 3 + [False] * 2))[0].any()


@pytest.mark.parametrize("columns", [6, 12])
def test_near_copies_are_found_and_ordinary_rows_are_not(columns):
    rng = np.random.default_rng(4)
    places = rng.integers(0, 10, size=(3000, columns))
    after = np.arange(3000) >= 2000
    places[2900:] = places[2900]
    places[2900:, 0] = rng.integers(0, 2, 100)
    hit = copies(places, after, np.ones(3000, dtype=bool))
    assert hit[2900:].all()
    assert not hit[:2900].any()
    assert not copies(places, after, np.zeros(3000, dtype=bool)).any()


def test_the_excess_is_that_of_the_window():
    rng = np.random.default_rng(5)
    score, after = rng.normal(size=4000), np.arange(4000) >= 2000
    assert excess(score, after).z < 4
    score[3800:] += 8
    found = excess(score, after)
    assert found.z > 20
    assert found.rows[3800:].all()
    assert found.share - found.usual == pytest.approx(0.1, abs=0.02)


def test_made_up_rows_are_off_in_several_columns_at_once():
    rng = np.random.default_rng(5)
    after = np.arange(3000) >= 2000
    together = np.zeros((3000, 4), dtype=bool)
    together[2700:, :3] = rng.random((300, 3)) < 0.8
    assert made_up(together, after).sum() == together.any(axis=1).sum()
    apart = np.zeros((3000, 4), dtype=bool)
    apart[2000:, 0], apart[2000:, 1] = rng.random(1000) < 0.3, rng.random(1000) < 0.4
    assert not made_up(apart, after).any()
    processed = np.zeros((3000, 4), dtype=bool)
    processed[2000:, :2] = True
    assert not made_up(processed, after).any()
    one = np.zeros((3000, 4), dtype=bool)
    one[2500:, 0] = True
    assert not made_up(one, after).any()
