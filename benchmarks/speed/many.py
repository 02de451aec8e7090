"""Many systems in one database: a wide catalogue of models, and many open incidents."""

import json
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

from rca.analyse import analyse_database
from rca.ingest import ingest_bundle
from rca.many import analyse_many
from rca.profile import update_profile
from rca.warehouse import Warehouse

EXAMPLE = Path(__file__).parents[2] / "examples" / "card-fraud"


def _landed(place: Path, incidents: int) -> Path:
    """Land the example with its incident so many times; return the database."""
    bundle = place / "bundle"
    shutil.copytree(EXAMPLE, bundle)
    first = json.loads((bundle / "incident.json").read_text(encoding="utf-8"))
    (bundle / "incident.json").unlink()
    lines = [json.dumps({**first, "id": f"inc-{k}"}) for k in range(incidents)]
    (bundle / "incidents.jsonl").write_text("\n".join(lines), encoding="utf-8")
    with Warehouse(place / "rca.duckdb") as warehouse:
        ingest_bundle(warehouse, bundle)
        update_profile(warehouse)
    return place / "rca.duckdb"


def all_of(incidents: int, jobs: int) -> dict[str, Any]:
    """Return the seconds that all answers take."""
    with tempfile.TemporaryDirectory() as folder:
        db = _landed(Path(folder), incidents)
        begun = time.perf_counter()
        found = analyse_many(db, jobs)
        took = time.perf_counter() - begun
    return {"wall_s": round(took, 2), "incidents_per_second": round(len(found) / took, 2), "result": len(found)}


def one_of(models: int, columns: int) -> dict[str, Any]:
    """Return what one answer takes alone, and in a database that also knows so many models of so many columns."""
    with tempfile.TemporaryDirectory() as folder:
        db = _landed(Path(folder), 1)
        alone = _seconds(db)
        with Warehouse(db) as warehouse:
            _fill(warehouse, models, columns)
        crowded = _seconds(db)
        return {"alone_s": alone, "wall_s": crowded, "file_mb": db.stat().st_size // 2**20}


def _seconds(db: Path) -> float:
    analyse_database(db)
    begun = time.perf_counter()
    analyse_database(db)
    return round(time.perf_counter() - begun, 2)


def _fill(warehouse: Warehouse, models: int, columns: int) -> None:
    """Register models with their columns, bins and the cells of an hour, as their logs would have."""
    run = warehouse.connection.execute
    crowd = f"(SELECT 'model-' || m AS node, 'f' || c AS column_name FROM range({models}) a(m), range({columns}) b(c))"
    run(f"INSERT INTO prediction_tables SELECT 'model-' || m, 'predictions_x' || m, 'binary' FROM range({models}) a(m)")
    run(
        "INSERT INTO prediction_columns SELECT node, column_name, column_name, 'feature', 'numeric', 'DOUBLE' "
        f"FROM {crowd}"
    )
    run(
        f"""INSERT INTO bins SELECT node, column_name, '', 'numeric', k, 'range', k, k + 1, NULL
            FROM {crowd}, range(4) r(k)"""
    )
    run(
        f"""INSERT INTO profile
            SELECT node, 'v1', 'production', column_name, '', TIMESTAMP '2026-03-04', k, 100, 90,
                   1, 1, 50, 30, 20, 20, 10, 5 FROM {crowd}, range(4) r(k)"""
    )
