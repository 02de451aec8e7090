"""Values that lie between the values a column can take."""

import numpy as np
import pytest

from candidates.measures.resolution import off_grid, unseen

N = 400
BASE = np.arange(2 * N) < N


def _values(places: int) -> np.ndarray:
    return np.random.default_rng(0).normal(50.0, 20.0, 2 * N).round(places)


@pytest.mark.parametrize("places", [0, 1, 2])
def test_noise_on_a_number_kept_to_some_places_is_off_its_grid(places: int) -> None:
    values = _values(places)
    values[-30:] += np.pi / 1000
    off, usual = off_grid(values, BASE)
    assert off[-30:].all()
    assert not off[:-30].any()
    assert usual < 0.01


def test_a_continuous_column_has_no_grid() -> None:
    off, usual = off_grid(np.random.default_rng(0).normal(size=2 * N), BASE)
    assert not off.any()
    assert usual == 1.0


def test_numbers_kept_as_single_precision_lie_on_their_grid() -> None:
    off, _ = off_grid(_values(2).astype(np.float32).astype(np.float64), BASE)
    assert not off.any()


def test_unknown_values_are_neither_off_nor_new() -> None:
    values = _values(0)
    values[::3] = np.nan
    assert not off_grid(values, BASE)[0][::3].any()
    assert not unseen(values, BASE)[0][::3].any()


def test_new_values_surprise_where_nothing_new_comes() -> None:
    few = np.random.default_rng(0).integers(0, 5, 2 * N).astype(float)
    few[-10:] = 7.0
    new, usual = unseen(few, BASE)
    assert new[-10:].all()
    assert not new[:-10].any()
    assert usual < 0.01
    assert unseen(np.random.default_rng(0).normal(size=2 * N), BASE)[1] > 0.9


def test_too_few_rows_say_nothing() -> None:
    values, base = _values(0)[:20], np.ones(20, dtype=bool)
    assert off_grid(values, base)[1] == 1.0
    assert unseen(values, base)[1] == 1.0
    assert not off_grid(np.zeros(0), np.zeros(0, dtype=bool))[0].any()
    assert not unseen(np.zeros(0), np.zeros(0, dtype=bool))[0].any()
