import numpy as np
import pytest

from benchmarks.incidents.baselines import OWN, baselines
from benchmarks.incidents.baselines.alerts import distance
from benchmarks.incidents.baselines.ks import ks
from benchmarks.incidents.baselines.psi import psi
from benchmarks.incidents.baselines.samples import Sample
from benchmarks.incidents.baselines.windows import best_split, onset_of
from benchmarks.incidents.files import Files
from benchmarks.incidents.score import score_case

from .bundles import ONSET_DAY, START


def test_the_onset_is_found_from_the_reported_figure(toy_bundle) -> None:
    onset = onset_of(Files(toy_bundle))
    assert abs(onset - (np.datetime64(START) + np.timedelta64(ONSET_DAY, "D"))) < np.timedelta64(12, "h")


def test_the_best_split_of_a_step() -> None:
    noise = np.random.default_rng(0).normal(size=60)
    cut, t = best_split(noise + 5 * (np.arange(60) >= 40))
    assert cut == 40
    assert t > 10
    assert best_split(noise)[1] < 4


@pytest.mark.parametrize("name", ["psi", "rules"])
def test_the_null_burst_is_found(toy_bundle, name) -> None:
    found = score_case(toy_bundle, baselines()[name])
    assert not found.error
    assert found.at(1) == 1


def test_the_latest_change_before_the_onset(toy_bundle) -> None:
    causes, none, _ = OWN["latest change"](toy_bundle)
    assert [(c["families"], c["node"], c["subject"]) for c in causes] == [
        (["config_change"], "scorer", "cache"),
        (["model_change"], "scorer", "2"),
    ]
    assert none == 1


def test_random_is_the_same_again(toy_bundle) -> None:
    assert OWN["random"](toy_bundle) == OWN["random"](toy_bundle)


@pytest.mark.parametrize("name", baselines())
def test_every_baseline_names_distinct_causes_of_declared_nodes(toy_bundle, name) -> None:
    causes = baselines()[name](toy_bundle)[0]
    named = [(str(c.get("family") or c["families"]), c["node"], c["subject"]) for c in causes]
    assert named
    assert len(set(named)) == len(named)
    assert {node for _, node, _ in named} <= Files(toy_bundle).nodes.keys()


def sample(before, after, *, numeric=True):
    kind = float if numeric else object
    return Sample("m", "f", "c", numeric, np.array(before, dtype=kind), np.array(after, dtype=kind))


SAME = np.linspace(0, 1, 200)


@pytest.mark.parametrize(("measure", "most"), [(psi, np.inf), (ks, 1.0), (distance, 1.0)])
def test_measures_are_zero_for_the_same_and_large_for_other_values(measure, most) -> None:
    assert measure(sample(SAME, SAME)) == pytest.approx(0, abs=1e-9)
    assert 0.5 < measure(sample(SAME, SAME + 2)) <= most
    assert measure(sample(["a", "b"], ["a", "b"], numeric=False)) == pytest.approx(0, abs=1e-9)
    assert 0.5 < measure(sample(["a", "b"] * 9, ["c", "c"], numeric=False)) <= most


def test_psi_sees_nulls_and_ks_does_not() -> None:
    half = np.where(np.arange(200) % 2, np.nan, SAME)
    assert psi(sample(SAME, half)) > 1
    assert ks(sample(SAME, half)) < 0.02
