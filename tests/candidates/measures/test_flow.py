"""What components contribute to one request of the target, near the onset."""

import dataclasses
from datetime import timedelta

import numpy as np
import pytest

from candidates.measures.flow import ROWS_LEFT, flow_kind, flows, widening
from candidates.measures.metric_roots import metric_roots
from schemas.evidence import Onset, Series, Window
from tests.candidates import fault_scenes
from tests.candidates.measures.test_metric_roots import RATES, ROWS, evidence, metric, slow


def test_amounts_are_per_request_of_the_target():
    found = flows(evidence(slow()))
    search = found.by_node["time", "search"]
    assert search.calls == pytest.approx(1.7, rel=0.05)
    assert np.nanmedian(search.amount) == pytest.approx(6 * search.calls, rel=0.05)
    assert search.scaled
    assert found.by_node["time", "web"].calls == 1.0


def test_unknown_calls_count_as_one():
    found = flows(evidence([one for one in slow() if one.metric != "requests"]))
    assert not found.by_node["time", "search"].scaled
    assert found.by_node["time", "search"].calls == 1.0


def test_a_hole_in_the_record_ends_what_is_near():
    given = evidence(slow())
    found = flows(given)
    assert found.near.sum() == 5
    assert len(found.rows(found.target)) == 6
    line = given.symptom.series.value.copy()
    line[ROWS:] = np.where(np.isfinite(line[ROWS:]), line[ROWS:], 95.0)
    whole = dataclasses.replace(given.symptom, series=dataclasses.replace(given.symptom.series, value=line))
    assert flows(dataclasses.replace(given, symptom=whole, cache={})).near.sum() == 10


def test_an_availability_is_turned_so_that_harm_rises():
    metrics = [metric("web", 1.0, -0.1, name="availability", spread=1e-3), *RATES]
    found = flows(evidence(metrics, "availability"))
    rows = found.rows(found.target)
    assert found.target.kind == "errors"
    assert rows[3] - rows[0] == pytest.approx(0.1, abs=0.01)


def test_gaps_are_filled_with_the_rows_median_and_a_series_of_gaps_is_flat():
    found = flows(evidence(slow()))
    gone = dataclasses.replace(found.target, amount=np.full_like(found.target.amount, np.nan))
    assert not found.rows(gone).any()


@pytest.mark.parametrize(
    ("name", "kind"),
    [("latency_p95", "time"), ("errors", "errors"), ("availability", "errors"), ("cpu", None), ("auc", None)],
)
def test_only_latency_and_failing_requests_flow(name, kind):
    assert flow_kind(name) == kind


# --- few requests a bucket ---

LONG, SINCE = 480, 360
RISE = 20.0


def seldom(scatter):
    """Return a caller whose buckets scatter by as much, and a callee whose rise is all of the caller's."""
    start = fault_scenes.T0
    ts = np.datetime64(start.replace(tzinfo=None), "us") + np.arange(LONG) * np.timedelta64(60, "s")
    rng, rise = np.random.default_rng(1), RISE * (np.arange(LONG) >= SINCE)
    web = 85 + rise + scatter * rng.normal(size=LONG)
    db = 6 + rise + rng.normal(size=LONG)
    line = [Series(node, "latency_p95", ts, value, np.ones(LONG)) for node, value in (("web", web), ("db", db))]
    onset, end = start + timedelta(minutes=SINCE), start + timedelta(minutes=LONG)
    what = dataclasses.replace(
        fault_scenes.symptom(value=(85.0, 85.0 + RISE)),
        series=line[0],
        baseline=Window(start, onset),
        window=Window(onset, end),
        onset=Onset(onset, onset, onset + timedelta(minutes=1)),
    )
    return fault_scenes.scene(line, what)


@pytest.mark.parametrize("scatter", [0.5, 5.0, 15.0])
def test_what_single_buckets_scatter_by_is_not_the_callers_own(scatter):
    first, *others = metric_roots(seldom(scatter))
    assert first.flow.node == "db"
    assert all(one.impact < 0.7 * first.impact for one in others)


def test_buckets_are_taken_together_as_far_as_they_scatter():
    rng = np.random.default_rng(0)
    times = [
        widening(scatter * rng.normal(size=300), 10.0 * (np.arange(240) >= 120) + scatter * rng.normal(size=240))
        for scatter in (0.1, 1.0, 2.0, 4.0, 20.0)
    ]
    assert times[0] == times[1] == 1
    assert times == sorted(times)
    assert times[-1] == 240 // ROWS_LEFT


def test_few_buckets_stay_as_they_are():
    rng = np.random.default_rng(0)
    assert widening(rng.normal(size=300), rng.normal(size=2 * ROWS_LEFT - 1)) == 1
    assert widening(rng.normal(size=10), rng.normal(size=240)) == 1


def test_wider_buckets_begin_with_the_window_and_keep_the_sides_apart():
    given = seldom(15.0)
    found, times = flows(given), LONG // len(flows(given).ts)
    assert times > 1
    onset = np.datetime64(given.symptom.window.start.replace(tzinfo=None), "us")
    assert onset in found.ts
    assert not (found.near & found.healthy).any()
    assert found.near[found.ts >= onset].all()
    rise = found.rows(found.by_node["time", "db"])
    assert rise[-1] - rise[0] == pytest.approx(RISE, abs=2)
