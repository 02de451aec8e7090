import math
from datetime import UTC, timedelta

import numpy as np
import pytest

from rca.evidence import rows as module
from rca.evidence.columns import read_columns
from rca.evidence.rows import read_rows
from rca.profile import update_profile
from rca.warehouse import Warehouse
from schemas.evidence import Window
from schemas.system import Node
from tests.rca.profile.landing import START, land, make_log

NODE = Node(id="m", kind="model")
T0 = START.replace(tzinfo=UTC)
BEFORE = Window(T0 + timedelta(hours=10), T0 + timedelta(hours=20))
AFTER = Window(T0 + timedelta(hours=20), T0 + timedelta(hours=30))
LOSS = "power(prediction - label, 2)"
COLUMNS = {
    "x": "DOUBLE",
    "k": "INTEGER",
    "country": "VARCHAR",
    "ok": "BOOLEAN",
    "emb": "DOUBLE[]",
    "seen": "TIMESTAMP",
    'a b;--"': "DOUBLE",
    "row_ts": "VARCHAR",
    "after": "DOUBLE",
}
ODD = (None, math.nan, math.inf, -math.inf, -5.0, 99.0)


def log(count=300):
    for i in range(count):
        hour = 30 * i / count
        yield {
            "ts": START + timedelta(hours=hour),
            "split": "train" if hour < 10 else "production",
            "x": ODD[i % 6] if i % 7 == 0 and hour >= 10 else float(i % 50) / 3,
            "k": i % 4 if i % 5 else None,
            "country": ["DE", "FR", None, f"c{i % 60}"][i % 4] if hour < 20 else ["DE", "XX"][i % 2],
            "ok": [True, False, None][i % 3],
            "emb": [1.0, float(i)] if i % 3 else [1.0],
            "seen": START - timedelta(hours=i % 30) if i % 11 else None,
            'a b;--"': float(i),
            "row_ts": "x",
            "after": 2.0,
            "prediction": (i % 10) / 10 if i % 13 else None,
            "label": float(i % 2) if i % 4 else None,
            "model_version": "2" if hour > 15 else None,
        }


def profiled():
    opened = Warehouse()
    make_log(opened, COLUMNS, segments=["country"])
    land(opened, list(log()))
    update_profile(opened)
    return opened


@pytest.fixture(scope="module")
def warehouse():
    with profiled() as opened:
        yield opened


def test_bins_are_positions_in_the_column_profiles(warehouse):
    rows = read_rows(warehouse, NODE, BEFORE, AFTER, LOSS)
    columns = read_columns(warehouse, NODE, BEFORE, AFTER, 3600.0)
    assert set(rows.bins) == set(columns)
    for key, profile in columns.items():
        for side, expected in ((~rows.after, profile.before), (rows.after, profile.after)):
            counted = np.bincount(rows.bins[key][side], minlength=len(expected))
            assert counted.tolist() == expected.tolist(), key


def test_outcomes_and_values_are_floats_with_nan_for_null(warehouse):
    rows = read_rows(warehouse, NODE, BEFORE, AFTER, LOSS)
    assert len(rows.ts) == 200
    assert rows.after.sum() == 100
    assert rows.ts.dtype == np.dtype("datetime64[us]")
    assert set(rows.values) == {"x", "k", 'a b;--"', "after"}
    for column in (rows.prediction, rows.label, rows.score, *rows.values.values()):
        assert type(column) is np.ndarray
        assert column.dtype == np.float64
    assert np.isnan(rows.label).sum() == 50
    both = ~np.isnan(rows.prediction + rows.label)
    assert rows.score[both] == pytest.approx((rows.prediction - rows.label)[both] ** 2)
    assert np.isnan(rows.score[~both]).all()
    assert set(rows.version) == {"", "2"}


def test_the_sample_is_bounded_and_always_the_same(warehouse):
    first = read_rows(warehouse, NODE, BEFORE, AFTER, LOSS, 30)
    again = read_rows(warehouse, NODE, BEFORE, AFTER, LOSS, 30)
    assert first.after.tolist() == [False] * 30 + [True] * 30
    assert first.values['a b;--"'].tolist() == again.values['a b;--"'].tolist()
    assert len(set(first.values['a b;--"'])) == 60


def test_a_large_log_is_cut_before_it_is_sorted():
    with profiled() as warehouse:
        warehouse.connection.execute(
            "INSERT INTO predictions_1 (_file, _row, ts, split, prediction, x) "
            f"SELECT 9, i, TIMESTAMP '{START}' + INTERVAL 12 HOUR, 'production', 0.5, i FROM range(20000) t(i)"
        )
        rows = read_rows(warehouse, NODE, BEFORE, AFTER, "prediction", 500)
    assert (~rows.after).sum() == 500
    assert rows.after.sum() == 100


def test_many_columns_get_fewer_rows(warehouse, monkeypatch):
    monkeypatch.setattr(module, "MOST_CELLS", 15 * 20 * 2)
    monkeypatch.setattr(module, "COLUMNS_AT_ONCE", 4)
    rows = read_rows(warehouse, NODE, BEFORE, AFTER, LOSS)
    assert rows.after.tolist() == [False] * 20 + [True] * 20
    assert all(len(column) == 40 for column in rows.bins.values())


def test_the_baseline_may_be_the_training_rows(warehouse):
    rows = read_rows(warehouse, NODE, AFTER, AFTER, LOSS, baseline_split=True)
    assert (rows.ts[~rows.after] < np.datetime64(START + timedelta(hours=10))).all()
    assert (~rows.after).sum() == rows.after.sum() == 100


def test_overlapping_periods_have_their_rows_on_both_sides(warehouse):
    rows = read_rows(warehouse, NODE, AFTER, AFTER, LOSS)
    assert rows.ts[rows.after].tolist() == rows.ts[~rows.after].tolist()


def classified(outcomes, **logged):
    """Return the sampled rows of a multiclass model that logged these (prediction, label) and other columns."""
    with Warehouse() as warehouse:
        make_log(warehouse, {"x": "DOUBLE"} | dict.fromkeys(logged, "DOUBLE"), task="multiclass")
        warehouse.connection.execute(
            "UPDATE prediction_columns SET role = 'probability' WHERE starts_with(column_name, 'proba_')"
        )
        at = {"ts": START + timedelta(hours=11)}
        rows = [{"prediction": p, "label": y} | at for p, y in outcomes]
        land(warehouse, [row | {name: column[i] for name, column in logged.items()} for i, row in enumerate(rows)])
        update_profile(warehouse)
        return read_rows(warehouse, NODE, BEFORE, AFTER, "CAST(prediction <> label AS DOUBLE)")


def test_classes_become_numbers():
    rows = classified([("b", "a"), ("c", None), (None, "b"), ("a", "a")])
    assert rows.classes == ("a", "b", "c")
    assert rows.proba is None
    assert rows.prediction == pytest.approx([1, 2, np.nan, 0], nan_ok=True)
    assert rows.label == pytest.approx([0, np.nan, 1, 0], nan_ok=True)
    assert rows.score == pytest.approx([1, np.nan, np.nan, 0], nan_ok=True)


def test_labels_that_are_never_answered_come_last():
    rows = classified([("b", "a"), ("c", "b"), ("c", "aa")])
    assert rows.classes == ("b", "c", "a", "aa")
    assert rows.prediction.tolist() == [0, 1, 1]
    assert rows.label.tolist() == [2, 0, 3]


def test_probabilities_are_in_the_order_of_the_classes():
    rows = classified([("z", "b"), ("a", "a"), ("q", "q")], proba_z=[0.9, 0.2, None], proba_b=[0.1, 0.8, 0.5])
    assert rows.classes == ("b", "z", "a", "q")
    assert rows.prediction.tolist() == [1, 2, 3]
    assert rows.label.tolist() == [0, 2, 3]
    assert rows.proba == pytest.approx(np.array([[0.1, 0.9], [0.8, 0.2], [0.5, np.nan]]), nan_ok=True)


def test_a_model_of_no_classes_has_none(warehouse):
    rows = read_rows(warehouse, NODE, BEFORE, AFTER, LOSS)
    assert rows.classes == ()
    assert rows.proba is None
    empty = classified([(None, None)])
    assert empty.classes == ()
    assert np.isnan([*empty.prediction, *empty.label]).all()


def test_empty_periods_and_missing_logs(warehouse):
    later = Window(T0 + timedelta(days=90), T0 + timedelta(days=91))
    rows = read_rows(warehouse, NODE, later, later, LOSS)
    assert len(rows.ts) == len(rows.bins["x"]) == 0
    assert read_rows(warehouse, Node(id="ghost", kind="model"), BEFORE, AFTER, LOSS) is None
