"""Services: resources, errors, retries and slow connections."""

import numpy as np

from benchmarks.incidents.faults.components import ErrorBurst, StoreFallback
from benchmarks.incidents.faults.edge import SlowEdge
from rca.demo.extent import Extent
from rca.demo.faults import Saturation
from rca.demo.figures import latencies
from rca.demo.services import operations

from .toy import DOMAIN, ONSET, run

SHARP = Extent(ONSET)
STORE = [place for place, part in enumerate(operations(DOMAIN)) if part.service == "feature-store"]


def test_a_resource_runs_out_before_its_service_slows_down(cascade, calm) -> None:
    world, after = run(cascade, Saturation("feature-store", "cpu", 0.4, 3.0, 0.2, SHARP))
    key = ("feature-store", "cpu")
    rise = world.resources[key] - calm.resources[key]
    assert (rise[world.grid < world.moment(ONSET + 0.06)] == 0).all()
    assert (rise[world.grid > world.moment(ONSET)] > 0.2).all()
    assert world.resources[key].max() <= 1
    assert latencies(world)[after].mean() > latencies(calm)[after].mean() + 5
    assert 0.1 < world.errors[after][:, STORE[0]].mean() < 0.3
    assert not world.errors[~after][:, STORE].sum() - calm.errors[~after][:, STORE].sum()


def test_failing_calls_are_tried_again(cascade, calm) -> None:
    world, after = run(cascade, ErrorBurst("feature-store", Extent(ONSET, share=0.4), retries=2))
    failed = world.errors[:, STORE[0]] & ~calm.errors[:, STORE[0]]
    assert 0.3 < failed[after].mean() < 0.5
    assert not failed[~after].any()
    assert (world.calls[failed][:, STORE[0]] == calm.calls[failed][:, STORE[0]] + 2).all()


def test_a_failing_store_leaves_its_columns_empty_in_the_same_requests(cascade) -> None:
    world, after = run(cascade, StoreFallback("feature-store", ("age", "colour"), Extent(ONSET, share=0.5)))
    null = np.isnan(world.columns["age"])
    assert 0.4 < null[after].mean() < 0.6
    assert (np.equal(world.columns["colour"], None) == null).all()
    assert (world.errors[null][:, STORE[0]]).all()


def test_a_slow_connection_is_the_callers_own_time(cascade, calm) -> None:
    world, after = run(cascade, SlowEdge(0, STORE[0], 30.0, SHARP))
    extra = world.self_ms - calm.self_ms
    assert 25 < extra[after][:, 0].mean() < 35
    assert not np.nan_to_num(extra[:, 1:]).any()
