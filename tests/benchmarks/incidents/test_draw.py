"""Every draw names its cause as the contract does, and decoys do not matter."""

import re

import numpy as np
import pytest

from benchmarks.incidents.draw import DRAWS, FAMILIES
from benchmarks.incidents.draw.distractors import draw_distractors
from benchmarks.incidents.draw.luck import Luck
from benchmarks.incidents.draw.related import has_twin, related
from benchmarks.incidents.draw.symptoms import shared_symptoms, symptoms_of
from benchmarks.incidents.draw.two_roots import draw_pair
from benchmarks.incidents.tables import cascade_of
from rca.demo.services import SERVICES, operations

from .toy import DOMAIN, run

CONDITION = r"[\w-]+(=[^&]+| in \[[^\]]+\]|>=\S+|<\S+)"
SLICE = re.compile(rf"{CONDITION}( & {CONDITION})*")
WITHOUT_SUBJECT = {"concept_drift", "label_change", "outliers", "downstream_change"}
NODES = {*DOMAIN.sources, *SERVICES, "sizer", "decider", "cost", "rate"}
CASES = [(family, mechanism) for family, mechanisms in DRAWS.items() for mechanism in mechanisms]


def dice(cascade, seed) -> Luck:
    return Luck(cascade, np.random.default_rng(seed), 1.0)


@pytest.mark.parametrize(("family", "mechanism"), CASES)
def test_a_drawn_fault_names_its_cause_as_the_contract_does(cascade, family, mechanism) -> None:
    found = [DRAWS[family][mechanism](dice(cascade, seed)) for seed in range(8)]
    causes = [fault.cause(DOMAIN) for fault in found if fault]
    assert causes, "the toy system has a place for every fault"
    for cause in causes:
        assert cause.family == family
        assert cause.node in NODES
        assert cause.slice is None or SLICE.fullmatch(cause.slice)
        if family in WITHOUT_SUBJECT:
            assert cause.subject is None
        if family == "component_fault":
            assert cause.subject in {"cpu", "memory", "disk", "network", "errors", "availability"}
        if family == "latency_component":
            assert (cause.node, cause.subject) in [(one.service, one.operation) for one in operations(DOMAIN)]
        if family == "slice_degradation":
            assert SLICE.fullmatch(cause.subject)
        assert symptoms_of(DOMAIN, cause)


@pytest.mark.parametrize(("family", "mechanism"), CASES)
def test_a_drawn_fault_acts_on_a_world(cascade, family, mechanism) -> None:
    fault = next(fault for fault in (DRAWS[family][mechanism](dice(cascade, seed)) for seed in range(8)) if fault)
    prepare = getattr(fault, "prepare", None)
    world, _ = run(prepare(cascade) if prepare else cascade, fault, rows=600)
    assert np.isfinite(world.predictions["decider"]).all()


def test_distractors_change_no_prediction_much(cascade, calm) -> None:
    moved = []
    for seed in range(12):
        luck = dice(cascade, seed)
        world, _ = run(cascade, *draw_distractors(luck, 4.0, ()))
        moved.append(float(np.abs(world.predictions["decider"] - calm.predictions["decider"]).mean()))
    assert max(moved) < 0.03
    assert len(set(moved)) > 1


def test_two_roots_are_of_different_families_and_places(cascade) -> None:
    pairs = [draw_pair(dice(cascade, seed), DRAWS) for seed in range(30)]
    for pair in filter(None, pairs):
        one, two = (fault.cause(DOMAIN) for fault in pair)
        assert one.family != two.family
        assert (one.node, one.subject) != (two.node, two.subject)
        assert abs(pair[0].extent.onset - pair[1].extent.onset) < 12
    assert sum(pair is not None for pair in pairs) > 10
    assert any(shared_symptoms(DOMAIN, [fault.cause(DOMAIN) for fault in pair]) for pair in pairs if pair)


def test_only_columns_that_others_tell_something_about_are_misjoined(cascade) -> None:
    assert {"size", "weight"} <= set(related(cascade))
    assert "noise" not in related(cascade)


def test_every_family_has_its_turn() -> None:
    assert set(DRAWS) | {"two_roots", "no_fault"} == set(FAMILIES)


def test_only_columns_that_tell_each_other_are_twins():
    adult = cascade_of("adult")
    assert has_twin(adult, "education")
    assert has_twin(adult, "education_years")
    assert not has_twin(adult, "age")
    assert not has_twin(adult, "sex")
