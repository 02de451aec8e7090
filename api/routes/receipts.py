"""Receipts: what was received, and what was set aside of it."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from api.bulk import Receipt, told
from api.caller import Reads
from rca.errors import UnknownName
from rca.live.landing import RECEIPT, read_receipt

router = APIRouter(prefix="/v1/receipts", tags=["ingest"])


class Quarantined(BaseModel):
    """A row or value that could not be used."""

    path: str
    row: int | None = Field(description="From 1, within the body.")
    column: str | None
    raw: str | None
    reason: str


@router.get("")
def list_receipts(request: Request, _: Reads, limit: Annotated[int, Query(ge=1, le=500)] = 50) -> list[Receipt]:
    """Return the latest receipts."""
    with request.app.state.service.store.reading() as warehouse:
        rows = warehouse.connection.execute(
            f"SELECT {RECEIPT} FROM deliveries ORDER BY batch DESC, received_at DESC, id LIMIT ?", [limit]
        ).fetchall()
    return [told(read_receipt(row)) for row in rows]


@router.get("/{receipt}")
def get_receipt(request: Request, _: Reads, receipt: str) -> Receipt:
    """Return one receipt."""
    with request.app.state.service.store.reading() as warehouse:
        row = warehouse.connection.execute(f"SELECT {RECEIPT} FROM deliveries WHERE id = ?", [receipt]).fetchone()
    if row is None:
        raise UnknownName("receipt", receipt, ())
    return told(read_receipt(row))


@router.get("/{receipt}/quarantine")
def get_quarantine(
    request: Request, _: Reads, receipt: str, limit: Annotated[int, Query(ge=1, le=1000)] = 100
) -> list[Quarantined]:
    """Return what was set aside of one body, with the reasons."""
    with request.app.state.service.store.reading() as warehouse:
        rows = warehouse.connection.execute(
            """SELECT path, "row", column_name, raw, reason FROM quarantine
               WHERE path IN (SELECT source || '/' || id FROM deliveries WHERE id = $1) ORDER BY "row" LIMIT $2""",
            [receipt, limit],
        ).fetchall()
    names = ("path", "row", "column", "raw", "reason")
    return [Quarantined(**dict(zip(names, row, strict=True))) for row in rows]
