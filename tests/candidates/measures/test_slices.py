"""The scan: the right slice, in the right bounds, and none where there is none."""

import math
import time
from dataclasses import replace

import numpy as np
import pytest

from candidates.measures.departures import departures
from candidates.measures.row_errors import row_errors
from candidates.measures.slice_space import slice_space
from candidates.measures.slices import as_errors, find_slices, selected
from tests.candidates.scenes import COUNTRIES, Log, logs, model_of

HEALTHY = logs(6000, seed=5)["scorer"]
CHANCES = 40


def scanned(log: Log, value: np.ndarray):
    model = model_of("scorer", log)
    return find_slices(model, model.rows, as_errors(np.arange(len(value)), value))


def noise(log: Log = HEALTHY, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=len(log.day))


def test_every_run_of_bins_and_every_category_is_a_slice_of_one_dimension():
    model = model_of("scorer", HEALTHY)
    space = slice_space(model, model.rows, np.arange(6000))
    country = space.columns.index("country")
    mine = np.flatnonzero(space.column == country)
    assert len(mine) == len(COUNTRIES) + 1  # and null
    for item in (mine[2], np.flatnonzero(space.column == space.columns.index("amount"))[37]):
        assert space.sums(np.arange(6000))[0, item] == space.inside(item).sum()
    assert np.exp(-space.cost[mine]).sum() == pytest.approx(1.0)


def test_bounds_are_found_between_the_bins():
    amount = HEALTHY.columns["amount"]
    truth = HEALTHY.late & (amount >= 17.3) & (amount <= 29.1)
    found = scanned(HEALTHY, noise() + 1.5 * truth)[0]
    said = found.where.mask({"amount": amount}) & HEALTHY.late
    assert found.where.conditions[0].column == "amount"
    assert (said & truth).sum() / (said | truth).sum() > 0.95
    assert found.rise == pytest.approx(1.5 / (noise() + 1.5 * truth).std(), rel=0.15)


def test_three_conditions_are_found():
    x = HEALTHY.columns
    truth = HEALTHY.late & (x["country"] == "de") & (x["noise"] >= 15) & (x["temp"] < 16)
    found = scanned(HEALTHY, noise() + 3.0 * truth)[0]
    assert [c.column for c in found.where.conditions] == ["country", "noise", "temp"]


@pytest.mark.parametrize("tail", ["normal", "exponential", "rare"])
def test_pure_chance_is_hardly_ever_a_slice(tail):
    rng = np.random.default_rng(1)
    small = logs(2500, seed=6)["scorer"]
    draw = {
        "normal": rng.normal,
        "exponential": lambda size: rng.exponential(size=size),
        "rare": lambda size: (rng.random(size) < 0.05).astype(float),
    }[tail]
    p_values = [min((one.p_value for one in scanned(small, draw(size=2500))), default=1.0) for _ in range(CHANCES)]
    assert sum(p < 0.05 for p in p_values) <= 4


def test_what_rises_everywhere_is_no_slice():
    assert not [one for one in scanned(HEALTHY, noise() + 2.0 * HEALTHY.late) if one.p_value < 0.01]


def test_a_slice_that_is_new_is_not_compared():
    country = HEALTHY.columns["country"].copy()
    country[HEALTHY.late & (np.random.default_rng(0).random(6000) < 0.5)] = "pl"
    log = replace(HEALTHY, columns=dict(HEALTHY.columns) | {"country": country})
    found = scanned(log, noise() + 2.0 * (log.late & (country == "pl")))
    assert not any("country=pl" in str(one.where) for one in found)


def test_nulls_can_be_a_slice_when_they_always_were_there():
    gone = np.random.default_rng(3).random(6000) < 0.2
    amount = np.where(gone, np.nan, HEALTHY.columns["amount"])
    log = replace(HEALTHY, columns=dict(HEALTHY.columns) | {"amount": amount})
    assert str(scanned(log, noise() + 2.0 * (log.late & gone))[0].where) == "amount is null"


def test_errors_weigh_the_answers_that_have_most_to_lose():
    errors = row_errors(model_of("scorer", HEALTHY).rows, "binary", "auc")
    sure = HEALTHY.prediction[errors.rows] < 0.05
    unsure = np.abs(HEALTHY.prediction[errors.rows] - 0.5) < 0.05
    assert errors.gain[sure].mean() > 3 * errors.gain[unsure].mean()
    assert abs(errors.residual.mean()) < 0.05


@pytest.mark.parametrize(("task", "metric"), [("regression", "mae"), ("multiclass", "accuracy"), ("binary", "bias")])
def test_errors_of_every_task(task, metric):
    rows = model_of("scorer", HEALTHY).rows
    if task == "multiclass":
        rows = replace(rows, prediction=(rows.prediction >= 0.5).astype(float))
    errors = row_errors(rows, task, metric)
    assert np.isfinite(errors.residual).all()
    assert (errors.gain >= 0).all()
    assert errors.gain.any()


def test_too_few_labels_are_no_errors():
    rows = model_of("scorer", HEALTHY).rows
    assert row_errors(replace(rows, label=np.full(6000, np.nan)), "binary", "auc") is None


def test_answers_of_another_function_depart():
    hit = np.flatnonzero(HEALTHY.late & (HEALTHY.columns["country"] == "fr"))
    said = HEALTHY.prediction.copy()
    said[hit] = said[np.random.default_rng(0).permutation(hit)]
    model = model_of("scorer", replace(HEALTHY, prediction=said))
    found = departures(model, model.rows, "auc")
    assert found.error[hit].mean() > 0.6
    assert found.error[~HEALTHY.late].mean() < 0.15
    assert departures(model, replace(model.rows, prediction=noise()), "mae") is None


def test_a_scan_of_many_rows_and_columns_is_fast():
    rng = np.random.default_rng(0)
    wide = logs(24_000, seed=2)["scorer"]
    more = {f"x{k}": rng.normal(size=24_000) for k in range(24)}
    log = replace(wide, columns=dict(wide.columns) | more)
    model = model_of("scorer", log)
    errors = as_errors(np.arange(24_000), noise(log) + (log.late & (log.columns["x3"] > 1)))
    begin = time.process_time()
    found = find_slices(model, model.rows, errors)
    assert time.process_time() - begin < 1.5
    assert found[0].where.conditions[0].column == "x3"
    assert math.isfinite(found[0].z)


def test_a_slice_selects_the_same_rows_again_from_other_sampled_rows():
    amount, country = HEALTHY.columns["amount"], HEALTHY.columns["country"]
    truth = (country == "de") & (amount >= 17.3) & (amount <= 29.1)
    found = scanned(HEALTHY, noise() + 4.0 * (truth & HEALTHY.late))[0]
    model = model_of("scorer", HEALTHY)
    assert np.array_equal(selected(found.where, model.columns, model.rows), found.inside)
