import json
from pathlib import Path

import pytest

from rca.cli import main
from rca.review.registry import all_versions, current
from rca.warehouse import Warehouse
from tests.rca.review.site import review

Captured = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def reviewed(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    db = tmp_path_factory.mktemp("db") / "rca.duckdb"
    with Warehouse(db) as warehouse:
        review(warehouse, range(50))
        review(warehouse, range(60, 66), gold=True)
    return db.read_bytes()


@pytest.fixture
def db(tmp_path: Path, reviewed: bytes) -> Path:
    path = tmp_path / "rca.duckdb"
    path.write_bytes(reviewed)
    return path


def test_what_came_of_it_is_told(db: Path, capsys: Captured) -> None:
    assert main(["train", "--db", str(db)]) == 0
    shown = capsys.readouterr().out
    with Warehouse(db) as warehouse:
        (known,) = all_versions(warehouse)
        assert current(warehouse) == known.version
    assert "50 labelled incidents: 20 to learn from, 30 later ones to compare on. Gold set: 6." in shown
    assert "first answers right, by family" in shown
    assert "AC@1" in shown
    assert f"Kept as {known.version}" in shown
    assert "Promoted: log loss" in shown
    assert main(["train", "--db", str(db)]) == 0
    assert "Nothing new: " in capsys.readouterr().out


def test_a_report_for_programs(db: Path, capsys: Captured) -> None:
    assert main(["train", "--db", str(db), "--json", "--seed", "3"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["outcome"], report["labelled"], report["gold"], report["kept"]) == ("promoted", 50, 6, True)
    assert report["comparison"]["challenger"]["ac1"] > report["comparison"]["current"]["ac1"]
    assert report["on_gold"]["current"]["incidents"] == 6


def test_a_dry_run_keeps_nothing(db: Path, capsys: Captured) -> None:
    assert main(["train", "--db", str(db), "--dry-run"]) == 0
    assert "Promoted (dry run)" in capsys.readouterr().out
    with Warehouse(db) as warehouse:
        assert all_versions(warehouse) == []


def test_too_few_labels_are_no_failure(tmp_path: Path, capsys: Captured) -> None:
    db = tmp_path / "few.duckdb"
    with Warehouse(db) as warehouse:
        review(warehouse, range(3))
    assert main(["train", "--db", str(db)]) == 0
    assert "Nothing was learned: 17 more incidents" in capsys.readouterr().out
    assert main(["train", "--db", str(db), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["comparison"] is None


def test_a_database_that_is_not_there_is_not_made(tmp_path: Path, capsys: Captured) -> None:
    assert main(["train", "--db", str(tmp_path / "none.duckdb")]) == 2
    assert "no such database" in capsys.readouterr().err
    assert not (tmp_path / "none.duckdb").exists()
