"""Whatever is wrong with the registry, an analysis has a ranker at once, says so, and what is left is listed."""

import time
from pathlib import Path

import pytest

from rca.cli import main
from rca.review.choice import choose
from rca.review.registry import all_versions, promote
from rca.warehouse import Warehouse
from tests.rca.review.rankers import kept

LOOSE = """
CREATE TABLE loose AS SELECT * REPLACE (figures::VARCHAR AS figures, comparison::VARCHAR AS comparison) FROM rankers;
DROP TABLE rankers;
ALTER TABLE loose RENAME TO rankers;
"""
"""The same rows without the constraints that would keep damage out."""

DAMAGE = {
    "figures that are no JSON": "UPDATE rankers SET figures = '{\"ac1\":' WHERE version = 'site-2'",
    "figures of another shape": "UPDATE rankers SET figures = '[1]' WHERE version = 'site-2'",
    "a comparison that is no JSON": "UPDATE rankers SET comparison = 'x' WHERE version = 'site-2'",
    "deep nesting": "UPDATE rankers SET figures = repeat('[', 100000) WHERE version = 'site-2'",
    "no checksum": "UPDATE rankers SET sha256 = NULL WHERE version = 'site-2'",
    "no document": "UPDATE rankers SET document = NULL WHERE version = 'site-2'",
    "an empty document": "UPDATE rankers SET document = '' WHERE version = 'site-2'",
    "no parent": "UPDATE rankers SET parent = NULL WHERE version = 'site-2'",
    "an unknown parent": "UPDATE rankers SET parent = 'site-0' WHERE version = 'site-2'",
    "an unknown state": "UPDATE rankers SET state = 'x' WHERE version = 'site-2'",
    "no time": "UPDATE rankers SET learned_at = NULL WHERE version = 'site-2'",
    "no incidents": "UPDATE rankers SET incidents = NULL WHERE version = 'site-2'",
    "no training set": "UPDATE rankers SET training_hash = NULL WHERE version = 'site-2'",
}


@pytest.fixture
def db(tmp_path: Path) -> Path:
    path = tmp_path / "rca.duckdb"
    with Warehouse(path) as warehouse:
        for hours, version in enumerate(("site-1", "site-2")):
            promote(warehouse, kept(warehouse, version, hours=hours), "ada")
        warehouse.connection.execute(LOOSE)
    return path


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_entry_gives_way_to_the_heuristic(db: Path, damage: str, capsys: pytest.CaptureFixture[str]) -> None:
    with Warehouse(db) as warehouse:
        warehouse.connection.execute(DAMAGE[damage])
        started = time.perf_counter()
        chosen = choose(warehouse)
        assert time.perf_counter() - started < 1.0
        assert chosen.info.kind == "heuristic"
        assert "site-2 cannot be used" in chosen.warnings[0]
        assert {each.version: bool(each.damage) for each in all_versions(warehouse)}["site-1"] is False
    assert main(["rankers", "list", "--db", str(db)]) == 0
    shown = capsys.readouterr().out
    assert "site-1" in shown
    assert "site-2" in shown
    assert main(["rankers", "show", "site-2", "--db", str(db)]) == 0


def test_a_current_one_that_is_not_there_gives_way_too(db: Path) -> None:
    with Warehouse(db) as warehouse:
        warehouse.connection.execute("DELETE FROM rankers WHERE version = 'site-2'")
        chosen = choose(warehouse)
        assert (chosen.info.kind, len(chosen.warnings)) == ("heuristic", 1)
        assert choose(warehouse, "supervised").info.version == "pretrained-1"


@pytest.mark.parametrize("table", ["rankers", "ranker_events"])
def test_a_table_that_cannot_be_read_gives_way_too(db: Path, table: str) -> None:
    with Warehouse(db) as warehouse:
        warehouse.connection.execute(f"DROP TABLE {table}")
        chosen = choose(warehouse)
        assert (chosen.info.kind, len(chosen.warnings)) == ("heuristic", 1)


def test_one_that_is_read_beside_a_writer_is_refused_all_the_same(db: Path) -> None:
    """The reader cannot note it, for the writer holds the row."""
    with Warehouse(db) as warehouse:
        warehouse.connection.execute("UPDATE rankers SET sha256 = 'x' WHERE version = 'site-2'")
        reader = warehouse.reader()
        with warehouse.transaction():
            warehouse.connection.execute("UPDATE rankers SET reason = 'written now' WHERE version = 'site-2'")
            assert choose(reader).info.kind == "heuristic"
