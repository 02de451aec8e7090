"""The documents of a bundle in the warehouse: the declared system and the incidents."""

import hashlib
import json

from rca.bundle import Bundle
from rca.errors import InputError
from rca.ingest.session import Session
from rca.warehouse.store import Warehouse
from schemas.base import Document
from schemas.incident import Incident
from schemas.system import System


def store_documents(session: Session, bundle: Bundle) -> None:
    """Keep the system (a changed one becomes the one in force) and the incidents (by id, the latest wins)."""
    document = _json(bundle.system)
    digest = hashlib.blake2b(document.encode(), digest_size=16).hexdigest()
    latest = session.scalar("SELECT digest FROM systems ORDER BY ingest DESC LIMIT 1")
    with session.transaction():
        if digest != latest:
            number = session.scalar("SELECT coalesce(max(ingest), 0) + 1 FROM systems")
            session.run("DELETE FROM systems WHERE digest = ?", [digest])
            session.run("INSERT INTO systems VALUES (?, ?, ?)", [digest, number, document])
        for incident in bundle.incidents:
            session.run("INSERT OR REPLACE INTO incidents VALUES (?, ?)", [incident.id, _json(incident)])


def load_system(warehouse: Warehouse) -> System:
    """Return the system in force.

    Raises
    ------
    InputError
        When no bundle was ingested yet.
    """
    row = warehouse.connection.execute("SELECT document FROM systems ORDER BY ingest DESC LIMIT 1").fetchone()
    if row is None:
        raise InputError("the database holds no system", mend="ingest a bundle first: rca ingest BUNDLE --db FILE")
    return System.model_validate_json(row[0])


def load_incidents(warehouse: Warehouse) -> tuple[Incident, ...]:
    """Return all incidents, ordered by the time of detection, then id."""
    rows = warehouse.connection.execute("SELECT document FROM incidents").fetchall()
    incidents = [Incident.model_validate_json(row[0]) for row in rows]
    return tuple(sorted(incidents, key=lambda incident: (incident.detected_at, incident.id)))


def _json(document: Document) -> str:
    return json.dumps(document.model_dump(mode="json", by_alias=True, exclude_none=True), sort_keys=True)
