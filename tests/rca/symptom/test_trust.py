"""How far buckets of different sizes can be trusted."""

import numpy as np
import pytest

from rca.symptom import control_chart
from rca.symptom.trust import trust


@pytest.mark.parametrize(("own", "least", "most"), [(0.0, 20.0, 101.0), (0.3, 2.0, 12.0), (5.0, 1.0, 3.0)])
def test_small_buckets_count_for_less_the_more_sampling_makes_of_the_spread(own, least, most):
    rng = np.random.default_rng(1)
    rows = rng.choice([4.0, 40.0, 400.0], 300)
    value = own * rng.standard_normal(300) + rng.standard_normal(300) / np.sqrt(rows)
    weight = trust(value, rows)
    assert least < weight[rows == 400].mean() / weight[rows == 4].mean() < most
    assert weight.mean() == pytest.approx(1.0)


def test_wild_values_do_not_decide_what_large_buckets_are_worth():
    rng = np.random.default_rng(2)
    rows = np.tile([10.0, 1000.0], 100)
    value = rng.standard_normal(200) / np.sqrt(rows)
    clean = trust(value, rows)
    value[[1, 51]] = 0.5
    wild = trust(value, rows)
    assert wild[1] / wild[0] > 0.5 * clean[1] / clean[0]


def test_one_odd_bucket_of_a_few_rows_is_no_change():
    rng = np.random.default_rng(3)
    rows = np.append(rng.choice([40.0, 400.0], 60), 4.0)
    value = 0.8 + 0.4 * rng.standard_normal(61) / np.sqrt(rows)
    value[-1] = 0.5
    place = np.arange(61)
    few = control_chart(value, rows, place < 60, place == 60)
    many = control_chart(value, np.full(61, 400.0), place < 60, place == 60)
    assert few is not None
    assert many is not None
    assert few.p_value > 0.03
    assert many.p_value < 1e-3
