"""The reduction: every number against a plain count in Python, and the law of merging."""

import math
from collections import defaultdict
from datetime import datetime, timedelta

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rca.profile import update_profile
from rca.profile.layout import read_layouts
from rca.warehouse import Warehouse
from tests.rca.profile.landing import START, land, make_log

COLUMNS = {
    "amount": "DOUBLE",
    "k": "INTEGER",
    "country": "VARCHAR",
    "ok": "BOOLEAN",
    "emb": "FLOAT[]",
    "seen": "TIMESTAMP",
    'a b;--"': "DOUBLE",
    "v0": "DECIMAL(9, 2)",
    "hour": "VARCHAR",
    "empty": "DOUBLE",
    "constant": "BIGINT",
}
SUMS = (
    "n", "n_labelled", "sum_value", "sum_value_sq", "sum_prediction", "sum_prediction_sq",
    "sum_label", "sum_label_sq", "sum_loss", "sum_loss_sq",
)  # fmt: skip
numbers = st.sampled_from([None, 0.0, 1.0, 2.5, -3.0, 1e6, math.nan, math.inf, -math.inf])
row = st.fixed_dictionaries(
    {
        "amount": numbers,
        "k": st.none() | st.integers(-3, 3),
        "country": st.sampled_from([None, "DE", "FR", "it's", ""]),
        "ok": st.sampled_from([None, True, False]),
        "emb": st.sampled_from([None, [1.0, 2.0], [3.0, 4.0], [1.0], [1.0, None], [math.nan, 1.0]]),
        "seen": st.none() | st.integers(0, 90).map(lambda m: START - timedelta(minutes=m)),
        'a b;--"': numbers,
        "v0": st.none() | st.integers(0, 5),
        "hour": st.sampled_from([None, "x"]),
        "constant": st.just(7),
        "prediction": st.sampled_from([None, 0.25, 0.5, 1.0, math.nan]),
        "label": st.sampled_from([None, 0.0, 1.0, math.inf]),
        "split": st.sampled_from(["train", "production", "production"]),
        "model_version": st.sampled_from([None, "1", "2"]),
        "ts": st.integers(0, 200).map(lambda m: START + timedelta(minutes=m)),
    }
)


def cells(warehouse):
    """Key -> sums, cells of one key added up."""
    sums = ", ".join(f"sum({name})" for name in SUMS)
    found = warehouse.connection.execute(
        f"SELECT model_version, split, column_name, part, hour, bin, {sums} FROM profile GROUP BY ALL"
    ).fetchall()
    return {key[:6]: key[6:] for key in found}


def same(left, right):
    assert left.keys() == right.keys()
    for key, sums in left.items():
        assert sums == pytest.approx(right[key], nan_ok=True), key


def profiled(batches, edges_from):
    """Profile the batches one after the other, the rows for the bins first."""
    with Warehouse() as warehouse:
        make_log(warehouse, COLUMNS)
        land(warehouse, edges_from)
        update_profile(warehouse)
        for batch in batches:
            land(warehouse, batch)
            update_profile(warehouse)
        return cells(warehouse)


EDGES = [
    {"amount": float(i % 7), "k": i % 3, "country": "DE", "ok": True, "emb": [1.0, i], "v0": i % 4, "hour": "x",
     'a b;--"': float(i), "constant": 7, "seen": START - timedelta(hours=i), "split": "train", "prediction": i / 30,
     "label": i % 2}
    for i in range(30)
]  # fmt: skip


@settings(max_examples=5, deadline=None)
@given(st.lists(row, max_size=12), st.lists(row, max_size=12), st.randoms())
def test_two_batches_equal_their_union_in_any_order(first, second, random):
    union = [*first, *second]
    random.shuffle(union)
    same(profiled([first, second], EDGES), profiled([union], EDGES))


@settings(max_examples=5, deadline=None)
@given(st.lists(row, min_size=1, max_size=25))
def test_every_sum_equals_a_plain_count(rows):
    with Warehouse() as warehouse:
        make_log(warehouse, {"amount": "DOUBLE"})
        land(warehouse, [{k: v for k, v in r.items() if k not in COLUMNS or k == "amount"} for r in rows])
        update_profile(warehouse)
        (layout,) = (x for x in read_layouts(warehouse.connection, "m") if x.key == "amount")
        found = {key: sums for key, sums in cells(warehouse).items() if key[2] == "amount"}
    expected = defaultdict(lambda: [0, 0] + [None] * 8)
    for r in rows:
        at = r["ts"].replace(minute=0)
        key = (r["model_version"] or "", r["split"], "amount", "", at, bin_of(r["amount"], layout))
        p, y = finite(r["prediction"]), finite(r["label"])
        loss = None if p is None or y is None else (p - y) ** 2
        add(expected[key], [1, 0 if y is None else 1], [finite(r["amount"]), p, y, loss])
    same(found, {key: tuple(sums) for key, sums in expected.items()})


def add(sums, counts, values):
    for k, n in enumerate(counts):
        sums[k] += n
    for k, value in enumerate(values):
        if value is not None:
            sums[2 + 2 * k] = (sums[2 + 2 * k] or 0) + value
            sums[3 + 2 * k] = (sums[3 + 2 * k] or 0) + value**2


def finite(value):
    return value if value is not None and math.isfinite(value) else None


def bin_of(value, layout):
    special = {None: "null", math.inf: "plus_inf", -math.inf: "minus_inf"}
    if value in special or math.isnan(value):
        return int(layout.codes[layout.roles.index(special.get(value, "nan"))])
    for code, role, left, right in zip(layout.codes, layout.roles, layout.left, layout.right, strict=True):
        if role == "range" and left <= value < right:
            return int(code)
    low = min((left for left in layout.left if not math.isnan(left)), default=math.inf)
    return int(layout.codes[layout.roles.index("below" if value < low else "above")])


def test_a_profiled_file_is_not_read_again():
    with Warehouse() as warehouse:
        make_log(warehouse, COLUMNS)
        land(warehouse, EDGES)
        update_profile(warehouse)
        before = cells(warehouse)
        update_profile(warehouse)
        assert cells(warehouse) == before
        assert warehouse.connection.execute("SELECT bool_and(profiled) FROM files").fetchone() == (True,)


def test_multiclass_keeps_no_sums_of_outcomes_but_its_loss():
    with Warehouse() as warehouse:
        make_log(warehouse, {"x": "DOUBLE"}, task="multiclass")
        land(warehouse, [{"x": 1.0, "prediction": p, "label": y} for p, y in ("aa", "ab", ("a", None), "bb")])
        update_profile(warehouse)
        found = warehouse.connection.execute(
            "SELECT sum(n), sum(n_labelled), sum(sum_prediction), sum(sum_label), sum(sum_loss) "
            "FROM profile WHERE column_name = 'x'"
        ).fetchone()
        bins = {layout.key: layout for layout in read_layouts(warehouse.connection, "m")}
    assert found == (4, 3, None, None, 1.0)
    assert bins["prediction"].labels == ("a", "b", "other", "unseen", "null")


def test_a_failure_leaves_nothing_half_profiled():
    def interrupt(_what, _done, _total):
        raise KeyboardInterrupt

    with Warehouse() as warehouse:
        make_log(warehouse, COLUMNS)
        land(warehouse, EDGES)
        with pytest.raises(KeyboardInterrupt):
            update_profile(warehouse, interrupt)
        for table in ("profile", "bins"):
            assert warehouse.connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)
        update_profile(warehouse)
        assert cells(warehouse)


def test_progress_reaches_the_number_of_columns():
    seen = []
    with Warehouse() as warehouse:
        make_log(warehouse, {f"x{k}": "DOUBLE" for k in range(20)})
        land(warehouse, [{"x1": 1.0}])
        update_profile(warehouse, lambda *step: seen.append(step))
    assert seen[-1] == ("profile m", 22, 22)


@pytest.mark.parametrize("rows", [[], [{}], [{"ts": datetime(1969, 12, 31, 23)}]])  # noqa: DTZ001
def test_no_rows_and_single_rows(rows):
    with Warehouse() as warehouse:
        make_log(warehouse, COLUMNS)
        land(warehouse, rows)
        update_profile(warehouse)
        per_part = warehouse.connection.execute("SELECT sum(n) FROM profile GROUP BY column_name, part").fetchall()
        assert {n for (n,) in per_part} == ({1} if rows else set())


def test_more_columns_than_fit_one_statement():
    columns = {f"x{k}": "VARCHAR" if k % 10 == 0 else "DOUBLE" for k in range(300)}
    with Warehouse() as warehouse:
        make_log(warehouse, columns)
        land(warehouse, [])
        values = ", ".join("'c' || (i % 3)" if t == "VARCHAR" else "random()" for t in columns.values())
        warehouse.connection.execute(
            f"INSERT INTO predictions_1 SELECT 1, i, TIMESTAMP '2026-03-01', NULL, NULL, 'v', NULL, 'production', "
            f"0.5, 1, NULL, {values} FROM range(20) t(i)"
        )
        update_profile(warehouse)
        found = warehouse.connection.execute("SELECT count(DISTINCT column_name), sum(n) FROM profile").fetchone()
    assert found == (302, 302 * 20)


def test_a_file_of_a_node_without_a_log_does_not_disturb():
    with Warehouse() as warehouse:
        land_nothing = (
            "INSERT INTO files (source, node, path, digest, rows, quarantined) VALUES (?, 'ghost', 'p', 'd', 0, 0)"
        )
        warehouse.connection.execute(land_nothing, ["predictions"])
        update_profile(warehouse)
        assert warehouse.connection.execute("SELECT profiled FROM files").fetchone() == (True,)


def test_the_warehouse_stays_usable_when_sql_fails():
    with Warehouse() as warehouse:
        make_log(warehouse, {"x": "DOUBLE"})
        land(warehouse, [{"x": 1.0}])
        warehouse.connection.execute("ALTER TABLE predictions_1 DROP COLUMN x")
        with pytest.raises(duckdb.Error):
            update_profile(warehouse)
        assert warehouse.connection.execute("SELECT count(*) FROM bins").fetchone() == (0,)
