"""The surprise of single values."""

import dataclasses

import numpy as np
import pytest

from candidates.measures.surprise import readable, surprise
from tests.candidates.scenes import logs, model_of


@pytest.fixture(scope="module")
def model():
    return model_of("scorer", logs()["scorer"])


def test_in_the_baseline_it_is_about_exponential(model):
    rows = model.rows
    found = surprise(model, rows, np.arange(len(rows.after)), ["amount", "country", "noise"])
    usual = found.amount[~rows.after]
    assert usual[:, [0, 2]].mean(axis=0) == pytest.approx([1, 1], abs=0.05)
    assert (usual >= 0).all()
    assert usual[:, 1].mean() < 1.2
    assert np.abs(found.score[~rows.after].mean(axis=0)).max() < 0.05
    assert np.isfinite(found.amount).all()


def test_far_values_nulls_and_rare_categories_surprise(model):
    amount, place = model.rows.values["amount"].copy(), model.rows.bins["country"].copy()
    late = np.flatnonzero(model.rows.after)
    amount[late[0]], amount[late[1]] = 1e6, np.nan
    place[late[2]] = len(model.columns["country"].roles) - 1
    rows = dataclasses.replace(
        model.rows,
        values=dict(model.rows.values) | {"amount": amount},
        bins=dict(model.rows.bins) | {"country": place},
    )
    found = surprise(model, rows, np.arange(len(rows.after)), ["amount", "country"])
    assert found.amount[late[0], 0] > 12
    assert found.amount[late[1], 0] > 6
    assert found.score[late[1], 0] == 0
    assert found.amount[late[2], 1] > 6


def test_timestamps_and_vectors_are_not_read(model):
    columns = {name: dataclasses.replace(p, kind="timestamp") for name, p in model.columns.items() if name == "amount"}
    turned = dataclasses.replace(model, columns=dict(model.columns) | columns)
    assert "amount" not in readable(turned, model.rows)
    assert "temp" in readable(turned, model.rows)
