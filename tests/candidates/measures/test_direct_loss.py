import numpy as np
import pytest

from candidates.measures.direct_loss import fit_nanny
from candidates.measures.surrogate import feature_index

SIZES = {"place": 5, "kind": 3}


def drawn(rng, rows, shares, drift=1.0):
    place, kind = rng.choice(5, rows, p=shares), rng.integers(0, 3, rows)
    index, start = feature_index({"place": place, "kind": kind}, tuple(SIZES), SIZES)
    prediction = rng.normal(size=rows) + kind
    noise = drift * (0.5 + place + 0.3 * np.abs(prediction))
    return index, start, prediction, prediction + noise * rng.normal(size=rows)


EVEN, FAR = np.full(5, 0.2), np.array([0.05, 0.05, 0.1, 0.3, 0.5])


@pytest.mark.parametrize("loss", ["absolute", "squared"])
def test_under_a_shift_of_the_inputs_the_estimate_meets_what_came_true(loss):
    rng = np.random.default_rng(0)
    index, start, prediction, label = drawn(rng, 20_000, EVEN)
    nanny = fit_nanny(index, start, tuple(SIZES), prediction, label, loss=loss)
    later, _, said, true = drawn(rng, 20_000, FAR)
    apart = said - true
    realised = np.abs(apart).mean() if loss == "absolute" else np.sqrt((apart**2).mean())
    assert nanny.metric(later, said) == pytest.approx(realised, rel=0.03)
    assert nanny.metric(index, prediction) < 0.85 * realised
    assert nanny.per_row(later, said).mean() == pytest.approx(nanny.metric(later, said) ** (1 + (loss == "squared")))


def test_the_prediction_itself_is_an_input():
    rng = np.random.default_rng(1)
    prediction = rng.uniform(-3, 3, 10_000)
    label = prediction + np.abs(prediction) * rng.normal(size=10_000)
    index = np.zeros((10_000, 1), dtype=int)
    nanny = fit_nanny(index, np.array([0, 1]), ["none"], prediction, label)
    far = np.abs(prediction) > 2
    assert nanny.metric(index[far], prediction[far]) > 4 * nanny.metric(
        index[~far & (np.abs(prediction) < 0.5)], prediction[~far & (np.abs(prediction) < 0.5)]
    )
    assert nanny.surrogate.columns == ("none", "prediction")


def test_a_grown_error_for_the_same_inputs_does_not_show_as_the_docstring_warns():
    rng = np.random.default_rng(2)
    index, start, prediction, label = drawn(rng, 10_000, EVEN)
    nanny = fit_nanny(index, start, tuple(SIZES), prediction, label)
    later, _, said, true = drawn(rng, 10_000, EVEN, drift=3.0)
    assert nanny.metric(later, said) == pytest.approx(np.abs(prediction - label).mean(), rel=0.05)
    assert np.abs(said - true).mean() > 2 * nanny.metric(later, said)


def test_no_rows_and_unknown_labels():
    index = np.zeros((2, 1), dtype=int)
    with pytest.raises(ValueError, match="finite predictions and labels"):
        fit_nanny(index, np.array([0, 1]), ["x"], np.zeros(2), np.array([1.0, np.nan]))
    nanny = fit_nanny(index, np.array([0, 1]), ["x"], np.zeros(2), np.ones(2))
    assert nanny.metric(index, np.zeros(2)) == pytest.approx(1.0)
    assert np.isnan(nanny.metric(index[:0], np.zeros(0)))
