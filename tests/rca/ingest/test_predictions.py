"""Prediction logs: columns, roles, times, targets."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from tests.rca.ingest.conftest import Land
from tests.rca.ingest.landing import DAY, batch, bundle, columns, parquet, text, times


def test_columns_get_their_roles(folder: Path, land: Land) -> None:
    batch(folder, "a", country=["DE"] * 4, attribution_amount=[0.1] * 4, proba_yes=[0.5] * 4, split=["train"] * 4)
    landed = land()
    kept = dict(landed.rows("SELECT column_name, role FROM prediction_columns"))
    assert kept == {
        "ts": "reserved",
        "prediction": "reserved",
        "label": "reserved",
        "split": "reserved",
        "amount": "feature",
        "country": "segment",
        "attribution_amount": "attribution",
        "proba_yes": "probability",
    }
    assert landed.column("split") == ["train"] * 4
    assert landed.report.total("rows") == 4


def test_declared_names_win_and_a_feature_may_be_called_ts(folder: Path, land: Land) -> None:
    bundle(folder, "nodes: [{id: m, kind: model, columns: {ts: event_time, label: is_fraud}}]\n")
    batch(
        folder,
        "a",
        event_time=times(4),
        ts=[7, 8, 9, 10],
        is_fraud=[1, 0, 1, 0],
        label=None,
        _file=[1] * 4,
        _row=[2] * 4,
    )
    landed = land()
    assert landed.column("event_time") == times(4)
    assert landed.column("ts") == [7, 8, 9, 10]
    assert landed.column("is_fraud") == [1.0, 0.0, 1.0, 0.0]
    assert landed.column("_file") == [1] * 4
    assert landed.column("_row") == [2] * 4
    assert landed.rows("SELECT _row FROM predictions_1 ORDER BY _row") == [(1,), (2,), (3,), (4,)]


def test_beside_declared_features_every_other_column_is_a_segment(folder: Path, land: Land) -> None:
    bundle(folder, "nodes: [{id: m, kind: model, features: [amount]}]\n")
    batch(folder, "a", noise=[1] * 4)
    landed = land()
    assert landed.rows(
        "SELECT column_name, role FROM prediction_columns WHERE column_name IN ('amount', 'noise') ORDER BY 1"
    ) == [("amount", "feature"), ("noise", "segment")]
    assert landed.rows("SELECT position, type, rows FROM schema_observations WHERE column_name = 'noise'") == [
        (4, "BIGINT", 4)
    ]


VERSIONS = ["2026-02-04", "1.10", "1.0", "007", "2026-02-04T10:00:00Z", "1e3", "true"]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_a_version_is_a_name_whatever_it_looks_like(folder: Path, land: Land, version: str, suffix: str) -> None:
    rows = {
        "csv": "ts,prediction,model_version,trace_id\n" + f"2026-01-01,0.5,{version},{version}\n" * 4,
        "jsonl": f'{{"ts": "2026-01-01", "prediction": 0.5, "model_version": "{version}", "trace_id": "{version}"}}\n'
        * 4,
    }
    text(folder / f"predictions/m/a.{suffix}", rows[suffix])
    landed = land()
    assert landed.column("model_version") == [version] * 4
    assert landed.column("trace_id") == [version] * 4


def test_whole_numbers_beside_missing_ones_are_the_same_version(folder: Path, land: Land) -> None:
    text(folder / "predictions/m/a.csv", "ts,prediction,model_version\n2026-01-01,0.5,3\n2026-01-02,0.5,3\n")
    text(folder / "predictions/m/b.csv", "ts,prediction,model_version\n2026-01-03,0.5,3.0\n2026-01-04,0.5,\n")
    assert land().column("model_version") == ["3", "3", "3", None]


BERLIN = [datetime(2026, 1, 1, 2, tzinfo=UTC) + timedelta(minutes=k) for k in range(4)]


@pytest.mark.parametrize(
    ("values", "first"),
    [
        (pa.array(times(4), pa.timestamp("ns")), DAY),
        (pa.array(BERLIN, pa.timestamp("us", tz="Europe/Berlin")), DAY + timedelta(hours=2)),
        (pa.array(times(4), pa.timestamp("ns", tz="UTC")), DAY),
        (pa.array(times(4), pa.timestamp("ms", tz="UTC")), DAY),
        (pa.array(times(4), pa.timestamp("s")), DAY),
        (["2026-01-01T00:00:00+02:00"] * 4, DAY - timedelta(hours=2)),
        (["2026-01-01T00:00:00Z"] * 4, DAY),
        (["2026-01-01 00:00:00 +00:00"] * 4, DAY),
        (["2026-01-01"] * 4, DAY),
        (["1767225600"] * 4, DAY),
        ([1767225600] * 4, DAY),
        ([1767225600.25] * 4, DAY + timedelta(milliseconds=250)),
        ([1767225600000] * 4, DAY),
        ([1767225600000000] * 4, DAY),
        ([1767225600000000001] * 4, DAY),
        ([DAY.date()] * 4, DAY),
    ],
)
def test_any_usual_time_is_read_as_utc(folder: Path, land: Land, values: Any, first: datetime) -> None:
    batch(folder, "a", ts=values)
    assert land().column("ts")[0] == first


def test_rows_without_a_usable_time_are_set_aside_one_by_one(folder: Path, land: Land) -> None:
    batch(folder, "a", ts=["2026-01-01", None, "yesterday", "2026-01-02"])
    landed = land()
    assert landed.column("amount") == [0.0, 3.0]
    assert [row[:4] for row in landed.quarantine()] == [
        ("predictions/m/a.parquet", 2, "ts", None),
        ("predictions/m/a.parquet", 3, "ts", "yesterday"),
    ]
    assert landed.rows("SELECT rows, quarantined FROM files") == [(2, 2)]


def test_a_file_without_times_is_set_aside_whole_and_tried_again_once_the_mapping_is_mended(
    folder: Path, land: Land
) -> None:
    batch(folder, "a")
    batch(folder, "b", when=times(4, DAY + timedelta(days=1)), ts=None)
    landed = land()
    assert len(landed.column("amount")) == 4
    assert "no time column 'ts'" in landed.quarantine()[0][4]
    assert any("b.parquet" in warning for warning in landed.report.warnings)
    bundle(folder, "nodes: [{id: m, kind: model, task: binary, columns: {ts: when}}]\n")
    assert landed.again().total("rows") == 4
    assert len(landed.column("amount")) == 8


@pytest.mark.parametrize(
    ("prediction", "label", "task"),
    [
        ([0.1, 0.9, 0.5, 1.0], [0, 1, 0, 1], "binary"),
        ([0.1, 0.9, 0.5, 1.0], [True, False, None, True], "binary"),
        ([0.1, 0.9, 0.5, 1.0], [0, 2, 0, 1], "regression"),
        ([1.1, 20.0, 3.0, 4.0], [1.0, 2.0, 3.0, 4.0], "regression"),
        (["cat", "dog", "cat", "dog"], ["cat", "cat", None, "dog"], "multiclass"),
    ],
)
def test_the_task_is_told_from_the_data(folder: Path, land: Land, prediction: Any, label: Any, task: str) -> None:
    bundle(folder, "nodes: [{id: m, kind: model}]\n")
    batch(folder, "a", prediction=prediction, label=label)
    assert land().rows("SELECT task FROM prediction_tables") == [(task,)]


def test_a_query_id_means_ranking(folder: Path, land: Land) -> None:
    bundle(folder, "nodes: [{id: m, kind: model}]\n")
    batch(folder, "a", query_id=[1, 1, 2, 2])
    landed = land()
    assert landed.rows("SELECT task FROM prediction_tables") == [("ranking",)]
    assert landed.column("query_id") == ["1", "1", "2", "2"]


@pytest.mark.parametrize("label", [[1, 0, 1, None], ["yes", "no", "TRUE", None], ["1", "0", "1.0", None]])
def test_binary_labels_become_numbers(folder: Path, land: Land, label: Any) -> None:
    batch(folder, "a", label=label)
    assert land().column("label") == [1.0, 0.0, 1.0, None]


def test_a_class_is_the_same_as_integer_text_or_float(folder: Path, land: Land) -> None:
    bundle(folder, "nodes: [{id: m, kind: model, task: multiclass}]\n")
    batch(folder, "a", prediction=[1, 2, 1, 2], label=["1", "2", "1.0", None])
    batch(folder, "b", prediction=[1.0, 2.0, 1.0, 2.0], label=[1, 2, 1, None])
    landed = land()
    assert landed.column("prediction") == ["1", "2", "1", "2"] * 2
    assert landed.column("label") == ["1", "2", "1", None] * 2


def test_targets_that_are_not_finite_are_set_aside_and_features_kept_as_they_are(folder: Path, land: Land) -> None:
    nan, inf = float("nan"), float("inf")
    batch(folder, "a", prediction=[nan, inf, 0.5, 0.2], amount=[nan, inf, -inf, None])
    landed = land()
    assert landed.column("prediction") == [None, None, 0.5, 0.2]
    assert [str(value) for value in landed.column("amount")] == ["nan", "inf", "-inf", "None"]
    assert [row[1:4] for row in landed.quarantine()] == [(1, "prediction", "nan"), (2, "prediction", "inf")]
    assert landed.rows("SELECT nulls, uncast FROM schema_observations WHERE column_name = 'prediction'") == [(0, 2)]


def test_an_unknown_split_is_production_and_said(folder: Path, land: Land) -> None:
    batch(folder, "a", split=["train", "test", None, "validation"])
    landed = land()
    assert landed.column("split") == ["train", "production", "production", "validation"]
    assert [row[1:4] for row in landed.quarantine()] == [(2, "split", "test")]


def test_nested_folders_and_undeclared_nodes(folder: Path, land: Land) -> None:
    parquet(folder / "predictions/m/date=2026-01-01/x.parquet", **columns())
    parquet(folder / "predictions/stranger/x.parquet", **columns())
    landed = land()
    assert landed.rows("SELECT node, rows FROM files ORDER BY ALL") == [("m", 4), ("stranger", 4)]
    assert landed.rows("SELECT 1 FROM prediction_columns WHERE column_name = 'date'") == []
    assert any("stranger" in warning for warning in landed.report.warnings)


def test_a_node_id_with_a_slash_is_found(folder: Path, land: Land) -> None:
    bundle(folder, "nodes: [{id: team/m, kind: model}]\n")
    parquet(folder / "predictions/team/m/x.parquet", **columns())
    assert land().rows("SELECT node FROM files") == [("team/m",)]


def test_many_files_of_one_schema_keep_their_own_rows(folder: Path, land: Land) -> None:
    for day in range(20):
        batch(folder, f"{day:02d}", n=3, amount=[float(day)] * 3, ts=times(3, DAY + timedelta(days=day)))
    landed = land()
    found = landed.rows(
        """SELECT path, rows, first_ts, (SELECT avg(amount) FROM predictions_1 WHERE _file = file_id)
           FROM files ORDER BY path"""
    )
    assert [(row[1], row[2], row[3]) for row in found] == [(3, DAY + timedelta(days=d), float(d)) for d in range(20)]
