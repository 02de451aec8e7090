"""Backups, retention and erasure over HTTP."""

from pathlib import Path
from typing import Any

import pytest

from rca.live.store import Store
from rca.warehouse import Warehouse
from rca.warehouse.backup import restore
from tests.api.doors.house import House

SUBJECT = {"node": "scorer", "column": "user_id", "value": "secret-user-17"}
SYSTEM = {"nodes": [{"id": "scorer", "kind": "model", "task": "binary"}], "edges": []}


@pytest.fixture
def filled(house: House) -> House:
    fill(house)
    return house


def fill(house: House) -> None:
    rows = [
        {
            "ts": f"2026-03-0{1 + n % 3}T{n % 24:02}:00:00Z",
            "request_id": str(n),
            "prediction": 0.5,
            "user_id": SUBJECT["value"] if n == 7 else f"u-{n}",
        }
        for n in range(60)
    ]
    assert house.client.put("/v1/system", json=SYSTEM).status_code == 200
    assert house.client.post("/v1/predictions?node=scorer", json=rows).status_code == 200


def ended(house: House, answer: Any) -> dict[str, Any]:
    """Return the job that an answer tells of, once it has ended."""
    assert answer.status_code in (200, 202), answer.text
    job = house.service.jobs.wait(answer.json()["id"], 30)
    assert job.state == "done", job.error
    return house.client.get(f"/v1/jobs/{job.id}").json()["result"]


def test_a_backup_is_made_where_the_server_says_and_restores(filled: House, tmp_path: Path) -> None:
    made = ended(filled, filled.client.post("/v1/data:backup"))
    listed = filled.client.get("/v1/data/backups").json()
    assert [each["name"] for each in listed] == [made["name"]]
    assert listed[0]["rows"] > 60
    folder = filled.service.store.backups
    assert folder == tmp_path / "rca.backups"
    restore(folder / made["name"], tmp_path / "again.duckdb")
    with Warehouse(tmp_path / "again.duckdb") as warehouse:
        rows = warehouse.connection.execute("SELECT sum(rows) FROM deliveries").fetchone()
    assert rows == (60,)


def test_the_client_cannot_say_where_a_backup_goes(filled: House, tmp_path: Path) -> None:
    ended(filled, filled.client.post("/v1/data:backup?to=/tmp/x", json={"to": str(tmp_path / "elsewhere")}))
    assert not (tmp_path / "elsewhere").exists()


def test_old_rows_are_rolled_up(filled: House) -> None:
    dry = ended(filled, filled.client.post("/v1/data:retain", json={"raw_days": 2, "dry_run": True}))
    assert (dry["dry_run"], dry["rows"]) == (True, {"scorer": 32})
    done = ended(filled, filled.client.post("/v1/data:retain", json={"raw_days": 2}))
    assert done["rows"] == {"scorer": 32}
    again = ended(filled, filled.client.post("/v1/data:retain", json={"raw_days": 2, "keep_open": False}))
    assert again["rows"] == {"scorer": 0}


@pytest.mark.parametrize("how", [{"raw_days": 0}, {"days": 3}, {"raw_days": "x"}, []])
def test_retention_that_cannot_be_used(filled: House, how: Any) -> None:
    assert filled.client.post("/v1/data:retain", json=how).status_code == 422


def test_a_subject_leaves_no_trace(tmp_path: Path) -> None:
    with House(tmp_path / "rca.duckdb") as house:
        fill(house)
        assert held(tmp_path)  # else the end of this test would show nothing
        dry = ended(house, house.client.post("/v1/data:erase", json=SUBJECT | {"dry_run": True}))
        assert (dry["rows"], dry["left_in"]) == (1, [])
        done = ended(house, house.client.post("/v1/data:erase", json=SUBJECT))
        assert done["rows"] == 1
        assert any("started again" in place for place in done["left_in"])
    Store(tmp_path / "rca.duckdb").close()
    assert (tmp_path / "rca.duckdb").stat().st_size > 0
    assert held(tmp_path) == []


def held(folder: Path) -> list[str]:
    """Return the files that hold the subject's name."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return [path.name for path in files if SUBJECT["value"].encode() in path.read_bytes()]


def test_neither_jobs_nor_audit_say_whose_rows_were_erased(filled: House) -> None:
    ended(filled, filled.client.post("/v1/data:erase", json=SUBJECT))
    assert SUBJECT["value"] not in filled.client.get("/v1/jobs").text
    assert SUBJECT["value"] not in filled.client.get("/v1/audit").text
    assert "erase a subject of scorer" in filled.client.get("/v1/audit").text


def test_an_erasure_that_the_end_of_the_service_cut_off_says_so(house: House) -> None:
    job = house.service.jobs.start("erase", SUBJECT | {"subject": "gone", "dry_run": False}, "ana")
    ended_job = house.service.jobs.wait(job.id, 10)
    assert (ended_job.state, "ask for it again" in (ended_job.error or "")) == ("failed", True)


@pytest.mark.parametrize("scope", ["ingest", "read", "review", "train"])
def test_only_who_administers_may(shut: House, scope: str) -> None:
    headers = shut.bearer(scope)
    for method, path in (
        ("POST", "/v1/data:backup"),
        ("GET", "/v1/data/backups"),
        ("POST", "/v1/data:retain"),
        ("POST", "/v1/data:erase"),
        ("GET", "/v1/audit"),
    ):
        assert shut.client.request(method, path, headers=headers, json={}).status_code == 403
