from datetime import timedelta

import pytest

from rca.profile import update_profile
from rca.profile.layout import read_layouts
from rca.warehouse import Warehouse
from tests.rca.profile.landing import START, add_column, land, make_log


@pytest.fixture
def warehouse():
    with Warehouse() as opened:
        yield opened


def layouts(warehouse):
    return {layout.key: layout for layout in read_layouts(warehouse.connection, "m")}


def ranges(layout):
    return [
        (left, right)
        for role, left, right in zip(layout.roles, layout.left, layout.right, strict=True)
        if role == "range"
    ]


def test_training_rows_are_the_reference(warehouse):
    make_log(warehouse, {"x": "DOUBLE"})
    land(warehouse, [{"x": float(i), "split": "train" if i < 50 else "production"} for i in range(100)])
    update_profile(warehouse)
    assert ranges(layouts(warehouse)["x"])[0][0] == 0
    assert layouts(warehouse)["x"].labels[-5].startswith("above 49")


def test_without_training_rows_the_first_fifth_is(warehouse):
    make_log(warehouse, {"x": "DOUBLE"})
    land(warehouse, [{"x": float(i), "ts": START + timedelta(minutes=i)} for i in range(3000)])
    update_profile(warehouse)
    assert ranges(layouts(warehouse)["x"])[-1][1] == pytest.approx(599)


def test_or_at_least_500_rows(warehouse):
    make_log(warehouse, {"x": "DOUBLE"})
    land(warehouse, [{"x": float(i), "ts": START + timedelta(minutes=i)} for i in range(1000)])
    update_profile(warehouse)
    assert ranges(layouts(warehouse)["x"])[-1][1] == pytest.approx(499)


def test_edges_are_kept(warehouse):
    make_log(warehouse, {"x": "DOUBLE"})
    land(warehouse, [{"x": 1.0, "split": "train"}, {"x": 2.0, "split": "train"}])
    update_profile(warehouse)
    before = warehouse.connection.execute("FROM bins ORDER BY ALL").fetchall()
    land(warehouse, [{"x": 50.0}])
    update_profile(warehouse)
    assert warehouse.connection.execute("FROM bins ORDER BY ALL").fetchall() == before
    assert count(warehouse, "x", "above") == 1


@pytest.mark.parametrize("name", ["source", "node", "path", "digest", "rows", "profiled", "first_ts", "file_id"])
def test_a_column_that_appears_later_may_be_called_like_one_of_the_files_table(warehouse, name):
    make_log(warehouse, {"x": "DOUBLE"})
    land(warehouse, [{"x": float(i)} for i in range(600)])
    update_profile(warehouse)
    add_column(warehouse, name, "DOUBLE")
    land(warehouse, [{name: 5.0, "ts": START + timedelta(days=41)}])
    update_profile(warehouse)
    assert ranges(layouts(warehouse)[name])


def test_a_column_that_appears_later_takes_its_first_batch(warehouse):
    make_log(warehouse, {"x": "DOUBLE"})
    land(warehouse, [{"x": float(i)} for i in range(600)])
    update_profile(warehouse)
    add_column(warehouse, "late", "DOUBLE")
    add_column(warehouse, "emb", "FLOAT[]")
    land(warehouse, [{"x": 1.0, "ts": START + timedelta(days=40)}])
    land(warehouse, [{"late": 5.0, "emb": [1, 2], "ts": START + timedelta(days=41)}])
    land(warehouse, [{"late": 900.0, "emb": [1, 2, 3], "ts": START + timedelta(days=42)}])
    update_profile(warehouse)
    assert [left for left, _ in ranges(layouts(warehouse)["late"])] == [5.0]
    assert count(warehouse, "late", "above") == 1
    assert count(warehouse, "emb", "null", part="norm") == 602  # rows before the column are rows without it


def test_a_column_empty_so_far_gets_bins_with_its_first_values(warehouse):
    make_log(warehouse, {"x": "DOUBLE", "c": "VARCHAR"})
    land(warehouse, [{"x": None, "c": None}])
    update_profile(warehouse)
    assert ranges(layouts(warehouse)["x"]) == []
    land(warehouse, [{"x": 3.0, "c": "a"}])
    update_profile(warehouse)
    assert [left for left, _ in ranges(layouts(warehouse)["x"])] == [3.0]
    assert count(warehouse, "x", "null") == 1
    assert count(warehouse, "x", "range") == 1
    assert layouts(warehouse)["c"].labels == ("a", "other", "unseen", "null")


def test_top_categories_rare_ones_and_strangers(warehouse):
    make_log(warehouse, {"c": "VARCHAR"})
    names = [f"c{i:03d}" for i in range(60) for _ in range(1 + (i < 50))]
    land(warehouse, [{"c": name, "split": "train"} for name in names])
    land(warehouse, [{"c": "c001"}, {"c": "c055"}, {"c": "new"}, {"c": None}])
    update_profile(warehouse)
    layout = layouts(warehouse)["c"]
    assert layout.labels[:3] == ("c000", "c001", "c002")
    assert layout.roles.count("category") == 50
    assert [count(warehouse, "c", role) for role in ("other", "unseen", "null")] == [1, 1, 1]


def test_too_many_categories_cannot_tell_unseen_from_other(warehouse):
    make_log(warehouse, {"c": "VARCHAR"})
    warehouse.connection.execute(
        "INSERT INTO predictions_1 (_file, _row, ts, split, c) "
        "SELECT 1, i, TIMESTAMP '2026-03-01', 'train', 'c' || i FROM range(1500) t(i)"
    )
    land(warehouse, [{"c": "new"}])
    update_profile(warehouse)
    assert not layouts(warehouse)["c"].complete
    assert count(warehouse, "c", "other") == 1
    assert count(warehouse, "c", "unseen") == 0


def test_edges_from_many_rows_use_a_bounded_sample_but_the_whole_range(warehouse):
    make_log(warehouse, {"x": "DOUBLE"})
    land(warehouse, [])
    warehouse.connection.execute(
        "INSERT INTO predictions_1 (_file, _row, ts, split, x) "
        "SELECT 1, i, TIMESTAMP '2026-03-01', 'train', i FROM range(100_000) t(i)"
    )
    update_profile(warehouse)
    edges = ranges(layouts(warehouse)["x"])
    assert edges[0][0] == 0
    assert edges[-1][1] == pytest.approx(99_999)
    assert 18 <= len(edges) <= 22
    assert max(right - left for left, right in edges) < 6000


def test_timestamps_are_hours_before_the_row(warehouse):
    make_log(warehouse, {"seen": "TIMESTAMP"})
    land(warehouse, [{"ts": START, "seen": START - timedelta(hours=i)} for i in range(5)])
    update_profile(warehouse)
    assert layouts(warehouse)["seen"].labels[:2] == ("below 0 h", "[0 h, 1 h)")


def count(warehouse, column, role, part=""):
    found = warehouse.connection.execute(
        "SELECT bin, sum(n) FROM profile WHERE column_name = ? AND part = ? AND split = 'production' GROUP BY bin",
        [column, part],
    ).fetchall()
    layout = layouts(warehouse)[f"{column}[{part}]" if part else column]
    return sum(n for code, n in found if layout.roles[layout.position[code + 8]] == role)
