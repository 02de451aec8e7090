from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest

from rca.evidence.services import read_changes, read_lineage_edges, read_metrics
from rca.graph import LineageEdge
from rca.warehouse import Warehouse

DAY = datetime(2026, 3, 4, tzinfo=UTC)
END = DAY + timedelta(days=1)


@pytest.fixture
def warehouse():
    with Warehouse() as opened:
        yield opened


def kpi(warehouse, node, metric, minute, value, *, dimensions=None):
    at = DAY.replace(tzinfo=None) + timedelta(minutes=minute)
    warehouse.connection.execute("INSERT INTO kpis VALUES (1, ?, ?, ?, ?, ?)", [node, metric, at, value, dimensions])


def test_one_series_for_each_node_metric_and_dimensions(warehouse):
    for minute, value in [(2, 3.0), (0, 1.0), (1, None)]:
        kpi(warehouse, "api", "cpu", minute, value)
    kpi(warehouse, "api", "cpu", 0, 9.0, dimensions='{"pod": "p1"}')
    kpi(warehouse, "db", "cpu", 0, 5.0)
    kpi(warehouse, "other", "cpu", 0, 5.0)
    plain, pod, db = read_metrics(warehouse, ["db", "api", "db"], DAY, END)
    assert (plain.node, plain.metric, plain.dimensions) == ("api", "cpu", {})
    np.testing.assert_array_equal(plain.value, [1.0, np.nan, 3.0])
    assert plain.ts.tolist() == [DAY.replace(tzinfo=None) + timedelta(minutes=m) for m in (0, 1, 2)]
    assert (pod.dimensions, db.node) == ({"pod": "p1"}, "db")


def test_values_of_one_moment_are_averaged_and_infinite_ones_are_gaps(warehouse):
    for value in (1.0, 3.0, float("inf"), float("nan")):
        kpi(warehouse, "api", "cpu", 0, value)
    kpi(warehouse, "api", "cpu", 1, float("nan"))
    (series,) = read_metrics(warehouse, ["api"], DAY, END)
    np.testing.assert_array_equal(series.value, [2.0, np.nan])
    assert series.n.tolist() == [4, 1]


def test_the_period_is_half_open_and_may_have_any_offset(warehouse):
    kpi(warehouse, "api", "cpu", 0, 1.0)
    kpi(warehouse, "api", "cpu", 60, 2.0)
    east = timezone(timedelta(hours=5))
    (series,) = read_metrics(warehouse, ["api"], DAY.astimezone(east), (DAY + timedelta(hours=1)).astimezone(east))
    assert series.value.tolist() == [1.0]


def test_nothing_asked_nothing_there(warehouse):
    assert read_metrics(warehouse, ["api"], DAY, END) == ()
    kpi(warehouse, "api", "cpu", 0, 1.0)
    assert read_metrics(warehouse, [], DAY, END) == ()


def test_above_the_limit_series_without_dimensions_are_kept(warehouse):
    for pod in range(5):
        kpi(warehouse, "api", "cpu", 0, 1.0, dimensions=f'{{"pod": "{pod}"}}')
        kpi(warehouse, "api", "cpu", 1, 1.0, dimensions=f'{{"pod": "{pod}"}}')
    kpi(warehouse, "web", "cpu", 0, 1.0)
    kept = read_metrics(warehouse, ["api", "web"], DAY, END, limit=2)
    assert [(series.node, dict(series.dimensions)) for series in kept] == [("api", {"pod": "0"}), ("web", {})]


def test_odd_names_are_only_names(warehouse):
    odd = "a b;--\"'"
    kpi(warehouse, odd, odd, 0, 1.0, dimensions='{"a b;--": "x\\"y"}')
    (series,) = read_metrics(warehouse, [odd], DAY, END)
    assert (series.node, series.metric, series.dimensions) == (odd, odd, {"a b;--": 'x"y'})


def test_changes_come_in_order_with_their_values(warehouse):
    insert = "INSERT INTO changes VALUES (1, ?, ?, ?, ?, ?, ?, NULL, NULL)"
    at = DAY.replace(tzinfo=None)
    warehouse.connection.execute(insert, [at + timedelta(hours=2), "m", "config", "t", '{"a": [1, null]}', '"text"'])
    warehouse.connection.execute(insert, [at, None, "a kind of its own", None, None, "3"])
    warehouse.connection.execute(insert, [at + timedelta(days=2), "m", "deploy", "late", None, None])
    first, second = read_changes(warehouse, DAY, END)
    assert (first.kind, first.node, first.after, first.ts) == ("other", None, 3, DAY)
    assert (second.before, second.after, second.title) == ({"a": [1, None]}, "text", "t")
    assert len(read_changes(warehouse, DAY, DAY)) == 1


def test_lineage_joins_the_runs_of_a_job(warehouse):
    insert = "INSERT INTO lineage VALUES (1, '2026-03-04', 'COMPLETE', 'r', ?, ?, ?, NULL)"
    for job, inputs, outputs in [("j", ["b", "a"], ["c"]), ("j", ["a"], None), ("k", None, None)]:
        warehouse.connection.execute(insert, [job, inputs, outputs])
    assert read_lineage_edges(warehouse) == (LineageEdge("j", ("a", "b"), ("c",)), LineageEdge("k", (), ()))
