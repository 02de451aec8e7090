"""One record out of all proportion is a cause; the largest of a heavy tail is not."""

from dataclasses import replace

import numpy as np
import pytest

from candidates.measures.lone_rows import MOST, chance_of, lone_rows
from candidates.outliers import generate
from tests.laws.worlds import logged, make_evidence, make_model, make_symptom

X, _, _, DAY = logged(4000)
LATE = np.flatnonzero(DAY >= 15)


def scene(noise, wrong=0, by=1e5):
    """Return a regression whose errors are `noise`, with some labels wrong by so much in the window."""
    truth = 3 * X["a"] + noise
    truth[LATE[:wrong]] += by
    model = make_model(X, 3 * X["a"], truth, DAY)
    made = replace(model, node=model.node.model_copy(update={"task": "regression"}))
    return make_evidence(made, make_symptom(metric="rmse", p_value=0.4))


NOISES = {"normal": lambda rng: rng.normal(size=4000), "heavy": lambda rng: rng.standard_t(2.5, size=4000)}


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("wrong", [1, 3])
def test_a_few_wrong_records_are_the_symptom(noise, wrong):
    found = lone_rows(scene(NOISES[noise](np.random.default_rng(1)), wrong), "scorer")
    assert found.count <= wrong
    assert found.share > 0.5
    assert found.plain == 1.0
    (cause,) = generate(scene(NOISES[noise](np.random.default_rng(1)), wrong)).candidates
    assert (cause.mechanism, cause.subject) == ("lone_rows", None)
    assert "came true" in cause.summary


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("seed", range(20))
def test_the_largest_error_of_a_healthy_log_is_none(noise, seed):
    assert lone_rows(scene(NOISES[noise](np.random.default_rng(seed))), "scorer") is None


@pytest.mark.parametrize("wrong", [5 * MOST, len(LATE)])
def test_many_wrong_records_are_no_lone_rows(wrong):
    assert lone_rows(scene(np.random.default_rng(1).normal(size=4000), wrong, by=50.0), "scorer") is None


def test_the_chance_follows_the_tail():
    rng = np.random.default_rng(2)
    before = rng.pareto(2.0, 20_000) + 1
    # P(x > 50) = 50^-2 for each of 1,000 rows
    assert chance_of(before, 50.0, 1, 1000) == pytest.approx(0.4, rel=0.3)
    assert chance_of(before, 5e4, 1, 1000) < 1e-5
    assert chance_of(before, float("nan"), 1, 1000) == 1.0
    assert chance_of(np.zeros(500), 3.0, 1, 1000) == 1.0
