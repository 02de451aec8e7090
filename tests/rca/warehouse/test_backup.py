"""A backup is of one moment and whole, or refused by the name of what is damaged; what is restored ranks alike."""

import json
import threading
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from rca.analyse import analyse_bundle, analyse_database
from rca.cli import main
from rca.errors import InputError, WarehouseError
from rca.warehouse import Warehouse
from rca.warehouse.backup import back_up, check_backup, restore
from rca.warehouse.tables import SCHEMA_VERSION

EXAMPLE = Path(__file__).parents[3] / "examples" / "card-fraud"
NOW = datetime(2026, 3, 4, tzinfo=UTC)
Captured = pytest.CaptureFixture[str]


@pytest.fixture
def db(tmp_path: Path) -> Path:
    path = tmp_path / "rca.duckdb"
    with Warehouse(path) as warehouse:
        warehouse.connection.execute("INSERT INTO incidents VALUES ('inc-1', '{}'), ('inc-2', '{}')")
        warehouse.connection.execute('CREATE TABLE "odd "" name" AS SELECT \'x\' || range AS v FROM range(5000)')
        warehouse.connection.execute("SELECT nextval('file_ids') FROM range(7)")
    return path


def test_the_restored_database_ranks_identically(tmp_path: Path) -> None:
    db, copy = tmp_path / "rca.duckdb", tmp_path / "again.duckdb"
    analyse_bundle(EXAMPLE, db=db)
    before = analyse_database(db)
    with Warehouse(db) as warehouse:
        back_up(warehouse, tmp_path / "backup")
    restore(tmp_path / "backup", copy)
    after = analyse_database(copy)
    untimed = {"timings_ms": {}}
    assert [a.model_copy(update=untimed) for a in after] == [a.model_copy(update=untimed) for a in before]
    assert after[0].causes


@pytest.mark.parametrize("place", ["backup", "copy.duckdb"])
def test_all_is_there_again_sequences_and_keys_too(db: Path, tmp_path: Path, place: str) -> None:
    with Warehouse(db) as warehouse:
        made = back_up(warehouse, tmp_path / place, taken_at=NOW)
        rows = warehouse.connection.execute("SELECT * FROM incidents").fetchall()
    assert (made.schema_version, made.taken_at) == (SCHEMA_VERSION, "2026-03-04T00:00:00+00:00")
    assert (made.tables["incidents"], made.tables['odd " name']) == (2, 5000)
    assert check_backup(tmp_path / place) == made
    restore(tmp_path / place, tmp_path / "deep" / "new.duckdb")
    with Warehouse(tmp_path / "deep" / "new.duckdb") as again:
        assert again.connection.execute("SELECT * FROM incidents").fetchall() == rows
        assert again.connection.execute("SELECT nextval('file_ids')").fetchone() == (8,)
        with pytest.raises(duckdb.ConstraintException):
            again.connection.execute("INSERT INTO incidents VALUES ('inc-1', '{}')")


def test_a_backup_is_of_one_moment_while_others_write(db: Path, tmp_path: Path) -> None:
    with Warehouse(db) as warehouse:
        warehouse.connection.execute("CREATE TABLE a (i BIGINT); CREATE TABLE b (i BIGINT)")
        done = threading.Event()

        def write() -> None:
            with warehouse.connection.cursor() as writer:
                for i in range(100_000):
                    if done.is_set():
                        return
                    writer.execute(f"BEGIN; INSERT INTO a VALUES ({i}); INSERT INTO b VALUES ({i}); COMMIT")

        thread = threading.Thread(target=write)
        thread.start()
        made = [back_up(warehouse, tmp_path / f"backup-{k}") for k in range(3)]
        done.set()
        thread.join()
    assert all(one.tables["a"] == one.tables["b"] for one in made)


def test_what_is_there_is_not_replaced_unless_told(db: Path, tmp_path: Path) -> None:
    with Warehouse(db) as warehouse:
        back_up(warehouse, tmp_path / "backup")
        with pytest.raises(InputError, match="there is a backup already"):
            back_up(warehouse, tmp_path / "backup")
        warehouse.connection.execute("DELETE FROM incidents")
    with pytest.raises(InputError, match="there is a database already"):
        restore(tmp_path / "backup", db)
    restore(tmp_path / "backup", db, replace=True)
    with Warehouse(db) as warehouse:
        assert warehouse.connection.execute("SELECT count(*) FROM incidents").fetchone() == (2,)


@pytest.mark.parametrize(
    ("harm", "told"),
    [
        (lambda folder: (folder / "manifest.json").unlink(), r"manifest\.json: the backup has no manifest"),
        (lambda folder: (folder / "rca.duckdb").unlink(), r"rca\.duckdb: the backup has no database"),
        (lambda folder: (folder / "manifest.json").write_text("{"), r"manifest\.json: the manifest is damaged"),
        (lambda folder: flip(folder / "rca.duckdb"), r"rca\.duckdb: the backup is damaged"),
        (lambda folder: cut(folder / "rca.duckdb"), r"rca\.duckdb: the backup is damaged"),
        (lambda folder: edit(folder, schema_version=SCHEMA_VERSION + 1), "made by a newer program; upgrade rca"),
        (lambda folder: edit(folder, tables={}), r"rca\.duckdb: not the rows that were counted"),
    ],
)
def test_a_damaged_backup_is_refused_by_name(db: Path, tmp_path: Path, harm, told: str) -> None:
    with Warehouse(db) as warehouse:
        back_up(warehouse, tmp_path / "backup")
    harm(tmp_path / "backup")
    with pytest.raises(InputError, match=told):
        restore(tmp_path / "backup", tmp_path / "new.duckdb")
    assert list(tmp_path.glob("new.duckdb*")) == []


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-4096])


def edit(folder: Path, **changes: object) -> None:
    path = folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_a_backup_that_cannot_be_written_leaves_nothing(db: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with Warehouse(db) as warehouse:
        warehouse.confine([tmp_path / "allowed"])
        with pytest.raises(WarehouseError, match="cannot write to"):
            back_up(warehouse, tmp_path / "elsewhere")
        back_up(warehouse, tmp_path / "allowed" / "backup")
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_the_commands(db: Path, tmp_path: Path, capsys: Captured) -> None:
    backup, new = str(tmp_path / "backup"), str(tmp_path / "new.duckdb")
    assert main(["backup", "--db", str(db), "--to", backup, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["tables"]["incidents"] == 2
    assert main(["restore", backup, "--db", new]) == 0
    assert "Next: rca analyze --db" in capsys.readouterr().out
    assert main(["restore", backup, "--db", new]) == 2
    assert main(["restore", backup, "--db", new, "--force", "--json"]) == 0
    assert main(["backup", "--db", str(tmp_path / "none.duckdb"), "--to", backup]) == 2
