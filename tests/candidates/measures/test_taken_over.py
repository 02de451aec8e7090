"""A known value that was given to rows is told from more rows that really have it."""

from dataclasses import replace

import numpy as np
import pytest

from candidates import families
from candidates.measures.taken_over import given_to_any
from schemas.evidence import Rows
from tests.candidates.scenes import FIRST_DAY, profile_of
from tests.laws.worlds import DAYS, logged, make_evidence, make_model, make_symptom, rescored

ROWS = 8000
DAY = np.sort(np.random.default_rng(0).integers(0, DAYS, ROWS))
LATE = DAY >= FIRST_DAY
HIT = LATE & (np.random.default_rng(1).random(ROWS) < 0.4)


def drawn(usual):
    """Return cities, of which "a" is that of a share of the rows, and two inputs that are larger in it."""
    rng = np.random.default_rng(2)
    city = np.where(rng.random(ROWS) < usual, "a", rng.choice(list("bcd"), ROWS)).astype(object)
    inputs = {name: rng.normal(size=ROWS) + 1.2 * (city == "a") for name in ("size", "price")}
    return city, inputs


def sign(city, inputs, others=("size", "price")):
    """Return the sign of the city or of its number, by inputs beside it."""
    made = {name: profile_of("scorer", name, values, DAY) for name, values in (inputs | {"city": city}).items()}
    numbers = inputs if city.dtype == object else inputs | {"city": city}
    nothing = np.full(ROWS, np.nan)
    bins = {name: place for name, (_, place) in made.items()}
    rows = Rows(LATE, np.zeros(ROWS, "M8[us]"), nothing.astype(str), nothing, nothing, nothing, bins, numbers)
    return given_to_any(made["city"][0], rows, others)


def numbered(city):
    return np.array(["abcd".index(name) + 7.0 for name in city])


@pytest.mark.parametrize("told", [lambda city: city, numbered], ids=["category", "number"])
def test_a_known_value_given_to_any_rows_is_a_default(told):
    city, inputs = drawn(0.1)
    found = sign(told(np.where(HIT, "a", city).astype(object)), inputs)
    assert (found.mechanism, found.specificity) == ("default_value", 0.9)
    assert found.touched == pytest.approx(0.36, abs=0.04)
    assert "like any" in found.words


@pytest.mark.parametrize("told", [lambda city: city, numbered], ids=["category", "number"])
def test_more_rows_that_really_have_a_value_are_like_those_that_had_it(told):
    city, inputs = drawn(0.1)
    index = np.arange(ROWS)
    weight = np.where(city[LATE] == "a", 8.0, 1.0)
    index[LATE] = np.random.default_rng(3).choice(index[LATE], int(LATE.sum()), p=weight / weight.sum())
    assert sign(told(city[index]), {name: values[index] for name, values in inputs.items()}) is None


def test_a_value_that_few_rows_had_says_nothing_of_those_that_have_it_now():
    city, inputs = drawn(0.008)
    assert sign(np.where(HIT, "a", city).astype(object), inputs) is None


def test_inputs_that_never_told_a_value_do_not_tell_whether_it_belongs():
    city, inputs = drawn(0.1)
    given = np.where(HIT, "a", city).astype(object)
    unrelated = inputs | {"noise": np.random.default_rng(4).normal(size=ROWS), "constant": np.ones(ROWS)}
    assert sign(given, unrelated, ()) is None
    assert sign(given, unrelated, ("constant",)) is None
    assert sign(given, unrelated, ("noise",)) is None
    assert sign(given, unrelated, ("noise", "size")) is not None


def test_a_mix_that_stayed_has_no_value_that_took_over():
    assert sign(*drawn(0.1)) is None


def unlabelled(real):
    """Return the evidence of a model without labels, more of whose rows have one of the few values of an input."""
    x, prediction, _, day = logged(6000)
    late, rng = day >= FIRST_DAY, np.random.default_rng(2)
    x["a"] = np.round(x["a"])
    if real:
        index, weight = np.arange(6000), np.where(x["a"][late] == 1, 8.0, 1.0)
        index[late] = rng.choice(index[late], int(late.sum()), p=weight / weight.sum())
        x, prediction = {name: values[index] for name, values in x.items()}, prediction[index]
    else:
        x["a"] = np.where(late & (rng.random(6000) < 0.6), 1.0, x["a"])
    nothing = np.full(6000, np.nan)
    model = make_model(x, np.where(late, rescored(x), prediction), nothing, day)
    line = model.outputs["prediction_mean"]
    before, after = float(line.value[:FIRST_DAY].mean()), float(line.value[FIRST_DAY:].mean())
    symptom = replace(make_symptom(metric="prediction_mean", value=after), baseline_value=before, series=line)
    return make_evidence(model, replace(symptom, direction="up"))


@pytest.mark.parametrize("real", [True, False])
def test_without_labels_the_other_inputs_tell_a_default_from_a_population(real):
    found = {
        family: {c.subject: c for c in families()[family](unlabelled(real)).candidates}
        for family in ("data_quality", "feature_drift")
    }
    if real:
        assert "a" not in found["data_quality"]
    else:
        assert found["data_quality"]["a"].mechanism == "default_value"
        assert found["data_quality"]["a"].impact > 0.8
    assert (found["feature_drift"]["a"].specificity > 0.6) == real
