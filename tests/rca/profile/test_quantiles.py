import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rca.profile.quantiles import numeric_edges


def shares(values, edges):
    return np.histogram(values, edges)[0] / len(values)


def test_a_continuous_column_gets_about_twenty_bins_of_like_size():
    values = np.random.default_rng(0).lognormal(size=20_000)
    edges = numeric_edges(values, values.min(), values.max())
    assert 19 <= len(edges) - 1 <= 22
    assert shares(values, edges).max() < 0.06


def test_the_range_is_that_of_all_reference_rows_and_holds_its_maximum():
    edges = numeric_edges(np.linspace(1, 2, 1000), 0.5, 7.0)
    assert edges[0] == 0.5
    assert edges[-1] == np.nextafter(7.0, np.inf)


def test_an_atom_has_a_bin_of_its_own():
    rng = np.random.default_rng(1)
    values = np.where(rng.random(5000) < 0.4, 0.0, rng.exponential(size=5000))
    edges = numeric_edges(values, 0.0, values.max())
    at = np.searchsorted(edges, 0.0, side="right") - 1
    inside = values[(values >= edges[at]) & (values < edges[at + 1])]
    assert set(inside) == {0.0}


def test_few_integers_get_one_bin_each():
    values = np.repeat([1.0, 2.0, 5.0, 9.0], [1000, 5, 1000, 2])
    edges = numeric_edges(values, 1.0, 9.0)
    assert edges.tolist() == [1, 2, 5, 9, np.nextafter(9.0, np.inf)]


def test_a_constant_has_one_bin():
    edges = numeric_edges(np.full(10, 3.25), 3.25, 3.25)
    assert edges.tolist() == [3.25, np.nextafter(3.25, np.inf)]


def test_a_sample_without_finite_values_still_has_the_range():
    edges = numeric_edges(np.array([np.nan, np.inf]), 1.0, 4.0)
    assert edges.tolist() == [1.0, np.nextafter(4.0, np.inf)]


@given(
    st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=200),
    st.lists(st.sampled_from([0.0, 1.0, -5.0]), max_size=50),
)
def test_edges_ascend_and_cover_all(values, atoms):
    sample = np.array(values + atoms)
    edges = numeric_edges(sample, sample.min(), sample.max())
    assert (np.diff(edges) > 0).all()
    assert edges[0] == sample.min()
    assert edges[-1] > sample.max()


@pytest.mark.parametrize("scale", [1e-300, 1.0, 1e300])
def test_extreme_scales(scale):
    sample = np.random.default_rng(2).random(1000) * scale
    edges = numeric_edges(sample, sample.min(), sample.max())
    assert (np.diff(edges) > 0).all()
    assert shares(sample, edges).max() < 0.1
