import json
from pathlib import Path

import pytest

from rca.cli import main
from rca.review.registry import BUILT_IN, HEURISTIC, current, events
from rca.review.training import train
from rca.warehouse import Warehouse
from tests.rca.review.rankers import kept, tamper
from tests.rca.review.site import review

Captured = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, str]:
    """Return a database with a trained, current ranker and a candidate that is worse; and the current one's name."""
    db = tmp_path_factory.mktemp("db") / "rca.duckdb"
    with Warehouse(db) as warehouse:
        kept(warehouse, "site-worse", not_worse=False)
        review(warehouse, range(50))
        version = train(warehouse, who="ada").version
    return db.read_bytes(), version


@pytest.fixture
def db(tmp_path: Path, trained: tuple[bytes, str]) -> Path:
    path = tmp_path / "rca.duckdb"
    path.write_bytes(trained[0])
    return path


@pytest.fixture
def version(trained: tuple[bytes, str]) -> str:
    return trained[1]


def run(*words: object) -> int:
    return main(["rankers", *map(str, words)])


def answering(db: Path) -> str:
    with Warehouse(db) as warehouse:
        return current(warehouse)


def test_list_marks_the_current_one_and_names_the_built_in(db: Path, version: str, capsys: Captured) -> None:
    assert run("list", "--db", db) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[1] for line in lines if line.startswith("*")] == [version]
    assert all(any(name in line for line in lines) for name in ("site-worse", *BUILT_IN))
    assert run("list", "--db", db, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["current"] == version
    states = {row["version"]: row["state"] for row in found["rankers"]}
    assert states == dict.fromkeys(BUILT_IN, "built in") | {version: "current", "site-worse": "candidate"}


def test_show_is_the_data_sheet(db: Path, version: str, capsys: Captured) -> None:
    assert run("show", version, "--db", db, "--json") == 0
    sheet = json.loads(capsys.readouterr().out)
    assert (sheet["incidents"], sheet["current"], sheet["damage"]) == (50, True, None)
    assert sheet["parent"] in BUILT_IN
    assert next(iter(sheet["features"])) == "hint"
    assert sum(sheet["features"].values()) == pytest.approx(1.0)
    assert sheet["training_hash"] == sheet["about"]["training"]["hash"]
    assert [event["what"] for event in sheet["events"]] == ["kept", "promoted"]
    assert run("show", version, "--db", db) == 0
    shown = capsys.readouterr().out
    for text in (sheet["training_hash"], "50 labelled incidents", "hint", "AC@1", "promoted by ada"):
        assert text in "".join(shown.split("\n")) or text in shown


@pytest.mark.parametrize("name", BUILT_IN)
def test_show_knows_the_built_in_ones(db: Path, name: str, capsys: Captured) -> None:
    assert run("show", name, "--db", db) == 0
    assert name in capsys.readouterr().out


def test_show_says_that_one_is_damaged(db: Path, version: str, capsys: Captured) -> None:
    with Warehouse(db) as warehouse:
        tamper(warehouse, version)
    assert run("show", version, "--db", db) == 0
    assert "checksum is not the recorded one" in " ".join(capsys.readouterr().out.split())


def test_rollback_and_promote(db: Path, version: str, capsys: Captured) -> None:
    assert run("rollback", "--db", db, "--reason", "missed inc-42", "--who", "bob") == 0
    before = answering(db)
    assert before in BUILT_IN
    assert f"{before} answers from now on" in capsys.readouterr().out
    assert run("promote", version, "--db", db, "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"current": version}
    assert answering(db) == version
    with Warehouse(db) as warehouse:
        back = next(event for event in events(warehouse) if event.what == "rolled_back")
    assert (back.version, back.who, back.reason) == (before, "bob", "missed inc-42")


def test_one_that_is_worse_is_promoted_by_force_only(db: Path, version: str, capsys: Captured) -> None:
    assert run("promote", "site-worse", "--db", db) == 2
    assert "--force" in capsys.readouterr().err
    assert run("promote", "site-worse", "--db", db, "--force") == 2
    assert "--reason" in capsys.readouterr().err
    assert answering(db) == version
    assert run("promote", "site-worse", "--db", db, "--force", "--reason", "a test") == 0
    assert answering(db) == "site-worse"


def test_what_cannot_be_done_is_said(db: Path, tmp_path: Path, capsys: Captured) -> None:
    assert run("promote", "sit-worse", "--db", db) == 2
    assert "did you mean 'site-worse'" in capsys.readouterr().err
    assert run("promote", HEURISTIC, "--db", db) == 0
    assert run("list", "--db", tmp_path / "none.duckdb") == 2
    assert run("lst") == 2
    assert '"list"' in capsys.readouterr().err
