"""Calibration: too sure is flattened, too timid sharpened, the order of causes stays."""

import numpy as np
import pytest

from rankers.calibration import Calibration, calibrate, loss, probabilities_of, sets_of
from rankers.labelled import Labelled
from rankers.supervised import probabilities
from tests.rankers.slates import incidents


def drawn(scale, count=400):
    """Return incidents whose sets of right causes are drawn from log-odds `scale` times those told."""
    rng = np.random.default_rng(0)
    out = []
    for each in incidents(count, telling=False):
        slate = each.slate
        odds = [*slate.alone, *(slate.alone[i] + slate.alone[j] + t for (i, j), t in pairs(slate)), slate.none]
        p = np.exp(scale * (np.array(odds) - max(odds)))
        drawn_set = int(rng.choice(len(odds), p=p / p.sum()))
        members = [(k,) for k in range(len(slate.keys))] + [pair for pair, _ in pairs(slate)] + [()]
        right = np.isin(np.arange(len(slate.keys)), members[drawn_set])
        out.append(Labelled(each.incident, slate, np.append(right, not right.any()), right))
    return out


def pairs(slate):
    return [((int(i), int(j)), t) for (i, j), t in zip(slate.pairs, slate.together, strict=True)]


def zeros(lessons):
    return [np.zeros(len(each.slate.keys)) for each in lessons]


@pytest.mark.parametrize("scale", [0.5, 1.0, 1.6])
def test_the_right_sharpness_is_found(scale):
    lessons = drawn(scale)
    assert calibrate(sets_of(lessons, zeros(lessons))).sharpness == pytest.approx(scale, rel=0.2)


def test_calibration_lowers_the_loss_and_keeps_the_order():
    lessons = drawn(0.5)
    sets = sets_of(lessons, zeros(lessons))
    found = calibrate(sets)
    assert loss(sets, found).mean() < loss(sets, Calibration()).mean()
    slate = lessons[0].slate
    before, after = (probabilities(slate, np.zeros(5), c.sharpness, c.none_shift)[0] for c in (Calibration(), found))
    assert np.argsort(before).tolist() == np.argsort(after).tolist()


def test_none_is_believed_more_where_it_is_often_right():
    lessons = incidents(60, nothing=True)
    assert calibrate(sets_of(lessons, zeros(lessons))).none_shift > 0.5


def test_probabilities_are_the_rankers():
    lessons, scaled = incidents(5), Calibration(0.7, 0.4)
    found = probabilities_of(sets_of(lessons, zeros(lessons)), scaled)
    by_hand = [probabilities(each.slate, np.zeros(5), 0.7, 0.4) for each in lessons]
    assert found[:25] == pytest.approx(np.concatenate([p for p, _ in by_hand]))
    assert found[25:] == pytest.approx([none for _, none in by_hand])


def test_what_is_not_known_costs_nothing():
    lessons = [Labelled(e.incident, e.slate, np.ones(6, dtype=bool), np.zeros(5, dtype=bool)) for e in incidents(5)]
    assert loss(sets_of(lessons, zeros(lessons)), Calibration()).tolist() == [0.0] * 5
