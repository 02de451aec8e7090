"""The injected incidents are what they say: noticeable, and caused by their fault alone."""

import pytest

from rca.demo.scenario import Scenario
from rca.demo.simulate import simulate
from rca.demo.symptoms import move_of
from tests.incidents.scenarios import CALM, DELAY, FAULTY, ONSET, ROWS, SEED, named


@pytest.mark.parametrize("scenario", named(FAULTY))
def test_somebody_would_notice_and_the_innocent_events_are_innocent(cascade, scenario: Scenario) -> None:
    extent = scenario.faults[0].extent
    span = {"onset": extent.onset, "label_delay": DELAY, "settled": extent.ramp}
    faulty = move_of(simulate(cascade, scenario, SEED, ROWS), scenario.node, scenario.metric, **span)
    calm = move_of(simulate(cascade, scenario.without_faults(), SEED, ROWS), scenario.node, scenario.metric, **span)
    assert abs(faulty.z) >= 3
    assert abs(calm.after - calm.before) < 0.35 * abs(faulty.after - faulty.before)


@pytest.mark.parametrize("scenario", named(CALM))
def test_nothing_moves_without_a_fault(cascade, scenario: Scenario) -> None:
    world = simulate(cascade, scenario, SEED, ROWS)
    assert abs(move_of(world, scenario.node, scenario.metric, onset=ONSET, label_delay=DELAY).z) < 2
