"""No raw value of a sensitive column is in the file of a database, in its log of changes, or in an answer."""

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pydantic import ValidationError

from rca.analyse import analyse_database
from rca.errors import InputError
from rca.ingest import ingest_bundle
from rca.keep import erase
from rca.profile import update_profile
from rca.profile.layout import read_layouts
from rca.warehouse import Warehouse
from rca.warehouse.backup import back_up
from schemas.system import Node

NODE = "{id: scorer, kind: model, task: binary, segments: [city]"
SENSITIVE = "sensitive: [city, income, born, note, request_id, face]"
INCIDENT = {"id": "i", "node": "scorer", "metric": "brier", "detected_at": "2026-03-09T00:00:00Z"}
MARKS = ["Zanzibar-77", "Umbridge", "req-000123-xyz", "7654321", "4711.25", "1961-07-19"]


def bundle(folder: Path, sensitive: str = SENSITIVE) -> Path:
    (folder / "predictions" / "scorer").mkdir(parents=True)
    (folder / "histograms").mkdir()
    (folder / "system.yaml").write_text(f"nodes:\n  - {NODE}{', ' if sensitive else ''}{sensitive}}}\n")
    (folder / "incident.json").write_text(json.dumps(INCIDENT))
    rng = np.random.default_rng(1)
    n = 4000
    late = np.arange(n) > 3200
    born = np.datetime64("1961-07-19T03:04:05") - np.arange(n).astype("timedelta64[D]")
    pq.write_table(
        pa.table(
            {
                "ts": np.datetime64("2026-03-01", "us") + np.arange(n) * np.timedelta64(180, "s"),
                "request_id": [f"req-{i:06d}-xyz" for i in range(n)],
                "city": np.where(late, "Zanzibar-77", np.array(["Umbridge", "Ely"])[np.arange(n) % 2]),
                "income": np.where(np.arange(n) % 50 == 3, 7654321.0, 4711.25 + rng.random(n) * 1e4),
                "born": born.astype("datetime64[us]"),
                "note": [None if i % 3 else f"note Umbridge {i}" for i in range(n)],
                "face": pa.array([[7654321.0, 1.0]] * n, pa.list_(pa.float64(), 2)),
                "plain": rng.random(n),
                "prediction": rng.random(n),
                "label": np.where(late, 1.0, (rng.random(n) < 0.5).astype(float)),
            }
        ),
        folder / "predictions" / "scorer" / "a.parquet",
    )
    broken = ["ts,city,income,prediction", "2026-03-02,Zanzibar-77,none of 7654321,0.5", "no time,Umbridge,3,0.5"]
    (folder / "predictions" / "scorer" / "b.csv").write_text("\n".join([*broken, 'x,"Zanzibar-77,1,2,3,4,5']) + "\n")
    (folder / "histograms" / "h.csv").write_text(
        "node,column,window_start,category,count\nscorer,city,2026-02-01,Zanzibar-77,5\nother,city,2026-02-01,Ely,5\n"
    )
    return folder


def bytes_of(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.glob("rca.duckdb*")))


def found_in(content: bytes) -> list[str]:
    numbers = [np.float64(7654321.0).tobytes(), np.float64(4711.25).tobytes(), np.int64(7654321).tobytes()]
    return [mark for mark in MARKS if mark.encode() in content] + [raw.hex() for raw in numbers if raw in content]


def test_no_raw_value_is_stored_or_told(tmp_path: Path) -> None:
    db = tmp_path / "rca.duckdb"
    with Warehouse(db) as warehouse:
        warehouse.connection.execute("SET wal_autocheckpoint = '1GB'; SET threads = 1")
        ingest_bundle(warehouse, bundle(tmp_path / "bundle"))
        update_profile(warehouse)
        log = bytes_of(tmp_path)
        assert Path(f"{db}.wal").stat().st_size > 10_000
        warehouse.connection.execute("CHECKPOINT")
        labels = {layout.key: layout.labels for layout in read_layouts(warehouse.connection, "scorer")}
        kept = warehouse.connection.execute(
            "SELECT count(*), list(raw) FILTER (raw IS NOT NULL) FROM quarantine"
        ).fetchone()
        texts = warehouse.connection.execute("SELECT string_agg(reason, ' ') FROM quarantine").fetchone()[0]
    (answer,) = analyse_database(db)
    told = answer.model_dump_json()
    assert found_in(log) == []
    assert found_in(bytes_of(tmp_path)) == []
    assert [mark for mark in MARKS if mark in told or mark in texts] == []
    assert kept[0] >= 2
    assert kept[1] in (None, ["no time"])  # of the time column, which is not sensitive
    assert labels["city"][0].startswith("~")
    assert len(labels["income"]) > 8
    assert len(labels["born"]) > 6


def test_without_the_mark_all_of_it_is_there(tmp_path: Path) -> None:
    with Warehouse(tmp_path / "rca.duckdb") as warehouse:
        ingest_bundle(warehouse, bundle(tmp_path / "bundle", ""))
        update_profile(warehouse)
    assert {"Zanzibar-77", "Umbridge"} <= set(found_in(bytes_of(tmp_path)))


def test_a_change_of_category_and_of_level_still_shows(tmp_path: Path) -> None:
    with Warehouse() as warehouse:
        ingest_bundle(warehouse, bundle(tmp_path / "bundle"))
        rows = warehouse.connection.execute(
            "SELECT count(DISTINCT city), count(DISTINCT income), min(income) FROM predictions_1"
        ).fetchone()
        age = warehouse.connection.execute("SELECT date_diff('year', born, ts) FROM predictions_1 LIMIT 1").fetchone()
    assert rows[0] == 3
    assert 5 <= rows[1] <= 12
    assert rows[2] == pytest.approx(4711.25, rel=0.1)
    assert age[0] == pytest.approx(65, rel=0.1)


def test_a_column_marked_later_is_replaced_and_stays_so(tmp_path: Path) -> None:
    raw, db = bundle(tmp_path / "bundle", ""), tmp_path / "rca.duckdb"
    more = bundle(tmp_path / "more")
    shutil.rmtree(more / "histograms")
    (more / "predictions" / "scorer" / "a.parquet").unlink()
    with Warehouse(db) as warehouse:
        shutil.rmtree(raw / "histograms")
        ingest_bundle(warehouse, raw)
        update_profile(warehouse)
        (more / "predictions" / "scorer" / "c.csv").write_text("ts,city,prediction\n2026-03-03,Zanzibar-77,0.5\n")
        told = ingest_bundle(warehouse, more).warnings
        update_profile(warehouse)
        count = "SELECT sum(n), count(DISTINCT bin) FROM profile WHERE column_name = 'city'"
        assert warehouse.connection.execute(count).fetchone() == (4002, 3)
        back_up(warehouse, tmp_path / "backup" / "rca.duckdb")
        # no longer declared: what is stored reduced goes on so
        (more / "system.yaml").write_text(f"nodes:\n  - {NODE}}}\n")
        (more / "predictions" / "scorer" / "d.csv").write_text("ts,city,prediction\n2026-03-04,Zanzibar-77,0.5\n")
        ingest_bundle(warehouse, more)
        tokens = warehouse.connection.execute("SELECT bool_and(starts_with(city, '~')) FROM predictions_1").fetchone()
    assert any("stored before are replaced" in warning for warning in told)
    assert tokens == (True,)
    assert found_in(bytes_of(tmp_path / "backup")) == []


def test_a_subject_is_erased_by_its_own_name(tmp_path: Path) -> None:
    now = datetime(2026, 3, 20, tzinfo=UTC)
    with Warehouse() as warehouse:
        ingest_bundle(warehouse, bundle(tmp_path / "bundle"))
        done = erase(warehouse, "scorer", "request_id", "req-000123-xyz", now=now)
        assert done.rows == 1
        with pytest.raises(InputError, match="only rounded numbers are stored"):
            erase(warehouse, "scorer", "income", "7654321", now=now + timedelta(days=1))


def test_a_misspelt_name_is_told(tmp_path: Path) -> None:
    with Warehouse() as warehouse:
        told = ingest_bundle(warehouse, bundle(tmp_path / "bundle", "sensitive: [incom, requst_id]")).warnings
    assert any("'incom' is in none of its files; did you mean 'income'?" in warning for warning in told)


@pytest.mark.parametrize("name", ["ts", "event_time", "prediction", "label"])
def test_what_metrics_need_cannot_be_sensitive(name: str) -> None:
    with pytest.raises(ValidationError, match="cannot be sensitive"):
        Node(id="m", kind="model", columns={"ts": "event_time"} if name == "event_time" else {}, sensitive=(name,))
