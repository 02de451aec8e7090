"""How a KPI follows a model's outputs."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from candidates.measures.following import (
    correlation,
    followed_output,
    mean_shift,
    most_predicted,
    passed_on,
    predicted_change,
    series_strength,
    sides,
)
from candidates.measures.influence import influence
from schemas.evidence import Series
from tests.candidates.faults import evidence
from tests.candidates.test_downstream_change import incident
from tests.laws.worlds import DAYS, WINDOW_DAYS, days, make_symptom, series

LATE = np.arange(DAYS) >= DAYS - WINDOW_DAYS
RNG = np.random.default_rng(0)
OUTPUT = 0.5 + 0.02 * RNG.normal(size=DAYS)
SYMPTOM = make_symptom("approval", "rate")


def line(value, metric="m"):
    return series("m", metric, np.asarray(value))


def kpi(factor=2.0, noise=0.002, moved=0.0):
    return line(factor * OUTPUT + noise * RNG.normal(size=DAYS) + moved * LATE, "rate")


def test_sides_are_the_finite_values_of_each_period():
    value = OUTPUT.copy()
    value[[0, -1]] = np.nan
    before, after = sides(line(value), SYMPTOM)
    assert before.tolist() == value[1 : DAYS - WINDOW_DAYS].tolist()
    assert after.tolist() == value[DAYS - WINDOW_DAYS : -1].tolist()


def test_mean_shift_is_welchs_t_with_the_baselines_spread_as_floor():
    value = np.concatenate([RNG.normal(5, 1, DAYS - WINDOW_DAYS), RNG.normal(9, 3, WINDOW_DAYS)])
    before, after = sides(line(value), SYMPTOM)
    error = math.sqrt(before.var(ddof=1) / len(before) + max(before.var(ddof=1), after.var()) / len(after))
    assert mean_shift(line(value), SYMPTOM) == pytest.approx((after.mean() - before.mean()) / error)
    assert mean_shift(line(value), SYMPTOM) > 0


def test_strength_is_signed_and_robust_to_one_bad_day():
    value = OUTPUT - 0.3 * LATE
    assert series_strength(line(value), SYMPTOM) < -5
    value[3] = 1e6
    assert series_strength(line(OUTPUT), SYMPTOM) < 3


@pytest.mark.parametrize("measure", [series_strength, mean_shift])
def test_too_little_is_nothing(measure):
    empty = np.full(DAYS, np.nan)
    assert measure(line(empty), SYMPTOM) == 0.0
    empty[-WINDOW_DAYS:] = 3.0
    assert measure(line(empty), SYMPTOM) == 0.0


def test_correlation_and_slope_are_the_regressions():
    followed, output = kpi(), line(OUTPUT)
    r, slope = correlation(followed, output, SYMPTOM)
    x, y = (sides(s, SYMPTOM)[0] for s in (output, followed))
    fit = stats.linregress(x, y)
    assert (r, slope) == (pytest.approx(fit.rvalue), pytest.approx(fit.slope))


def test_buckets_are_matched_by_their_time():
    followed = kpi()
    shorter = line(OUTPUT)
    shorter = replace(shorter, ts=shorter.ts[3:], value=shorter.value[3:], n=shorter.n[3:])
    assert correlation(followed, shorter, SYMPTOM)[1] == pytest.approx(2.0, abs=0.1)


def test_an_output_that_the_kpi_did_not_follow_predicts_nothing():
    unrelated = line(RNG.normal(size=DAYS))
    assert math.isnan(predicted_change(unrelated, line(OUTPUT), SYMPTOM))
    assert math.isnan(predicted_change(kpi(), line(np.full(DAYS, 0.5)), SYMPTOM))


def test_the_predicted_change_is_slope_times_the_outputs_change():
    moved = line(OUTPUT + 0.1 * LATE)
    followed = line(3 * moved.value)
    before, after = sides(moved, SYMPTOM)
    assert predicted_change(followed, moved, SYMPTOM) == pytest.approx(3 * (after.mean() - before.mean()))


def test_the_output_that_was_followed_best_is_chosen():
    model = evidence("none").models["scorer"]
    outputs = {"prediction_mean": line(RNG.normal(size=DAYS)), "positive_rate": line(OUTPUT), "rows": line(OUTPUT)}
    symptom = replace(SYMPTOM, series=kpi())
    assert followed_output(symptom, replace(model, outputs=outputs)) == "positive_rate"
    symptom = replace(SYMPTOM, series=line(np.full(DAYS, 1.0)))
    assert followed_output(symptom, replace(model, outputs=outputs)) == "prediction_mean"


@pytest.mark.parametrize(
    ("moved", "expected"),
    [
        ({}, "prediction_mean"),
        ({"loss": 0.3}, "loss"),
        ({"loss": 0.1, "positive_rate": -0.3}, "positive_rate"),
        ({"loss": 0.3, "prediction_mean": 0.3}, "prediction_mean"),
        ({"loss": 0.3, "prediction_mean": 0.1}, "prediction_mean"),
        ({"rows": 0.3}, "prediction_mean"),
    ],
)
def test_a_kpi_that_followed_nothing_is_judged_by_the_output_that_moved_unless_predictions_did(moved, expected):
    names = ("loss", "positive_rate", "prediction_mean", "rows")
    made = {name: 0.5 + 0.02 * np.random.default_rng(i).normal(size=DAYS) for i, name in enumerate(names)}
    outputs = {name: line(values + moved.get(name, 0.0) * LATE, name) for name, values in made.items()}
    model = replace(evidence("none").models["scorer"], outputs=outputs)
    symptom = replace(SYMPTOM, series=line(1.0 - 0.2 * LATE, "rate"))
    assert followed_output(symptom, model) == expected
    assert followed_output(symptom, replace(model, outputs={})) == "prediction_mean"


def between(scatter):
    """Return the medians over worlds of the least and most of a change by 10 that is predicted.

    The KPI follows -2 times what the output shows; both scatter.
    """
    found = []
    for seed in range(100):
        rng = np.random.default_rng(seed)
        true = rng.normal(size=DAYS)
        output = line(true + scatter * rng.normal(size=DAYS) + 5 * LATE)
        follows = line(-2 * true + 2 * scatter * rng.normal(size=DAYS) - 10 * LATE, "rate")
        found.append((predicted_change(follows, output, SYMPTOM), most_predicted(follows, output, SYMPTOM)))
    return np.nanmedian(np.array(found), axis=0)


def test_where_output_and_kpi_scatter_the_truth_lies_between_the_least_and_the_most_that_is_predicted():
    """Chance in the output's buckets flattens the slope, chance in the KPI's the inverse one."""
    assert between(0.0) == pytest.approx([-10, -10], abs=0.5)
    least, most = between(0.4)
    assert most < -10.5 < -9.5 < least < 0


def test_without_a_relation_nothing_is_predicted_at_most():
    assert math.isnan(most_predicted(line(RNG.normal(size=DAYS)), line(OUTPUT + 0.3 * LATE), SYMPTOM))


QUARTERS = 4 * DAYS
SINCE = np.arange(QUARTERS) >= 4 * (DAYS - WINDOW_DAYS)


def six_hourly(value):
    ts = days(1)[0] + np.arange(QUARTERS) * np.timedelta64(6, "h")
    return Series("m", "m", ts, value, np.full(QUARTERS, 100.0))


def passed(moved=0.0, broke=0.0, scatter=0.1, slope=2.0, blurred=0.0):
    """Return over worlds what passed on to a KPI that follows an output, of which either moved, and by what t."""
    found = []
    for seed in range(10):
        rng = np.random.default_rng(seed)
        true, noise = rng.normal(size=QUARTERS), scatter * rng.normal(size=QUARTERS)
        truly = true + moved * SINCE
        output = six_hourly(truly + blurred * rng.normal(size=QUARTERS))
        followed = six_hourly(slope * truly + noise + broke * SINCE)
        before, after = sides(followed, SYMPTOM)
        symptom = replace(SYMPTOM, baseline_value=before.mean(), value=after.mean())
        found.append((passed_on(followed, output, symptom), abs(mean_shift(output, symptom))))
    return np.array(found).T


@pytest.mark.parametrize("moved", [0.8, -0.8])
@pytest.mark.parametrize("slope", [2.0, -2.0])
@pytest.mark.parametrize("scatter", [0.1, 1.0])
def test_a_small_move_of_an_output_is_passed_on_whole_where_nothing_is_left_beside_it(moved, slope, scatter):
    share, shift = passed(moved, scatter=scatter, slope=slope)
    assert 2 < np.median(shift) < 3.5
    assert np.median(share) > 0.9
    assert (share <= 1).all()
    # the less surely the output moved, the less is believed
    assert share[np.argmin(shift)] < 0.8 < share[np.argmax(shift)]


def test_nothing_is_passed_on_to_a_kpi_that_breaks_by_itself_however_the_output_twitches():
    for moved in (0.0, 0.3, 0.8):
        assert passed(moved, broke=-4.0)[0].max() < 0.01


def test_an_output_that_scatters_by_chance_as_well_hides_nothing_of_what_it_passed_on():
    assert np.median(passed(0.8, blurred=0.7)[0]) > 0.65


def test_of_a_kpi_that_moved_more_than_its_output_tells_some_is_passed_on():
    share, _ = passed(2.0, broke=2.0, scatter=1.0)
    assert np.median(share) == pytest.approx(4 / 6, abs=0.15)


def test_nothing_is_passed_on_against_the_outputs_way_or_without_a_close_relation():
    assert passed(0.9, broke=-2.4, scatter=2.4)[0].min() == 0.0
    assert not passed(3.0, scatter=4.0)[0].any()
    assert not passed(3.0, slope=0.0)[0].any()


def test_nothing_is_passed_on_to_a_kpi_that_did_not_change():
    assert passed_on(kpi(), line(OUTPUT), replace(SYMPTOM, baseline_value=0.5, value=0.5)) == 0.0


def through(moved, broke):
    """Return the share of a KPI's change that passes through a model whose mean prediction moved by little."""
    given, rng = incident(), np.random.default_rng(5)
    scorer = given.models["scorer"]
    output = replace(scorer.outputs["prediction_mean"], value=0.5 + 0.02 * rng.normal(size=DAYS) + moved * LATE)
    shown = replace(given.symptom.series, value=output.value + 0.002 * rng.normal(size=DAYS) + broke * LATE)
    before, after = sides(shown, given.symptom)
    symptom = replace(given.symptom, series=shown, baseline_value=before.mean(), value=after.mean())
    assert abs(mean_shift(output, symptom)) < 2.5
    models = {**given.models, "scorer": replace(scorer, outputs={"prediction_mean": output})}
    return influence(replace(given, symptom=symptom, models=models, cache={}), "scorer")


def test_a_kpi_that_is_computed_from_the_answers_is_laid_to_a_small_move_of_theirs():
    assert through(0.04, 0.0) > 0.85
    assert through(0.04, -0.2) < 0.05
