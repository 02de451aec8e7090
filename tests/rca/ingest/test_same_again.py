"""The same content again changes nothing, whatever its format; a database survives being reopened."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from rca.ingest import session as session_module
from rca.ingest.documents import load_incidents, load_system
from rca.warehouse import Warehouse
from tests.rca.ingest.conftest import Land
from tests.rca.ingest.landing import DAY, Landed, batch, columns, lines, parquet, text, times


def fill(folder: Path) -> None:
    batch(folder, "a", country=["DE", "FR", None, "DE"])
    batch(
        folder, "b", ts=[DAY + timedelta(days=1), None, *times(2, DAY + timedelta(days=2))], amount=["1", "x", "2", "3"]
    )
    text(folder / "kpis.csv", "node,metric,ts,value,region\nk,rate,2026-01-01,0.5,eu\nk,rate,never,0.5,eu\n")
    lines(folder / "changes.jsonl", {"ts": "2026-01-01", "node": "m", "kind": "deploy", "title": "v2"})
    span = {
        "trace_id": "t",
        "span_id": "s",
        "service": "api",
        "operation": "get",
        "start": "2026-01-01",
        "duration_ms": 5,
    }
    lines(folder / "traces/a.jsonl", span)
    event = {
        "eventTime": "2026-01-01T00:00:00Z",
        "run": {"runId": "1"},
        "job": {"name": "j"},
        "inputs": [{"name": "d"}],
    }
    lines(folder / "lineage.jsonl", event)
    cell = {"node": "m", "column": "x", "window_start": "2026-01-01", "bin_left": 0, "bin_right": 1, "count": 3}
    lines(folder / "histograms/a.jsonl", cell)
    text(folder / "incident.json", json.dumps({"id": "i", "node": "m", "metric": "auc", "detected_at": "2026-01-02"}))


def test_ingesting_again_changes_no_table(folder: Path, land: Land) -> None:
    fill(folder)
    landed = land()
    before = landed.everything()
    again = landed.again()
    assert landed.everything() == before
    assert again.total("files") == 0
    assert again.total("skipped") == 7


def test_a_file_database_survives(folder: Path, tmp_path: Path) -> None:
    fill(folder)
    first = Landed(folder, tmp_path / "db.duckdb")
    before = first.everything()
    first.warehouse.close()
    second = Landed(folder, tmp_path / "db.duckdb")
    assert second.everything() == before
    assert load_system(second.warehouse).by_id["m"].task == "binary"
    assert [incident.id for incident in load_incidents(second.warehouse)] == ["i"]
    second.warehouse.close()


def test_a_new_batch_is_added_and_a_changed_system_is_in_force(folder: Path, land: Land) -> None:
    fill(folder)
    landed = land()
    batch(folder, "c", ts=times(4, DAY + timedelta(days=9)))
    (folder / "system.yaml").write_text((folder / "system.yaml").read_text().replace("kpi}", "kpi, owner: me}"))
    assert landed.again().total("files") == 1
    assert load_system(landed.warehouse).by_id["k"].owner == "me"
    assert landed.rows("SELECT count(*) FROM systems") == [(2,)]
    (folder / "system.yaml").write_text((folder / "system.yaml").read_text().replace("kpi, owner: me}", "kpi}"))
    landed.again()
    assert load_system(landed.warehouse).by_id["k"].owner is None


def test_a_copied_prediction_file_is_rows_logged_twice(folder: Path, land: Land) -> None:
    batch(folder, "a")
    (folder / "predictions/m/copy.parquet").write_bytes((folder / "predictions/m/a.parquet").read_bytes())
    assert len(land().column("amount")) == 8


def test_a_copied_metric_file_is_the_same_content(folder: Path, land: Land) -> None:
    rows = "node,metric,ts,value\nk,rate,2026-01-01,0.5\n"
    text(folder / "kpis/a.csv", rows)
    text(folder / "kpis/b.csv", rows)
    landed = land()
    assert landed.rows("SELECT count(*) FROM kpis") == [(1,)]
    assert landed.report.total("skipped") == 1


def _as_csv(data: dict[str, Any]) -> str:
    def field(value: Any) -> str:
        return "" if value is None else value.isoformat() if hasattr(value, "isoformat") else str(value)

    rows = [",".join(map(field, row)) for row in zip(*data.values(), strict=True)]
    return "\n".join([",".join(data), *rows]) + "\n"


def test_the_formats_are_equivalent(tmp_path: Path) -> None:
    from tests.rca.ingest.landing import bundle  # noqa: PLC0415

    data = columns(
        6,
        amount=[0.5, None, 2.25, 3.0, -1.0, 7.5],
        count=[1, 2, None, 4, 5, 6],
        country=["DE", "FR", None, "DE", "US", "FR"],
        vip=[True, False, None, True, True, False],
        since=[*times(5), None],
        label=[1, 0, 1, None, 0, 1],
    )
    found = []
    for suffix in ("parquet", "csv", "jsonl"):
        folder = bundle(tmp_path / suffix)
        path = folder / f"predictions/m/a.{suffix}"
        if suffix == "parquet":
            parquet(path, **data)
        elif suffix == "csv":
            text(path, _as_csv(data))
        else:
            lines(path, *(dict(zip(data, row, strict=True)) for row in zip(*data.values(), strict=True)))
        landed = Landed(folder)
        tables = landed.everything()
        found.append((tables["predictions_1"], tables["prediction_columns"], landed.quarantine()))
        landed.warehouse.close()
    assert found[0] == found[1] == found[2]


def test_a_crash_leaves_no_half_file(folder: Path, land: Land, monkeypatch: pytest.MonkeyPatch) -> None:
    batch(folder, "a")
    batch(folder, "b", extra=[1, 2, 3, 4])
    register = session_module.Session.register

    def _fail(self: Any, files: Any, *others: Any) -> None:
        if any("b.parquet" in file.name for file in files.values()):
            raise KeyboardInterrupt
        register(self, files, *others)

    with Warehouse() as warehouse:
        from rca.ingest import ingest_bundle  # noqa: PLC0415

        monkeypatch.setattr(session_module.Session, "register", _fail)
        with pytest.raises(KeyboardInterrupt):
            ingest_bundle(warehouse, folder)
        count = "SELECT (SELECT count(*) FROM files), (SELECT count(*) FROM predictions_1)"
        assert warehouse.connection.execute(count).fetchone() == (1, 4)
        monkeypatch.undo()
        ingest_bundle(warehouse, folder)
        assert warehouse.connection.execute(count).fetchone() == (2, 8)


def test_a_fault_of_our_own_is_not_blamed_on_the_file(
    folder: Path, land: Land, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch(folder, "a")

    def _fail(*_: Any) -> None:
        raise duckdb.BinderException("our mistake")

    monkeypatch.setattr("rca.ingest.predictions.land._insert", _fail)
    with pytest.raises(duckdb.BinderException):
        land()
