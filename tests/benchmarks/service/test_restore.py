"""A backup that is taken while rows are landed answers as the service did."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from api.decode.delivery import delivery
from api.decode.rows import decode_rows
from benchmarks.service import bodies, flat
from benchmarks.service.load import stored
from rca.analyse import analyse_database
from rca.live.store import Store
from rca.warehouse import Warehouse
from rca.warehouse.backup import back_up, restore
from schemas.incident import Incident

INCIDENT = Incident(id="i", node=flat.NODE, metric="brier", detected_at=flat.END - timedelta(days=flat.FAULT_DAYS - 1))


def ranking(db: Path) -> list[tuple[object, ...]]:
    (answer,) = analyse_database(db, incident=INCIDENT)
    return [(cause.family, cause.node, cause.subject, cause.confidence, cause.impact) for cause in answer.causes]


def test_a_backup_under_ingest_gives_the_same_ranking(tmp_path: Path) -> None:
    db, copy, restored = (tmp_path / name for name in ("rca.duckdb", "rca.backups", "restored.duckdb"))
    stored(db, 20_000)
    store = Store(db)
    sent = bodies.make("arrow", 0, 6)
    waiting = [
        store.land(
            delivery(
                "predictions",
                decode_rows(body, headers["Content-Type"], count, 10**8),
                body,
                datetime.now(UTC),
                node="scorer",
                key=headers["Idempotency-Key"],
            )
        )
        for _, headers, body, count in sent
    ]
    waiting[0].result(60)
    with store.reading() as warehouse:
        manifest = back_up(warehouse, copy / "now")
    assert [future.result(60).rows for future in waiting] == [bodies.ROWS] * 6
    store.close()
    assert restore(copy / "now", restored) == manifest
    with Warehouse(restored) as warehouse:
        kept = warehouse.connection.execute("SELECT count(*), count(DISTINCT _file) FROM predictions_2").fetchone()
        landed = warehouse.connection.execute("SELECT count(*) FROM deliveries").fetchone()
    assert kept is not None
    assert landed is not None
    assert kept == (landed[0] * bodies.ROWS, landed[0])
    first = ranking(db)
    assert first[0][:3] == ("data_quality", "feed", "f0")
    assert ranking(restored) == first
