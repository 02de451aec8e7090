"""Land the files of one batch in one transaction, and say of each delivery what became of its rows."""

from collections.abc import Sequence
from datetime import UTC
from itertools import accumulate
from pathlib import Path
from typing import Any

from rca.ingest.changes import land_changes
from rca.ingest.documents import latest_system
from rca.ingest.files import SourceFile
from rca.ingest.histograms import land_histograms
from rca.ingest.kpis import land_kpis
from rca.ingest.landing import LandFile, land_file
from rca.ingest.lineage import land_lineage
from rca.ingest.predictions import land_predictions
from rca.ingest.session import Session
from rca.ingest.traces import land_traces
from rca.live.delivery import Receipt
from rca.live.spool import Part, Spooled
from rca.warehouse import Warehouse
from schemas.system import Node, System

SOURCES: dict[str, LandFile] = {
    "histograms": land_histograms,
    "traces": land_traces,
    "kpis": land_kpis,
    "changes": land_changes,
    "lineage": land_lineage,
}
RECEIPT = "id, source, node, received_at, batch, rows, quarantined, reasons"
NOBODY = System(nodes=(Node(id="undeclared", kind="service"),))
"""Stands for the system while none is declared."""


def land_batch(warehouse: Warehouse, folder: Path, batch: int, files: Sequence[Spooled]) -> dict[str, Receipt]:
    """Land files inside the caller's transaction, and enter their deliveries.

    Returns
    -------
    dict
        Delivery -> its receipt.

    Raises
    ------
    Undone
        When a file cannot be landed: the whole transaction is to be rolled back then.
    """
    session = Session(warehouse.connection, folder, latest_system(warehouse) or NOBODY, enclosed=True)
    receipts: dict[str, Receipt] = {}
    for place, file in enumerate(files):
        source = SourceFile(file.path, _name(file, batch, place), _digest(file))
        if file.source == "predictions":
            land_predictions(session, file.node or "", [source])
        else:
            land_file(session, file.source, source, SOURCES[file.source])
        for part, count, reasons in _set_aside(session, source, file.parts):
            receipts[part.id] = _enter(session, batch, part, count, reasons)
    return receipts


def received(warehouse: Warehouse, keys: Sequence[str]) -> dict[str, tuple[str, Receipt]]:
    """Return what is known of deliveries: key -> (digest, receipt)."""
    rows = warehouse.connection.execute(
        f"SELECT key, digest, {RECEIPT} FROM deliveries WHERE key IN (SELECT unnest($1::VARCHAR[]))", [list(keys)]
    ).fetchall()
    return {key: (digest, read_receipt(said, repeated=True)) for key, digest, *said in rows}


def read_receipt(row: Sequence[Any], *, repeated: bool = False) -> Receipt:
    """Return a receipt from the columns of `RECEIPT`."""
    id_, source, node, at, batch, rows, quarantined, reasons = row
    return Receipt(id_, source, node, at.replace(tzinfo=UTC), batch, rows, quarantined, tuple(reasons), repeated)


def _digest(file: Spooled) -> str:
    return "+".join((file.parts[0].id, str(len(file.parts))))


def _name(file: Spooled, batch: int, place: int) -> str:
    """Return what the file is called in the register: its delivery where it holds one."""
    return f"{file.source}/{file.parts[0].id if len(file.parts) == 1 else f'{batch}-{place}'}"


def _enter(session: Session, batch: int, part: Part, count: int, reasons: tuple[str, ...]) -> Receipt:
    session.run(
        "INSERT INTO deliveries VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            *(part.id, part.key, part.digest, part.source, part.node),
            *(part.received_at.replace(tzinfo=None), batch, part.rows, count, list(reasons)),
        ],
    )
    return Receipt(part.id, part.source, part.node, part.received_at, batch, part.rows, count, reasons)


def _set_aside(session: Session, source: SourceFile, parts: Sequence[Part]) -> list[tuple[Part, int, tuple[str, ...]]]:
    """Return how many rows and values of each delivery were set aside, and why; their rows are numbered anew by it."""
    file_id = session.scalar("SELECT file_id FROM files WHERE digest = ?", [source.digest])
    ends = list(accumulate(part.rows for part in parts))
    found = session.run(
        """WITH parts AS (
               SELECT unnest($ids::VARCHAR[]) AS id, unnest($starts::BIGINT[]) AS start, unnest($ends::BIGINT[]) AS stop
           )
           SELECT id, count(*), list(DISTINCT reason ORDER BY reason)
           FROM quarantine JOIN parts ON "row" > start AND "row" <= stop WHERE file_id = $file GROUP BY id""",
        {"ids": [part.id for part in parts], "starts": [0, *ends[:-1]], "ends": ends, "file": file_id},
    ).fetchall()
    by_part = {id_: (count, tuple(reasons)) for id_, count, reasons in found}
    if found and len(parts) > 1:
        _renumber(session, file_id, parts, ends)
    return [(part, *by_part.get(part.id, (0, ()))) for part in parts]


def _renumber(session: Session, file_id: int, parts: Sequence[Part], ends: Sequence[int]) -> None:
    session.run(
        """UPDATE quarantine SET path = parts.path, "row" = "row" - parts.start
           FROM (SELECT unnest($paths::VARCHAR[]) AS path, unnest($starts::BIGINT[]) AS start,
                        unnest($ends::BIGINT[]) AS stop) AS parts
           WHERE file_id = $file AND "row" > parts.start AND "row" <= parts.stop""",
        {
            "paths": [f"{part.source}/{part.id}" for part in parts],
            "starts": [0, *ends[:-1]],
            "ends": list(ends),
            "file": file_id,
        },
    )
