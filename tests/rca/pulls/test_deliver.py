"""Files that land by the ordinary way, and never twice."""

import json
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rca.errors import InputError
from rca.ingest import ingest_bundle
from rca.pulls import Known, Pulled, deliver, known_of_folder, land
from rca.pulls.whylogs import SCHEMA
from rca.warehouse import Warehouse

START = datetime(2026, 3, 2, tzinfo=UTC)


def change(hour: int, title: str = "parameters", **more):
    at = (START + timedelta(hours=hour)).isoformat()
    return {"ts": at, "node": "scorer", "kind": "config", "title": title, "before": {"a": 1}, "after": {"a": 2}} | more


def points(first: int, last: int, **labels: list[str | None]) -> pa.Table:
    hours = range(first, last)
    columns = {
        "node": ["scorer"] * len(hours),
        "metric": ["latency_p95"] * len(hours),
        "ts": pa.array([(START + timedelta(hours=hour)).replace(tzinfo=None) for hour in hours], pa.timestamp("us")),
        "value": [float(hour) for hour in hours],
    }
    tables = [
        pa.table(columns | {name: pa.array([value] * len(hours), pa.string()) for name, value in row.items()})
        for row in _rows(labels)
    ]
    return pa.concat_tables(tables)


def _rows(labels):
    return [dict(zip(labels, row, strict=True)) for row in zip(*labels.values(), strict=True)] or [{}]


def bins(*hours: int) -> pa.Table:
    rows = [
        ("scorer", None, "amount", START + timedelta(hours=hour), left, left + 1, None, 10)
        for hour in hours for left in (0.0, 1.0)
    ]  # fmt: skip
    return pa.table([pa.array(c, t) for c, t in zip(zip(*rows, strict=True), SCHEMA.types, strict=True)], SCHEMA)


def write(pulled, folder):
    with known_of_folder(folder) as known:
        return deliver(pulled, folder, known)


@pytest.fixture
def database(tmp_path):
    bundle = tmp_path / "bundle"
    bundle.mkdir()
    (bundle / "system.yaml").write_text("nodes: [{id: scorer, kind: model}]\n")
    (bundle / "changes.jsonl").write_text(json.dumps(change(0, "before all")) + "\n")
    with Warehouse() as warehouse:
        ingest_bundle(warehouse, bundle)
        yield warehouse


def count(warehouse, table):
    return warehouse.connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]


@pytest.mark.parametrize("labels", [{}, {"instance": ["a", "b"]}, {"le": ["1", None], "a/b~c": [None, "x=y"]}])
def test_a_folder_gets_only_what_is_new(tmp_path, labels):
    folder = tmp_path / "out"
    first = write(Pulled("prometheus", (change(1),), points(0, 5, **labels), bins(0)), folder)
    assert (first.changes, first.kpis, first.histograms) == (1, 5 * len(_rows(labels)), 2)
    again = write(Pulled("prometheus", (change(1),), points(0, 5, **labels), bins(0)), folder)
    assert again.files == ()
    more = write(Pulled("prometheus", (change(1), change(2)), points(3, 7, **labels), bins(0, 1)), folder)
    assert (more.changes, more.kpis, more.histograms) == (1, 2 * len(_rows(labels)), 2)
    assert sum(pq.read_table(path).num_rows for path in (folder / "kpis").iterdir()) == 7 * len(_rows(labels))


def test_equal_content_is_an_equal_file(tmp_path):
    pulled = Pulled("mlflow", (change(1), change(2)), points(0, 3, instance=["b", "a"]))
    same = Pulled("mlflow", (change(1), change(2)), points(0, 3, instance=["a", "b"]))
    assert write(pulled, tmp_path / "a").files == write(same, tmp_path / "b").files


def test_a_database_gets_only_what_is_new(database):
    pulled = Pulled("mlflow", (change(1), change(1, "other")), points(0, 5, instance=["a", "b"]), bins(0))
    delivery, report = land(pulled, database)
    assert (delivery.changes, delivery.kpis, delivery.histograms) == (2, 10, 2)
    assert report.total("rows") == 14
    assert report.warnings == ()
    delivery, report = land(Pulled("mlflow", (change(1), change(3)), points(4, 6, instance=["a", "b"])), database)
    assert (delivery.changes, delivery.kpis) == (1, 2)
    assert land(pulled, database)[0].files == ()
    assert (count(database, "changes"), count(database, "kpis")) == (4, 12)
    assert count(database, "systems") == 1


def test_the_system_in_force_stays(database):
    before = database.connection.execute("SELECT document FROM systems").fetchall()
    land(Pulled("dvc", (change(1),)), database)
    assert database.connection.execute("SELECT document FROM systems").fetchall() == before


def test_what_is_known_is_read_back(database):
    land(Pulled("mlflow", (change(1, after={"version": "3", "alias": None}),), points(0, 5), bins(0)), database)
    known = Known(database)
    assert known.changes()[-1]["after"] == {"version": "3", "alias": None}
    assert known.latest() == {("scorer", "latency_p95"): START + timedelta(hours=4)}
    assert known.edges("scorer") == {("scorer", "amount"): (0.0, 1.0, 2.0)}


def test_a_database_without_a_system_says_what_to_do():
    with Warehouse() as warehouse, pytest.raises(InputError, match="ingest a bundle first"):
        land(Pulled("dvc", (change(1),)), warehouse)
