"""The documents of a bundle in the warehouse: the declared system and the incidents."""

import hashlib
import json
from datetime import UTC, datetime

import duckdb

from rca.bundle import Bundle
from rca.errors import InputError
from rca.ingest.session import Session
from rca.warehouse.store import Warehouse
from schemas.base import Document
from schemas.incident import Incident
from schemas.system import System


def store_documents(session: Session, bundle: Bundle) -> None:
    """Keep the system (a changed one becomes the one in force) and the incidents (by id, the latest wins)."""
    with session.transaction():
        keep_system(session.connection, bundle.system)
        for incident in bundle.incidents:
            session.run("INSERT OR REPLACE INTO incidents VALUES (?, ?)", [incident.id, _json(incident)])


def keep_system(connection: duckdb.DuckDBPyConnection, system: System) -> str:
    """Put a system in force and return its digest; the one that is in force already changes nothing."""
    document = _json(system)
    digest = hashlib.blake2b(document.encode(), digest_size=16).hexdigest()
    latest = connection.execute("SELECT digest, ingest FROM systems ORDER BY ingest DESC LIMIT 1").fetchone()
    if latest is None or digest != latest[0]:
        connection.execute("DELETE FROM systems WHERE digest = ?", [digest])
        number = latest[1] + 1 if latest else 1
        connection.execute("INSERT INTO systems VALUES (?, ?, ?)", [digest, number, document])
    return digest


def declare_system(warehouse: Warehouse, system: System, at: datetime) -> str:
    """Put a system in force from a time on, and return its digest."""
    with warehouse.transaction():
        digest = keep_system(warehouse.connection, system)
        warehouse.connection.execute(
            "INSERT INTO system_times VALUES (?, ?)", [digest, at.astimezone(UTC).replace(tzinfo=None)]
        )
    return digest


def system_at(warehouse: Warehouse, at: datetime) -> System | None:
    """Return the system that was in force at a time; where that is not known, the one in force now."""
    row = warehouse.connection.execute(
        """SELECT document FROM system_times JOIN systems USING (digest) WHERE since <= ?
           ORDER BY since DESC LIMIT 1""",
        [at.astimezone(UTC).replace(tzinfo=None)],
    ).fetchone()
    return System.model_validate_json(row[0]) if row else latest_system(warehouse)


def load_system(warehouse: Warehouse) -> System:
    """Return the system in force.

    Raises
    ------
    InputError
        When no bundle was ingested yet.
    """
    system = latest_system(warehouse)
    if system is None:
        raise InputError("the database holds no system", mend="ingest a bundle first: rca ingest BUNDLE --db FILE")
    return system


def latest_system(warehouse: Warehouse) -> System | None:
    """Return the system in force; None while there is none."""
    row = warehouse.connection.execute("SELECT document FROM systems ORDER BY ingest DESC LIMIT 1").fetchone()
    return System.model_validate_json(row[0]) if row else None


def load_incidents(warehouse: Warehouse) -> tuple[Incident, ...]:
    """Return all incidents, ordered by the time of detection, then id."""
    rows = warehouse.connection.execute("SELECT document FROM incidents").fetchall()
    incidents = [Incident.model_validate_json(row[0]) for row in rows]
    return tuple(sorted(incidents, key=lambda incident: (incident.detected_at, incident.id)))


def _json(document: Document) -> str:
    return json.dumps(document.model_dump(mode="json", by_alias=True, exclude_none=True), sort_keys=True)
