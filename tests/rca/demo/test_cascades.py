"""Cascades of several models and tasks score one after the other."""

import numpy as np
import pytest
import yaml

from rca.analyse import analyse_bundle
from rca.demo.bundle import write_bundle
from rca.demo.extent import Extent
from rca.demo.faults import NewVersion, UpstreamOutput
from rca.demo.scenario import Evidence, Scenario
from rca.demo.simulate import simulate
from rca.demo.symptoms import move_of
from schemas.system import System
from tests.rca.demo.three import KINDS, ROWS, run, write


def test_each_model_reads_the_answers_of_the_ones_before(three) -> None:
    world = run(three)
    assert set(world.predictions) == {"kinds", "values", "bads"}
    guess = np.array(KINDS, dtype=object)[world.predictions["kinds"].argmax(axis=1)]
    assert (world.columns["kind_guess"] == guess).all()
    assert (world.columns["value_guess"] == world.predictions["values"]).all()
    assert np.allclose(three.predict({name: v for name, v in world.columns.items() if "guess" not in name}),
                       world.predictions["bads"])  # fmt: skip


def test_the_models_are_good(three) -> None:
    world = run(three)
    assert (world.columns["kind_guess"] == world.columns["kind"]).mean() > 0.75
    assert np.corrcoef(world.predictions["values"], world.columns["value"])[0, 1] > 0.9
    assert move_of(world, "bads", "auc", onset=5.0).before > 0.9
    assert move_of(world, "kinds", "accuracy", onset=5.0).before > 0.75


def test_importance_flows_through_the_cascade(three) -> None:
    assert three.importance("size") > 0.3
    assert three.importance("vector") > 0.02
    assert three.importance("area") == 0


def test_a_fault_of_the_first_model_reaches_the_last(three) -> None:
    calm = run(three)
    world = run(three, UpstreamOutput("values", "flipped", Extent(5.0), version="9"))
    after = world.ts >= world.moment(5.0)
    assert (world.predictions["bads"][~after] == calm.predictions["bads"][~after]).all()
    assert (world.predictions["bads"][after] != calm.predictions["bads"][after]).mean() > 0.5
    assert (world.predictions["kinds"] == calm.predictions["kinds"]).all()


def test_the_system_says_who_produces_what(three, tmp_path) -> None:
    folder = write(tmp_path, three)
    system = System.model_validate(yaml.safe_load((folder / "system.yaml").read_text()))
    assert system.producer("values", "kind_guess") == "kinds"
    assert system.producer("bads", "kind_guess") == "kinds"
    assert system.producer("bads", "value_guess") == "values"
    assert system.by_id["kinds"].task == "multiclass"


def test_each_model_has_a_version_of_its_own(three) -> None:
    world = run(three, NewVersion("values", "6.0", Extent(5.0)))
    assert [set(world.versions[node]) for node in ("kinds", "values", "bads")] == [
        {"7.2.0"},
        {"5.1.3", "6.0"},
        {"3.4.1"},
    ]


@pytest.mark.parametrize("metric", ["accuracy", "f1", "logloss"])
def test_the_metrics_of_classes_agree_with_the_engine(three, tmp_path, metric) -> None:
    folder = tmp_path / "bundle"
    told = Scenario("s", "kinds", metric, faults=(), days=20, evidence=Evidence(traces=0, trained_rows=0))
    write_bundle(folder, told, three, seed=3, rows=ROWS)
    (analysis,) = analyse_bundle(folder)
    world = simulate(three, told, 3, ROWS)
    move = move_of(world, "kinds", metric, onset=5.0, label_delay=1.0)
    assert analysis.incident.baseline_value == pytest.approx(move.before, abs=0.04)
