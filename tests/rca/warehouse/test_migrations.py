"""Older layouts, as they really were, are carried forward whole or not at all; a newer one is not touched."""

import hashlib
from pathlib import Path

import duckdb
import pytest

from rca.errors import WarehouseError
from rca.warehouse import Warehouse
from rca.warehouse.migrations import MIGRATIONS, Migration, carry_forward
from rca.warehouse.tables import SCHEMA_VERSION

LAYOUTS = Path(__file__).parents[2] / "data" / "layouts"
OLD = sorted(int(path.stem) for path in LAYOUTS.glob("*.sql"))
FILLED = """
INSERT INTO incidents VALUES ('inc-1', '{}');
INSERT INTO files (source, node, path, digest, rows, quarantined) VALUES ('predictions', 'm', 'a.csv', 'd', 2, 0);
INSERT INTO prediction_tables VALUES ('m', 'predictions_1', 'binary');
INSERT INTO profile VALUES ('m', '', 'production', 'x', '', TIMESTAMP '2026-03-01', 0, 2, 0,
                            1, 1, 1, 1, NULL, NULL, NULL, NULL);
"""


def old(path: Path, version: int) -> Path:
    with duckdb.connect(str(path)) as connection:
        connection.execute((LAYOUTS / f"{version}.sql").read_text(encoding="utf-8"))
        connection.execute(FILLED)
    return path


def layout(connection: duckdb.DuckDBPyConnection) -> list[tuple]:
    return connection.execute(
        "SELECT table_name, column_name, data_type, is_nullable FROM duckdb_columns() WHERE NOT internal ORDER BY ALL"
    ).fetchall()


def digests(path: Path) -> dict[str, str]:
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in path.parent.glob(f"{path.name}*")}


@pytest.mark.parametrize("version", OLD)
def test_an_old_layout_becomes_that_of_the_code_with_all_it_holds(version: int, tmp_path: Path) -> None:
    with Warehouse() as fresh, Warehouse(old(tmp_path / "old.duckdb", version)) as carried:
        assert layout(carried.connection) == layout(fresh.connection)
        kept = carried.connection.execute(
            "SELECT (SELECT id FROM incidents), (SELECT path FROM files), (SELECT n FROM profile), "
            "(SELECT value FROM meta WHERE key = 'schema_version')"
        ).fetchone()
    assert kept == ("inc-1", "a.csv", 2, str(SCHEMA_VERSION))


@pytest.mark.parametrize("version", OLD)
def test_a_migration_that_fails_leaves_the_old_layout(version: int, tmp_path: Path) -> None:
    path = old(tmp_path / "old.duckdb", version)
    with duckdb.connect(str(path)) as connection:
        before = layout(connection)
        failing = (
            Migration(version + 1, "ALTER TABLE incidents ADD COLUMN new VARCHAR"),
            Migration(version + 1, "SELECT * FROM nowhere"),
        )
        with pytest.raises(duckdb.CatalogException):
            carry_forward(connection, failing)
        assert layout(connection) == before
    Warehouse(path).close()


def test_a_migration_runs_once_and_only_on_older_databases(tmp_path: Path) -> None:
    steps = (
        Migration(1, "ALTER TABLE incidents ADD COLUMN never VARCHAR"),
        Migration(2, "ALTER TABLE incidents ADD COLUMN once VARCHAR"),
    )
    with duckdb.connect(str(old(tmp_path / "old.duckdb", 1))) as connection:
        carry_forward(connection, steps)
        carry_forward(connection, steps)
        added = connection.execute("DESCRIBE incidents").fetchall()
    assert [column for column, *_ in added] == ["id", "document", "once"]
    with duckdb.connect() as connection:
        carry_forward(connection, steps)  # a new database has the layout of the code already
        assert len(connection.execute("DESCRIBE incidents").fetchall()) == 2


def test_migrations_are_in_order() -> None:
    versions = [migration.version for migration in MIGRATIONS]
    assert versions == sorted(versions)
    assert all(1 < version <= SCHEMA_VERSION for version in versions)


def test_a_newer_database_is_left_as_it_is_to_the_byte_with_its_unfinished_log(tmp_path: Path) -> None:
    path = tmp_path / "newer.duckdb"
    Warehouse(path).close()
    with duckdb.connect(str(path)) as connection:
        connection.execute("UPDATE meta SET value = ? WHERE key = 'schema_version'", [str(SCHEMA_VERSION + 1)])
        connection.execute("CHECKPOINT")
        connection.execute("INSERT INTO meta VALUES ('other', 'in the log')")
        for part in (path, Path(f"{path}.wal")):  # as a crash leaves them
            (tmp_path / f"crashed{part.name.removeprefix('newer')}").write_bytes(part.read_bytes())
    for kept in (path, tmp_path / "crashed.duckdb"):
        before = digests(kept)
        with pytest.raises(WarehouseError, match=f"newer than this program's {SCHEMA_VERSION}; upgrade rca"):
            Warehouse(kept)
        assert digests(kept) == before
    assert (tmp_path / "crashed.duckdb.wal").exists()


def test_a_file_that_is_no_database_is_refused_untouched(tmp_path: Path) -> None:
    path = tmp_path / "notes.duckdb"
    path.write_text("not a database" * 1000, encoding="utf-8")
    before = digests(path)
    with pytest.raises(WarehouseError, match="cannot open the database"):
        Warehouse(path)
    assert digests(path) == before
