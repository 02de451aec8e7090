"""A log of very many rows is sampled for metrics; an analysis looks at the part of a long log around its incident."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from rca.metrics import metric_series, metric_value, table
from rca.profile import update_profile
from rca.symptom import gauge
from rca.symptom.gauge import measure_extent, open_gauge
from rca.warehouse import Warehouse
from schemas.evidence import Window
from schemas.system import Node
from tests.rca.profile.landing import START, land, make_log

NODE = Node(id="m", kind="model", task="binary")
ALL = Window(START.replace(tzinfo=UTC), (START + timedelta(days=4000)).replace(tzinfo=UTC))


def fill(warehouse: Warehouse, rows: int, days: int, files: int = 1) -> None:
    make_log(warehouse, {"x": "DOUBLE"})
    for k in range(files):
        land(warehouse, [])
        warehouse.connection.execute(
            f"""INSERT INTO predictions_1 (_file, _row, ts, split, prediction, label, x)
                SELECT {k + 1}, i // {files} + 1,
                       TIMESTAMP '{START}' + to_microseconds(CAST(i * {days * 86.4e9 / rows} AS BIGINT)),
                       'production', (i % 97) / 97, CAST(hash(i) % 97 < i % 97 AS DOUBLE), 1
                FROM range({rows}) AS t(i) WHERE i % {files} = {k}"""
        )
    update_profile(warehouse)


@pytest.mark.parametrize("files", [1, 200])
def test_a_sample_gives_about_the_same_metrics_and_says_how_many_rows_it_stands_for(
    monkeypatch: pytest.MonkeyPatch, files: int
) -> None:
    with Warehouse() as warehouse:
        fill(warehouse, 40_000, 20, files)
        exact = {name: metric_value(warehouse, NODE, name, ALL) for name in ("auc", "brier", "accuracy")}
        monkeypatch.setattr(table, "MANY_ROWS", 8_000)
        thinned = {name: metric_value(warehouse, NODE, name, ALL) for name in exact}
        days = metric_series(warehouse, NODE, "auc", 86400, ALL.start, ALL.start + timedelta(days=20)).n
        again = {name: metric_value(warehouse, NODE, name, ALL) for name in exact}
    assert thinned == again
    assert thinned != exact
    assert thinned == pytest.approx(exact, abs=0.02)
    np.testing.assert_allclose(days, 2000, rtol=0.2)


def test_what_lies_far_from_the_incident_is_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gauge, "AT_LEAST_ROWS", 3_000)
    at = (START + timedelta(days=1000)).replace(tzinfo=UTC)
    with Warehouse() as warehouse:
        fill(warehouse, 60_000, 2000)
        extent = measure_extent(open_gauge(warehouse, NODE, "brier"), at, at)
        assert timedelta(days=100) <= at - extent.start <= timedelta(days=108)
        assert timedelta(days=100) <= extent.end - at <= timedelta(days=115)
        monkeypatch.setattr(gauge, "AT_LEAST_ROWS", 10)  # then the eight weeks hold
        extent = measure_extent(open_gauge(warehouse, NODE, "brier"), at, at)
        assert timedelta(weeks=8) <= at - extent.start <= timedelta(weeks=10)
        monkeypatch.setattr(gauge, "AT_LEAST_ROWS", 100_000)  # a log that holds fewer is seen whole
        extent = measure_extent(open_gauge(warehouse, NODE, "brier"), at, at)
        assert extent.start <= START.replace(tzinfo=UTC)
        far = datetime(1, 1, 3, tzinfo=UTC)
        assert measure_extent(open_gauge(warehouse, NODE, "brier"), far, far).seconds > 0
