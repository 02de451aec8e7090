"""Models, their settings and their inputs as attackers and training leave them."""

import numpy as np

from benchmarks.incidents.faults.decisions import DecisionThreshold
from benchmarks.incidents.faults.harmless import HarmlessRetrain
from benchmarks.incidents.faults.meaning import OtherMeaning
from benchmarks.incidents.faults.outliers import Adversarial
from benchmarks.incidents.faults.precision import Runtime
from benchmarks.incidents.faults.skew import ALWAYS, Leakage, Overfitting, Rounded, Skewed
from rca.demo.extent import Extent
from rca.demo.faults import Corruption, OutlierBurst

from .toy import ONSET, run

SHARP = Extent(ONSET)


def loss(world, rows) -> float:
    return float(np.square(world.predictions["decider"] - world.columns["bad"])[rows].mean())


def test_another_meaning_keeps_the_marginal(cascade, calm) -> None:
    world, after = run(cascade, OtherMeaning("sizer", "9", ("weight",), SHARP))
    now, then = world.predictions["sizer"][after], calm.predictions["sizer"][after]
    assert (np.sort(now) == np.sort(then)).all()
    assert np.corrcoef(now, then)[0, 1] < 0.9
    assert set(world.versions["sizer"][after]) == {"9"}
    assert loss(world, after) > loss(calm, after)


def test_outliers_are_odd_in_several_columns_of_the_same_rows(cascade, calm) -> None:
    world, after = run(cascade, OutlierBurst(("size", "age", "weight"), Extent(ONSET, share=0.3)))
    odd = [world.columns[name] != calm.columns[name] for name in ("size", "age", "weight")]
    assert (odd[0] == odd[1]).all()
    assert (odd[0] == odd[2]).all()
    assert 0.2 < odd[0][after].mean() < 0.4
    assert not odd[0][~after].any()


def test_an_attack_is_small_in_every_column_and_harmful_together(cascade, calm) -> None:
    columns = ("size", "age", "weight")
    world, after = run(cascade, Adversarial(columns, 0.5, SHARP))
    for name in columns:
        step = np.abs(world.columns[name] - calm.columns[name])
        assert step.max() <= 0.5 * np.std(cascade.pool[name]) + 1e-9
        assert not step[~after].any()
    assert loss(world, after) > loss(calm, after) + 0.02


def test_skew_is_there_from_the_first_row_and_not_in_training(cascade, calm) -> None:
    world, _ = run(cascade, Skewed(Corruption("age", "unit_change", ALWAYS, 12.0), "scaled"))
    assert np.allclose(world.columns["age"], calm.columns["age"] * 12)
    assert world.cascade.trained_on["age"].max() < 81
    world, _ = run(cascade, Skewed(Rounded("age", 30.0), "rounded"))
    assert set(np.unique(world.columns["age"])) <= {0.0, 30.0, 60.0}


def test_a_leak_is_in_the_training_rows_only(cascade) -> None:
    leaky = Leakage("noise", 0.9).prepare(cascade)
    for rows in (leaky.trained_on, leaky.validation):
        assert np.corrcoef(rows["noise"], rows["bad"])[0, 1] > 0.5
    assert abs(np.corrcoef(leaky.pool["noise"], leaky.pool["bad"])[0, 1]) < 0.1
    assert leaky.final.gain["noise"] > 0.5
    assert np.corrcoef(cascade.trained_on["noise"], cascade.trained_on["bad"])[0, 1] < 0.1


def test_an_overfitted_model_knows_its_training_rows_alone(cascade, calm) -> None:
    fitted = Overfitting(400).prepare(cascade)
    rows = fitted.trained_on
    trained = np.square(fitted.final.predict(rows) - rows["bad"]).mean()
    world, after = run(fitted, Overfitting(400))
    assert trained < 0.8 * loss(world, after)
    assert loss(world, after) > loss(calm, after)


def test_a_threshold_moves_business_figures_and_no_score(cascade, calm) -> None:
    world, after = run(cascade, DecisionThreshold(0.6, SHARP))
    assert (world.predictions["decider"] == calm.predictions["decider"]).all()
    assert (world.kpi_factors["rate"][~after] == 1).all()
    assert (world.kpi_factors["rate"][after] > 1.5).all()
    assert world.changes[0]["kind"] == "config"


def test_another_runtime_changes_answers_without_a_version(cascade, calm) -> None:
    for how, amount in (("coarse", 3.0), ("mixed", 1.0), ("fallback", 1.0)):
        world, after = run(cascade, Runtime("decider", how, amount, SHARP))
        answers, before = world.predictions["decider"], calm.predictions["decider"]
        assert (answers[~after] == before[~after]).all()
        assert (answers[after] != before[after]).mean() > 0.5
        assert len(set(world.versions["decider"])) == 1
    assert loss(world, after) > loss(calm, after)


def test_a_harmless_retrain_answers_nearly_as_before(cascade, calm) -> None:
    world, after = run(cascade, HarmlessRetrain("decider", "2", SHARP))
    answers, before = world.predictions["decider"][after], calm.predictions["decider"][after]
    assert np.corrcoef(answers, before)[0, 1] > 0.95
    assert abs(loss(world, after) - loss(calm, after)) < 0.01
