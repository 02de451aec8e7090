"""Outcomes, labels and populations: each fault moves its own part and leaves the others alone."""

import numpy as np

from benchmarks.incidents.faults.concept import ConceptDrift
from benchmarks.incidents.faults.degradation import SliceDegradation
from benchmarks.incidents.faults.label_delay import LabelDelay
from benchmarks.incidents.faults.labels import Guideline, LabelSource, Unlabelled
from benchmarks.incidents.faults.mix import CategoryDrift, PriorShift, SegmentMix
from benchmarks.incidents.faults.slices import Condition, Slice
from rca.demo.extent import DAY, Extent

from .toy import ONSET, run

SHARP = Extent(ONSET)
INPUTS = ("size", "weight", "age", "colour", "area")
NORTH = Slice((Condition("area", value="north"),))


def same_inputs(world, calm) -> bool:
    return all((world.columns[name] == calm.columns[name]).all() for name in INPUTS)


def test_concept_drift_changes_outcomes_and_nothing_else(cascade, calm) -> None:
    world, after = run(cascade, ConceptDrift("bad", "flipped", Extent(ONSET, share=0.5)))
    changed = world.columns["bad"] != calm.columns["bad"]
    assert same_inputs(world, calm)
    assert (world.predictions["decider"] == calm.predictions["decider"]).all()
    assert not changed[~after].any()
    assert 0.4 < changed[after].mean() < 0.6


def test_a_reversed_relation_points_the_other_way(cascade, calm) -> None:
    world, after = run(cascade, ConceptDrift("bad", "reversed", SHARP, ("size", "weight")))
    size = world.columns["size"][after]
    assert np.corrcoef(size, calm.columns["bad"][after])[0, 1] > 0.15
    assert np.corrcoef(size, world.columns["bad"][after])[0, 1] < -0.1


def test_a_recurring_concept_comes_and_goes(cascade, calm) -> None:
    world, after = run(cascade, ConceptDrift("bad", "flipped", SHARP, period=2.0))
    age = (world.ts[after] - world.moment(ONSET)) / DAY
    changed = (world.columns["bad"] != calm.columns["bad"])[after]
    assert changed[age % 2 < 1].all()
    assert not changed[age % 2 >= 1].any()


def test_a_guideline_relabels_in_one_direction_and_leaves_the_outcome(cascade, calm) -> None:
    world, after = run(cascade, Guideline("decider", NORTH, 1.0, 0.0, SHARP))
    label, before = world.labels["decider"], calm.labels["decider"]
    touched = after & (world.columns["area"] == "north")
    assert (label[touched] == 0).all()
    assert (label[~touched] == before[~touched]).all()
    assert (world.columns["bad"] == calm.columns["bad"]).all()
    assert (world.labels["sizer"] == calm.labels["sizer"]).all()
    assert [event["kind"] for event in world.changes] == ["label_guideline"]


def test_a_switched_source_keeps_the_share_of_positives(cascade, calm) -> None:
    world, after = run(cascade, LabelSource("decider", SHARP))
    label, before = world.labels["decider"], calm.labels["decider"]
    assert label[after].sum() == before[after].sum()
    assert (label != before)[after].mean() > 0.2


def test_a_delay_shows_in_the_time_of_the_label(cascade, calm) -> None:
    world, after = run(cascade, LabelDelay("decider", 1.0, 4.0, SHARP))
    longer = world.label_delay_days - calm.label_delay_days
    late = after & (world.columns["bad"] == 1)
    assert (longer[~late] == 0).all()
    assert ((longer[late] > 3) & (longer[late] < 5)).all()


def test_a_delay_may_count_open_cases_as_negatives(cascade, calm) -> None:
    world, after = run(cascade, LabelDelay("decider", 1.0, 4.0, SHARP, counted=0.0))
    label, outcome = world.labels["decider"], world.columns["bad"]
    recent = after & (world.ts > world.moment(3.9))
    assert (label[recent] == 0).all()
    assert (label[~after] == outcome[~after]).all()
    assert not np.isnan(label).any()


def test_missing_labels_are_null(cascade) -> None:
    world, after = run(cascade, Unlabelled("decider", SHARP))
    assert np.isnan(world.labels["decider"][after]).all()
    assert not np.isnan(world.labels["decider"][~after]).any()


def test_mixes_bring_other_real_rows(cascade, calm) -> None:
    for fault, share in (
        (SegmentMix("area", "south", Extent(ONSET, share=0.7)), lambda columns: columns["area"] == "south"),
        (PriorShift("bad", 1.0, Extent(ONSET, share=0.7)), lambda columns: columns["bad"] == 1),
        (CategoryDrift("colour", "Green", Extent(ONSET, share=0.7)), lambda columns: columns["colour"] == "Green"),
    ):
        world, after = run(cascade, fault)
        assert share(world.columns)[after].mean() > share(calm.columns)[after].mean() + 0.2
        assert (world.columns["size"] == cascade.pool["size"][world.picked]).all()
        assert (world.picked[~after] == calm.picked[~after]).all()


def test_a_slice_gets_worse_without_a_trace_elsewhere(cascade, calm) -> None:
    for what in ("predictions", "outcomes"):
        world, after = run(cascade, SliceDegradation(NORTH, what, SHARP, "decider"))
        inside = after & (world.columns["area"] == "north")
        values, before = (
            (w.predictions["decider"] if what == "predictions" else w.columns["bad"]) for w in (world, calm)
        )
        assert (np.sort(values[inside]) == np.sort(before[inside])).all()
        assert (values != before)[inside].mean() > 0.3
        assert (values[~inside] == before[~inside]).all()
        assert same_inputs(world, calm)
        assert not world.changes
