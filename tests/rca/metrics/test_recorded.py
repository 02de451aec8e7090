"""Metrics that were recorded (kpis), traced (spans) or imported (profile cells)."""

import math
from datetime import timedelta

import numpy as np
import pytest

from rca.errors import InputError, UnknownName
from rca.metrics import metric_series, metric_value
from rca.warehouse import Warehouse
from schemas.evidence import Window
from schemas.system import Node
from tests.rca.metrics.logs import START, times, write_kpi, write_spans

SHOP = Node(id="shop", kind="service")
ALL = Window(START, START + timedelta(days=30))


@pytest.fixture
def warehouse():
    with Warehouse() as opened:
        yield opened


def test_kpis_average_over_dimensions_and_counts_add_up(warehouse):
    for metric in ("conversion", "requests"):
        write_kpi(warehouse, "shop", metric, [0, 0, 60, 60], [1, 3, 5, 7], dimensions=['{"c":"a"}', '{"c":"b"}'] * 2)
    series = metric_series(warehouse, SHOP, "conversion", 60, START, START + timedelta(minutes=3))
    assert np.array_equal(series.value, [2, 6, math.nan], equal_nan=True)
    assert series.n.tolist() == [1, 1, 0]
    assert metric_value(warehouse, SHOP, "requests", ALL) == pytest.approx((4 + 12) / 2)


def test_kpis_that_are_not_finite_do_not_count(warehouse):
    write_kpi(warehouse, "shop", "conversion", [0, 60, 120], [1, math.nan, math.inf])
    assert metric_value(warehouse, SHOP, "conversion", ALL) == 1.0


def test_service_metrics_come_from_entry_spans(warehouse):
    rows = [("t", f"s{i}", None, "shop", i, 10.0 * (i + 1), "ok") for i in range(10)]
    rows += [("u", "a", None, "web", 0, 500.0, "ok"), ("u", "b", "a", "shop", 0, 1000.0, "error")]
    rows += [("u", "c", "b", "shop", 0, 9999.0, "ok")]  # the service's own inner span: no request
    write_spans(warehouse, rows)
    durations = [10.0 * (i + 1) for i in range(10)] + [1000.0]
    assert metric_value(warehouse, SHOP, "latency_avg", ALL) == pytest.approx(np.mean(durations))
    assert metric_value(warehouse, SHOP, "latency_p50", ALL) == pytest.approx(np.median(durations))
    assert metric_value(warehouse, SHOP, "latency_p95", ALL) == pytest.approx(np.quantile(durations, 0.95))
    assert metric_value(warehouse, SHOP, "errors", ALL) == pytest.approx(1 / 11)
    per_minute = metric_series(warehouse, SHOP, "requests", 60, START, START + timedelta(minutes=1))
    assert per_minute.value.tolist() == [11.0]
    assert metric_value(warehouse, SHOP, "requests", Window(START, START + timedelta(minutes=11))) == pytest.approx(1.0)


def test_kpis_come_before_spans(warehouse):
    write_spans(warehouse, [("t", "s", None, "shop", 0, 10.0, "ok")])
    write_kpi(warehouse, "shop", "latency_avg", [0], [42.0])
    assert metric_value(warehouse, SHOP, "latency_avg", ALL) == 42.0


def write_cells(warehouse, column, bins, *, hour=0):
    """Cells of one hour: (bin, n, labelled, sum of predictions, of labels, of losses, of squared losses)."""
    for cell in bins:
        warehouse.connection.execute(
            "INSERT INTO profile SELECT 'm', '', 'production', ?, '', ?, ?, ?, ?, 0, 0, ?, 0, ?, 0, ?, ?",
            [column, times([3600 * hour])[0].item(), *cell],
        )


@pytest.mark.parametrize(
    ("task", "metric", "expected"),
    [
        ("binary", "prediction_mean", 6 / 12),
        ("binary", "bias", 6 / 12 - 3 / 8),
        ("binary", "brier", 2 / 8),
        ("regression", "mae", 2 / 8),
        ("regression", "rmse", math.sqrt(1 / 8)),
        ("multiclass", "accuracy", 1 - 2 / 8),
        ("binary", "null_rate", 2 / 14),
    ],
)
def test_imported_cells_give_what_sums_can_give(warehouse, task, metric, expected):
    node = Node(id="m", kind="model", task=task)
    write_cells(warehouse, "full", [(0, 10, 7, 5.0, 2.0, 1.5, 0.75), (-1, 2, 1, 1.0, 1.0, 0.5, 0.25)])
    write_cells(warehouse, "poor", [(0, 2, 2, 2.0, 2.0, 2.0, 2.0)])
    assert metric_value(warehouse, node, metric, ALL) == pytest.approx(expected)


def test_imported_cells_cannot_give_an_auc(warehouse):
    write_cells(warehouse, "full", [(0, 10, 7, 5.0, 2.0, 1.5, 0.75)])
    with pytest.raises(InputError, match=r"imported histograms.*brier"):
        metric_value(warehouse, Node(id="m", kind="model", task="binary"), "auc", ALL)


def test_unknown_kpi_suggests_the_nearest(warehouse):
    write_kpi(warehouse, "shop", "conversion", [0], [1.0])
    with pytest.raises(UnknownName, match="'conversion'"):
        metric_value(warehouse, SHOP, "convertion", ALL)
    with pytest.raises(InputError, match=r"no data for latency_p95.*conversion"):
        metric_value(warehouse, SHOP, "latency_p95", ALL)
