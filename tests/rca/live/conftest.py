"""A store over a database of the test's own, and deliveries to it."""

import json
import uuid
from datetime import UTC, datetime

import pytest

from rca.ingest.documents import declare_system
from rca.live import Delivery, Store
from rca.live.delivery import Lines
from schemas.system import System

NOW = datetime(2026, 3, 10, tzinfo=UTC)
SYSTEM = System.model_validate({"nodes": [{"id": "rate", "kind": "kpi"}, {"id": "scorer", "kind": "model"}]})


def delivery(number, *, key=None, source="kpis", rows=1, digest=None):
    """Return rows of a metric that the number tells apart."""
    line = {"node": "rate", "metric": f"m{number}", "ts": "2026-03-04T10:00:00Z"}
    lines = [line | {"value": float(row)} for row in range(rows)]
    return Delivery(
        id=uuid.uuid4().hex,
        key=key or f"key-{number}",
        digest=digest or f"digest-{number}",
        source=source,
        content=Lines([json.dumps(line).encode() for line in lines]),
        node=None,
        received_at=NOW,
    )


def land(store, *deliveries):
    """Return the receipts once all is on disk."""
    return [future.result(30) for future in [store.land(one) for one in deliveries]]


def metrics(store):
    """Return how many rows there are of each metric."""
    with store.reading() as warehouse:
        return dict(warehouse.connection.execute("SELECT metric, count(*) FROM kpis GROUP BY metric").fetchall())


@pytest.fixture
def db(tmp_path):
    return tmp_path / "rca.duckdb"


@pytest.fixture
def open_store(db):
    """Return a function that opens the store; what is open at the end is closed."""
    opened = []

    def open_it(**more):
        store = Store(db, **more)
        opened.append(store)
        with store.reading() as warehouse:
            declared = warehouse.connection.execute("SELECT count(*) FROM systems").fetchone()[0]
        if not declared:
            store.write(lambda warehouse: declare_system(warehouse, SYSTEM, NOW)).result(30)
        return store

    yield open_it
    for store in opened:
        if store._writer._thread.is_alive():
            store.close()


@pytest.fixture
def store(open_store):
    return open_store()
