"""What components contribute to one request of the target, near the onset."""

import dataclasses

import numpy as np
import pytest

from candidates.measures.flow import flow_kind, flows
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
