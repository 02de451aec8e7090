"""Learning: nothing from nothing, something from a telling number, the same from the same."""

from dataclasses import replace

import numpy as np
import pytest

from rankers import heuristic
from rankers.fit import LEAST_INCIDENTS, fit, learn, softmax_loss
from rankers.labelled import stack
from rankers.model import Model, read_model
from rankers.quality import figures
from tests.rankers.slates import incidents

PLAIN = Model(heuristic.VERSION)


def test_few_labels_leave_the_heuristic():
    found = fit(incidents(LEAST_INCIDENTS - 1), PLAIN, version="site")
    assert (found.stages, found.sharpness, found.none_shift) == ((), 1.0, 0.0)


def test_a_telling_number_is_learned():
    asked = incidents(150, first=10_000)
    found = fit(incidents(150), PLAIN, version="site")
    assert len(found.stages) == 1
    assert figures(found, asked).ac1 > figures(PLAIN, asked).ac1 + 0.2
    assert figures(found, asked).log_loss < figures(PLAIN, asked).log_loss


def test_noise_is_not_learned():
    asked = incidents(300, first=10_000, telling=False)
    found = fit(incidents(120, telling=False), PLAIN, version="site")
    assert figures(found, asked).ac1 > figures(PLAIN, asked).ac1 - 0.05


def test_the_same_labels_give_the_same_document():
    lessons = incidents(60)
    one, other = (fit(lessons, PLAIN, version="site", seed=3).to_json() for _ in range(2))
    assert one == other
    assert read_model(one).to_json() == one


def test_a_stage_is_learned_on_top_of_another():
    first = fit(incidents(80), PLAIN, version="first")
    second = fit(incidents(80, first=500, telling=True), first, version="second")
    assert second.stages[: len(first.stages)] == first.stages
    assert second.version == "second"


def test_a_label_without_weight_teaches_nothing():
    lessons = incidents(60)
    silent = [replace(each, weight=0.0, possible=~each.possible) for each in incidents(60, first=900)]
    with_them, without = (fit(each, PLAIN, version="site").to_json() for each in (lessons + silent, lessons))
    assert with_them == without


def test_incidents_of_a_group_are_left_out_together():
    lessons = [replace(each, group="one" if place % 2 else "other") for place, each in enumerate(incidents(40))]
    found = learn(lessons, PLAIN, version="site")
    assert [len(added) for added in found.left_out] == [len(each.slate.keys) for each in lessons]


@pytest.mark.parametrize("nothing", [False, True])
def test_the_gradient_is_that_of_the_loss(nothing):
    lessons = [*incidents(3, nothing=nothing), *incidents(2, first=50)]
    frame = stack(lessons)
    objective = softmax_loss(frame)
    scores = np.random.default_rng(0).normal(size=len(frame.alone))

    def loss(at):
        total = 0.0
        for i in range(len(lessons)):
            each, mass = at[frame.group == i], frame.possible[frame.group == i]
            odds = np.append(each, frame.none[i])
            possible = np.append(mass, frame.none_possible[i])
            total += np.log(np.exp(odds).sum()) - np.log(np.exp(odds)[possible].sum())
        return total

    gradient, curvature = objective(scores, None)
    for k in range(len(scores)):
        step = np.zeros(len(scores))
        step[k] = 1e-5
        assert gradient[k] == pytest.approx((loss(scores + step) - loss(scores - step)) / 2e-5, abs=1e-6)
    assert (curvature > 0).all()
