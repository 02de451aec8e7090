"""Every model metric against numpy written from its definition."""

import math
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from rca.errors import InputError, UnknownName
from rca.metrics import metric_series, metric_value, prediction_table, score_sql
from rca.warehouse import Warehouse
from schemas.evidence import Window
from schemas.incident import MODEL_METRICS
from schemas.system import Node
from tests.rca.metrics.logs import START, write_log

DAY = 86400.0
BINARY = Node(id="m", kind="model", task="binary", threshold=0.4)
CLASSES = Node(id="m", kind="model", task="multiclass")
AMOUNT = Node(id="m", kind="model", task="regression")
RANKING = Node(id="m", kind="model", task="ranking")
ALL = Window(START - timedelta(days=1), START + timedelta(days=400))


def value_of(node, metric, **columns):
    with Warehouse() as warehouse:
        write_log(warehouse, node, np.arange(len(columns["prediction"])) * 60.0, **columns)
        return metric_value(warehouse, node, metric, ALL)


def auc(p, weight):
    """Weighted share of (positive, negative) pairs in the right order, ties counting half."""
    pairs = np.outer(weight, 1 - weight)
    right = (p[:, None] > p[None, :]) + 0.5 * (p[:, None] == p[None, :])
    return (pairs * right).sum() / pairs.sum() if pairs.sum() > 0 else math.nan


def f1(called, positive):
    denominator = called.sum() + positive.sum()
    return 2 * (called & positive).sum() / denominator if denominator else math.nan


REFERENCES = {
    "accuracy": lambda p, y: ((p >= 0.4) == (y == 1)).mean(),
    "auc": auc,
    "logloss": lambda p, y: -np.log(np.clip(np.where(y == 1, p, 1 - p), 1e-7, 1 - 1e-7)).mean(),
    "brier": lambda p, y: ((p - y) ** 2).mean(),
    "f1": lambda p, y: f1(p >= 0.4, y == 1),
    "mae": lambda p, y: np.abs(p - y).mean(),
    "rmse": lambda p, y: np.sqrt(((p - y) ** 2).mean()),
    "bias": lambda p, y: (p - y).mean(),
    "positive_rate": lambda p, y: (p >= 0.4).mean(),
    "prediction_mean": lambda p, y: p.mean(),
    "estimated_accuracy": lambda p, y: np.where(p >= 0.4, p, 1 - p).mean(),
    "estimated_auc": lambda p, y: auc(p, p),
}

# few distinct values, so that ties and the threshold itself occur
PROBABILITIES = st.sampled_from([0.0, 0.1, 0.4, 0.5, 0.75, 0.9, 1.0])


@settings(max_examples=15, deadline=None)
@given(st.data())
def test_binary_metrics_match_their_definitions(data):
    n = data.draw(st.integers(1, 40))
    p = data.draw(hnp.arrays(float, n, elements=PROBABILITIES))
    y = data.draw(hnp.arrays(float, n, elements=st.sampled_from([0.0, 1.0])))
    with Warehouse() as warehouse:
        write_log(warehouse, BINARY, np.arange(n) * 60.0, prediction=p, label=y)
        for metric, reference in REFERENCES.items():
            got = metric_value(warehouse, BINARY, metric, ALL)
            assert got == pytest.approx(reference(p, y), nan_ok=True, abs=1e-9), metric


def test_rows_that_do_not_count_are_left_out():
    p = np.array([0.9, np.nan, np.inf, 0.2, 0.7])
    y = [1.0, 1.0, 0.0, 0.0, None]
    with Warehouse() as warehouse:
        write_log(warehouse, BINARY, np.arange(5) * 60.0, prediction=p, label=y)
        series = metric_series(warehouse, BINARY, "accuracy", DAY, START, START + timedelta(days=1))
        assert (series.value[0], series.n[0]) == (1.0, 2.0)
        assert metric_value(warehouse, BINARY, "logloss", ALL) == pytest.approx(-(math.log(0.9) + math.log(0.8)) / 2)
        assert metric_value(warehouse, BINARY, "prediction_mean", ALL) == pytest.approx(0.6)
        assert metric_value(warehouse, BINARY, "estimated_accuracy", ALL) == pytest.approx((0.9 + 0.8 + 0.7) / 3)


def test_multiclass_metrics():
    label = ["a", "b", "b", "c", None]
    answer = ["a", "b", "a", "a", "a"]
    probabilities = {
        "proba_a": [0.8, 0.1, 0.5, 0.4, 0.9],
        "proba_b": [0.1, 0.7, 0.3, 0.3, 0.1],
        "proba_c": [0.1, 0.2, 0.2, 0.3, 0.0],
    }
    both = {"prediction": answer, "label": label} | probabilities
    matrix = np.array(list(probabilities.values())).T
    truth = np.array([[1, 0, 0], [0, 1, 0], [0, 1, 0], [0, 0, 1]], float)
    assert value_of(CLASSES, "accuracy", **both) == pytest.approx(0.5)
    # a: 1 hit of 3 answers and 1 truth; b: 1 of 1 and 2; c: never answered
    assert value_of(CLASSES, "f1", **both) == pytest.approx((2 * 1 / 4 + 2 * 1 / 3 + 0) / 3)
    assert value_of(CLASSES, "logloss", **both) == pytest.approx(-np.log([0.8, 0.7, 0.3, 0.3]).mean())
    assert value_of(CLASSES, "brier", **both) == pytest.approx(((matrix[:4] - truth) ** 2).sum(axis=1).mean())
    assert value_of(CLASSES, "auc", **both) == pytest.approx(
        np.mean([auc(matrix[:4, k], truth[:, k]) for k in range(3)])
    )
    assert value_of(CLASSES, "estimated_accuracy", **both) == pytest.approx(matrix.max(axis=1).mean())
    assert value_of(CLASSES, "estimated_auc", **both) == pytest.approx(
        np.mean([auc(matrix[:, k], matrix[:, k]) for k in range(3)])
    )


def test_a_label_whose_probability_is_not_logged_has_what_the_others_leave():
    columns = {"prediction": ["a", "a", "a"], "label": ["a", "c", None], "proba_a": [0.8, 0.7, 0.6]}
    others = {"proba_b": [0.2, 0.1, 0.1]}
    assert value_of(CLASSES, "logloss", **columns, **others) == pytest.approx(-(math.log(0.8) + math.log(0.2)) / 2)
    partly = columns | {"label": ["a", "b", "c"], "proba_b": [0.2, None, 0.1]}
    assert value_of(CLASSES, "logloss", **partly) == pytest.approx(-np.log([0.8, 0.3, 0.3]).mean())
    renamed = columns | {"label": ["a_v2"] * 3, "proba_b": [0.2, 0.3, 0.4]}
    assert value_of(CLASSES, "logloss", **renamed) == pytest.approx(-math.log(1e-7))


def test_class_names_are_untrusted():
    name = "{score}'; DROP TABLE kpis; --"
    columns = {"prediction": [name, "x"], "label": [name, "x"], f"proba_{name}": [0.9, 0.2], "proba_x": [0.1, 0.8]}
    assert value_of(CLASSES, "logloss", **columns) == pytest.approx(-(math.log(0.9) + math.log(0.8)) / 2)
    assert value_of(CLASSES, "auc", **columns) == 1.0


def test_ordinal_classes_have_errors():
    columns = {"prediction": ["1", "2", "odd"], "label": ["2", "2", "1"]}
    assert value_of(CLASSES, "mae", **columns) == pytest.approx(0.5)


def ndcg(query, score, label):
    """Mean over queries with a positive label; tied documents share the mean discount of their places."""
    got = []
    for q in np.unique(query):
        s, gain = score[query == q], 2.0 ** label[query == q] - 1
        if gain.max() <= 0:
            continue
        discount = 1 / np.log2(np.arange(len(s)) + 2)
        order = np.argsort(-s, kind="stable")
        given_discount = np.empty(len(s))
        given_discount[order] = discount
        shared = np.array([given_discount[s == value].mean() for value in s])
        got.append((gain * shared).sum() / (np.sort(gain)[::-1] * discount).sum())
    return np.mean(got) if got else math.nan


@settings(max_examples=15, deadline=None)
@given(st.data())
def test_ndcg_matches_its_definition(data):
    n = data.draw(st.integers(1, 30))
    query = data.draw(hnp.arrays(int, n, elements=st.integers(0, 4)))
    score = data.draw(hnp.arrays(float, n, elements=st.sampled_from([-1.0, 0.0, 0.5, 2.0])))
    label = data.draw(hnp.arrays(float, n, elements=st.sampled_from([0.0, 1.0, 2.0, 3.0])))
    got = value_of(RANKING, "ndcg", prediction=score, label=label, query_id=[f"q{q}" for q in query])
    assert got == pytest.approx(ndcg(query, score, label), nan_ok=True)


def test_null_rate_counts_null_and_nan_cells_of_features():
    columns = {"a": [1.0, math.nan, None, 2.0], "b": ["x", None, "y", "z"], "prediction": [0.0] * 4}
    assert value_of(AMOUNT, "null_rate", **columns) == pytest.approx(3 / 8)


def test_null_rate_of_two_thousand_columns():
    columns = {f"c{i}": [1.0, None] for i in range(2000)}
    assert value_of(AMOUNT, "null_rate", prediction=[1.0, 1.0], **columns) == pytest.approx(0.5)


def test_splits_and_windows_choose_rows():
    with Warehouse() as warehouse:
        split = ["train", "validation", "production", "production"]
        write_log(warehouse, AMOUNT, np.arange(4) * DAY, prediction=[1.0, 2.0, 5.0, 9.0], split=split)
        assert metric_value(warehouse, AMOUNT, "prediction_mean", ALL) == 7.0
        assert metric_value(warehouse, AMOUNT, "prediction_mean", ALL, split=("train", "validation")) == 1.5
        third = Window(START + timedelta(days=2), START + timedelta(days=3))
        assert metric_value(warehouse, AMOUNT, "prediction_mean", third) == 5.0
        assert math.isnan(metric_value(warehouse, AMOUNT, "prediction_mean", Window(START, START + timedelta(days=1))))


def test_series_has_gaps_and_calendar_buckets():
    with Warehouse() as warehouse:
        write_log(warehouse, AMOUNT, np.array([0.5, 2.25, 2.75]) * DAY, prediction=[1.0, 2.0, 4.0])
        start, end = START + timedelta(hours=5), START + timedelta(days=3, hours=1)
        series = metric_series(warehouse, AMOUNT, "prediction_mean", DAY, start, end)
        assert series.ts[0] == np.datetime64("2026-01-05")
        assert np.array_equal(series.value, [1.0, np.nan, 3.0, np.nan], equal_nan=True)
        assert series.n.tolist() == [1, 0, 2, 0]
        week = metric_series(warehouse, AMOUNT, "prediction_mean", 7 * DAY, start + timedelta(days=1), end)
        assert week.ts[0] == np.datetime64("2026-01-05")  # Monday


@pytest.mark.parametrize("metric", MODEL_METRICS)
def test_series_of_one_bucket_is_the_value(metric):
    rng = np.random.default_rng(0)
    p = rng.random(300)
    with Warehouse() as warehouse:
        columns = {"prediction": p, "label": (rng.random(300) < p) * 1.0, "query_id": [f"{i // 5}" for i in range(300)]}
        write_log(warehouse, BINARY, np.arange(300) * 60.0, a=[1.0, None] * 150, **columns)
        series = metric_series(warehouse, BINARY, metric, 7 * DAY, START, START + timedelta(days=1))
        assert series.value[0] == pytest.approx(metric_value(warehouse, BINARY, metric, ALL), abs=1e-12)
        assert series.n[0] > 0


@pytest.mark.parametrize("metric", MODEL_METRICS)
def test_score_moves_with_the_metric_as_it_says(metric):
    """A model whose predictions turn to noise: metric and mean score move the same way, or opposite ways."""
    rng = np.random.default_rng(1)
    n = 4000
    relevance = rng.random(n)
    y = (rng.random(n) < relevance) * 1.0
    noise = np.clip(0.55 + 0.1 * rng.random(n), 0, 1)
    p = np.concatenate([relevance[: n // 2], noise[n // 2 :]])
    holes = np.concatenate([np.ones(n // 2), np.full(n // 2, np.nan)])
    with Warehouse() as warehouse:
        queries = [f"{i // 10}" for i in range(n)]
        write_log(warehouse, BINARY, np.arange(n) * 60.0, prediction=p, label=y, query_id=queries, hole=holes)
        sql, words, same_sign = score_sql(BINARY, "binary", metric, prediction_table(warehouse, BINARY))
        half = START + timedelta(minutes=n // 2)
        before = metric_value(warehouse, BINARY, metric, Window(START, half))
        after = metric_value(warehouse, BINARY, metric, Window(half, half + timedelta(days=9)))
        query = f"SELECT avg({sql}) FROM predictions_1 GROUP BY _row > {n // 2} ORDER BY _row > {n // 2}"
        scores = [row[0] for row in warehouse.connection.execute(query).fetchall()]
        assert words
        assert np.sign(after - before) == (1 if same_sign else -1) * np.sign(scores[1] - scores[0])


def test_score_is_null_without_label_or_finite_prediction():
    with Warehouse() as warehouse:
        columns = {"prediction": [0.5, 0.5, math.nan, math.inf, None], "label": [None, 1.0, 1.0, 1.0, 1.0]}
        write_log(warehouse, BINARY, np.arange(5) * 60.0, **columns)
        for metric in ("accuracy", "auc", "logloss", "brier", "f1", "mae", "rmse", "bias", "ndcg"):
            sql = score_sql(BINARY, "binary", metric).sql
            got = warehouse.connection.execute(f"SELECT {sql} IS NULL FROM predictions_1 ORDER BY _row").fetchall()
            assert [g[0] for g in got] == [True, False, True, True, True], metric


@pytest.mark.parametrize(
    ("node", "metric", "hint"),
    [(AMOUNT, "auc", "mae"), (CLASSES, "logloss", "proba_"), (AMOUNT, "null_rate", "feature"), (RANKING, "f1", "ndcg")],
)
def test_a_metric_that_means_nothing_says_what_to_use(node, metric, hint):
    with pytest.raises(InputError, match=hint):
        value_of(node, metric, prediction=["1"], label=["1"])


def test_unknown_metric_suggests_the_nearest():
    with pytest.raises(UnknownName, match="accuracy"):
        value_of(BINARY, "acuracy", prediction=[0.5], label=[1.0])


def test_a_model_without_data_says_what_to_log():
    with Warehouse() as warehouse, pytest.raises(InputError, match="predictions/m/"):
        metric_value(warehouse, BINARY, "auc", ALL)
