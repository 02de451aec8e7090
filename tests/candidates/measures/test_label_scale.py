"""Labels on another scale are told from outcomes that moved."""

import numpy as np
import pytest

from candidates.measures.label_scale import rescaled
from schemas.evidence import Rows

N = 4000
STARS = np.arange(0.5, 5.5, 0.5)


def rows(label, prediction):
    after = np.arange(N) >= N // 2
    empty = np.zeros(N)
    return Rows(
        after=after,
        ts=np.arange(N).astype("datetime64[s]").astype("datetime64[us]"),
        version=np.full(N, "", dtype=object),
        prediction=prediction,
        label=label,
        score=empty,
        bins={},
        values={},
    )


def written(change, *, stars=False):
    """Return rows whose later labels are `change`d."""
    rng = np.random.default_rng(1)
    prediction = rng.gamma(9.0, 3.0, N)
    label = prediction * rng.lognormal(0.0, 0.3, N)
    if stars:
        label = STARS[np.clip(np.searchsorted(np.quantile(label, np.linspace(0, 1, 11)[1:-1]), label), 0, 9)]
    return rows(np.where(np.arange(N) >= N // 2, change(label, rng), label), prediction)


@pytest.mark.parametrize("change", [lambda y, _: 2 * y, lambda y, _: np.ceil(y)])
def test_other_steps_are_another_vocabulary(change):
    assert rescaled(written(change, stars=True)).mechanism == "label_vocabulary"


@pytest.mark.parametrize("factor", [60.0, 1 / 1000, 1.609344, 2.0])
def test_one_known_factor_throughout_is_another_unit(factor):
    found = rescaled(written(lambda y, _: factor * y))
    assert found.mechanism == "label_unit"


@pytest.mark.parametrize(
    "change",
    [
        lambda y, _: y,
        lambda y, _: 1.3 * y,
        lambda y, _: y + 20,
        lambda y, rng: np.where(rng.random(N) < 0.5, 2 * y, y),
        lambda y, rng: rng.permutation(y),
    ],
)
def test_outcomes_that_moved_are_no_other_unit(change):
    assert rescaled(written(change)) is None


@pytest.mark.parametrize(
    "change",
    [lambda y, _: y, lambda y, _: np.minimum(y + 1, 5.0), lambda y, _: y + 1, lambda y, rng: rng.permutation(y)],
)
def test_steps_that_are_all_still_written_are_the_same_scale(change):
    assert rescaled(written(change, stars=True)) is None
