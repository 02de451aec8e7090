"""All incidents of a database in several processes: the answers of one."""

import json
import shutil
from pathlib import Path

import pytest

from rca.analyse import analyse_database
from rca.errors import InputError
from rca.ingest import ingest_bundle
from rca.many import analyse_many
from rca.warehouse import Warehouse

EXAMPLE = Path(__file__).parents[2] / "examples" / "card-fraud"


@pytest.fixture
def db(tmp_path):
    bundle = tmp_path / "bundle"
    shutil.copytree(EXAMPLE, bundle)
    first = json.loads((bundle / "incident.json").read_text(encoding="utf-8"))
    (bundle / "incident.json").unlink()
    lines = [json.dumps({**first, "id": f"inc-{k}"}) for k in range(10)]
    (bundle / "incidents.jsonl").write_text("\n".join(lines), encoding="utf-8")
    with Warehouse(tmp_path / "rca.duckdb") as warehouse:
        ingest_bundle(warehouse, bundle)
    return tmp_path / "rca.duckdb"


def test_processes_give_the_answers_of_one(db, tmp_path):
    copy = shutil.copy(db, tmp_path / "copy.duckdb")
    alone = analyse_database(Path(copy))
    together = analyse_many(db, 2)
    assert [a.id for a in together] == [a.id for a in alone]
    with Warehouse(db) as warehouse:
        assert warehouse.connection.execute("SELECT count(*) FROM analyses").fetchall() == [(10,)]


def test_what_is_not_there_is_told(tmp_path):
    with pytest.raises(InputError, match="no such database"):
        analyse_many(tmp_path / "none.duckdb", 2)
    Warehouse(tmp_path / "empty.duckdb").close()
    with pytest.raises(InputError, match="no incident to explain"):
        analyse_many(tmp_path / "empty.duckdb", 2)


def test_a_snapshot_is_for_reading(db):
    with Warehouse.snapshot(db) as one, Warehouse.snapshot(db) as other:
        assert one.connection.execute("SELECT count(*) FROM incidents").fetchall() == [(10,)]
        with pytest.raises(Exception, match="read-only"):
            other.connection.execute("DELETE FROM incidents")
