"""Old rows leave, and what can be asked of counts has the same answer as before."""

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from rca.analyse import analyse_bundle, analyse_database
from rca.cli import main
from rca.errors import InputError
from rca.keep import Horizon, retain
from rca.keep.periods import inside, united, without
from rca.metrics import metric_series, metric_value
from rca.profile import update_profile
from rca.warehouse import Warehouse
from schemas.evidence import Window
from schemas.system import Node
from tests.rca.profile.landing import START, land, make_log

EXAMPLE = Path(__file__).parents[3] / "examples" / "card-fraud"
Captured = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def explained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    db = tmp_path_factory.mktemp("explained") / "rca.duckdb"
    analyse_bundle(EXAMPLE, db=db)
    return db


@pytest.fixture
def db(explained: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(explained, tmp_path / "rca.duckdb"))


def days(n: float) -> timedelta:
    return timedelta(days=n)


def rolled(db: Path, before: datetime) -> None:
    with Warehouse(db) as warehouse:
        retain(warehouse, Horizon(raw_days=1), now=before + days(1), spare_open=False)


@pytest.mark.parametrize("into_window", [-2.0, 0.0, 30.0])
def test_an_incident_is_the_same_symptom_whatever_was_rolled_up(db: Path, into_window: float) -> None:
    (before,) = analyse_database(db)
    start = before.incident.window[0]
    rolled(db, start + days(into_window))
    (after,) = analyse_database(db)
    assert after.incident.baseline_value == pytest.approx(before.incident.baseline_value, abs=2e-3)
    assert after.incident.value == pytest.approx(before.incident.value, abs=2e-3)
    assert abs(after.incident.onset - before.incident.onset) <= timedelta(hours=6)
    assert any("were rolled up" in warning for warning in after.warnings)
    assert not any("were rolled up" in warning for warning in before.warnings)


def test_a_healthy_metric_does_not_look_broken_where_counts_meet_rows() -> None:
    rng = np.random.default_rng(7)
    with Warehouse() as warehouse:
        node = log(warehouse, "binary", rng)
        series = [metric_series(warehouse, node, "auc", 86400, *ALL) for _ in range(2)]
        retain(warehouse, Horizon(raw_days=5), now=NOW, spare_open=False)
        series[1] = metric_series(warehouse, node, "auc", 86400, *ALL)
    np.testing.assert_allclose(series[1].value, series[0].value, atol=2e-4)
    np.testing.assert_array_equal(series[1].n, series[0].n)


NOW = (START + days(10)).replace(tzinfo=UTC)
ALL = (START.replace(tzinfo=UTC), NOW)
METRICS = {
    "binary": ("auc", "f1", "accuracy", "logloss", "brier", "positive_rate", "prediction_mean", "estimated_auc"),
    "regression": ("mae", "rmse", "bias", "prediction_mean"),
    "multiclass": ("accuracy", "f1"),
}


def log(warehouse: Warehouse, task: str, rng: np.random.Generator, rows: int = 3000) -> Node:
    make_log(warehouse, {"x": "DOUBLE"}, task=task)
    truth = rng.random(rows)
    if task == "binary":
        said, label = truth, (rng.random(rows) < truth).astype(float)
    elif task == "regression":
        said, label = 1e4 + 1e3 * truth, 1e4 + 1e3 * truth + rng.normal(0, 3, rows)
    else:
        said, label = rng.choice(list("abc"), rows), rng.choice(list("abc"), rows)
    land(
        warehouse,
        [
            {"ts": START + days(10) * (i / rows), "x": 1.0, "prediction": p, "label": y if i % 5 else None}
            for i, (p, y) in enumerate(zip(said.tolist(), label.tolist(), strict=True))
        ]
        + [{"ts": START, "split": "train", "prediction": said.tolist()[0], "x": 1.0}],
    )
    return Node(id="m", kind="model", task=task)


@pytest.mark.parametrize("task", METRICS)
def test_metrics_over_removed_rows_stay(task: str) -> None:
    with Warehouse() as warehouse:
        node = log(warehouse, task, np.random.default_rng(3))
        window = Window(*ALL)
        before = {metric: metric_value(warehouse, node, metric, window) for metric in METRICS[task]}
        done = retain(warehouse, Horizon(raw_days=3), now=NOW, spare_open=False)
        assert done.rows["m"] == pytest.approx(2100, abs=20)
        after = {metric: metric_value(warehouse, node, metric, window) for metric in METRICS[task]}
        left = warehouse.connection.execute(
            "SELECT count(*) FILTER (split = 'train'), min(ts) FILTER (split = 'production') FROM predictions_1"
        ).fetchone()
    assert after == pytest.approx(before, rel=1e-3, abs=2e-2 if task == "regression" else 1e-9)
    assert left == (1, START + days(7))


def test_cells_stay_and_late_rows_of_a_removed_hour_are_added() -> None:
    with Warehouse() as warehouse:
        node = log(warehouse, "binary", np.random.default_rng(3))
        update_profile(warehouse)
        cells = warehouse.connection.execute("FROM profile ORDER BY ALL").fetchall()
        for _ in range(2):  # the second time there is nothing left to remove
            retain(warehouse, Horizon(raw_days=3), now=NOW, spare_open=False)
        assert warehouse.connection.execute("FROM profile ORDER BY ALL").fetchall() == cells
        bins = warehouse.connection.execute("FROM bins ORDER BY ALL").fetchall()
        counted = metric_series(warehouse, node, "prediction_mean", 86400, *ALL).n
        land(warehouse, [{"ts": START, "x": 1.0, "prediction": 0.5, "label": 1.0, "split": split} for split in SPLITS])
        update_profile(warehouse)
        assert warehouse.connection.execute("FROM bins ORDER BY ALL").fetchall() == bins
        again = metric_series(warehouse, node, "prediction_mean", 86400, *ALL).n
        assert (again - counted).tolist() == [1, *[0] * 9]
        late = retain(warehouse, Horizon(raw_days=3), now=NOW, spare_open=False)
        assert late.rows == {"m": 1}
        assert metric_series(warehouse, node, "prediction_mean", 86400, *ALL).n.tolist() == again.tolist()
        assert warehouse.connection.execute("SELECT count(*), sum(rows) FROM rollups").fetchone() == (1, 2101)


SPLITS = ("production", "train")


def test_open_incidents_keep_their_rows_until_told_otherwise(db: Path) -> None:
    late = datetime(2026, 12, 1, tzinfo=UTC)
    with Warehouse(db) as warehouse:
        (name,) = (row[0] for row in warehouse.connection.execute("SELECT id FROM incidents").fetchall())
        would = retain(warehouse, Horizon(raw_days=1), now=late, dry_run=True)
        assert would.spared == (name,)
        all_rows = retain(warehouse, Horizon(raw_days=1), now=late, spare_open=False, dry_run=True).rows
        assert would.rows["fraud-scorer"] < all_rows["fraud-scorer"]
        warehouse.connection.execute(
            "INSERT INTO incident_events (incident, noted_at, what, who, detail) "
            "VALUES (?, TIMESTAMP '2026-04-01', 'closed', 'ann', '{}')",
            [name],
        )
        closed = retain(warehouse, Horizon(raw_days=1), now=late)
    assert (closed.spared, closed.rows) == ((), all_rows)


def test_spans_and_metrics_leave_when_asked(db: Path) -> None:
    late = datetime(2026, 12, 1, tzinfo=UTC)
    with Warehouse(db) as warehouse:
        count = "SELECT (SELECT count(*) FROM spans), (SELECT count(*) FROM kpis), (SELECT count(*) FROM files)"
        spans, kpis, files = warehouse.connection.execute(count).fetchone()
        done = retain(warehouse, Horizon(spans_days=2, kpis_days=2), now=late)
        assert (done.spans, done.kpis, done.rows) == (spans, kpis, {})
        assert warehouse.connection.execute(count).fetchone() == (0, 0, files)


def test_the_command(db: Path, capsys: Captured) -> None:
    assert main(["retain", "--db", str(db), "--raw-days", "1", "--dry-run", "--no-keep-open", "--json"]) == 0
    would = json.loads(capsys.readouterr().out)
    assert would["dry_run"]
    assert would["rows"]["fraud-scorer"] > 0
    assert main(["retain", "--db", str(db), "--raw-days", "1", "--spans-days", "1"]) == 0
    shown = capsys.readouterr().out
    assert "fraud-scorer: " in shown
    assert "spans: " in shown
    assert main(["retain", "--db", str(db)]) == 2
    assert main(["retain", "--db", str(db), "--raw-days", "0"]) == 2
    assert main(["analyze", "--db", str(db), "--json"]) == 0


def test_nothing_to_do_is_an_error() -> None:
    with Warehouse() as warehouse, pytest.raises(InputError, match="nothing says what is to be removed"):
        retain(warehouse, Horizon(), now=NOW)


def test_periods() -> None:
    at = [START + timedelta(hours=h) for h in range(6)]
    assert united([(at[2], at[3]), (at[0], at[1]), (at[1], at[2]), (at[5], at[4])]) == [(at[0], at[3])]
    assert without((at[0], at[5]), [(at[1], at[2]), (at[4], at[5])]) == [(at[0], at[1]), (at[2], at[4])]
    assert without((at[1], at[2]), [(at[0], at[5])]) == []
    assert inside([], "ts") == "FALSE"
