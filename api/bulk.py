"""What the routes for bulk data share: read the body, decode it beside the loop, wait for the disk."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from fastapi import Request
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from api.bodies import read_body
from api.decode.workers import MOST
from api.problems import Problem
from api.service import Service
from rca.live.delivery import Delivery
from rca.live.delivery import Receipt as Landed
from schemas.base import UtcTime

Result = TypeVar("Result")
LONGEST_KEY = 200
_DECODING = ThreadPoolExecutor(MOST, thread_name_prefix="rca-decode")
"""Threads that wait for a body to be decoded: not those that answer other requests."""


class Receipt(BaseModel):
    """What is on disk of a body. Rows that could not be used are set aside with the reason, the others are kept."""

    id: str = Field(examples=["8a9c0c1e71db40af86bb9b903ab803ec"])
    source: str = Field(examples=["predictions"])
    node: str | None = Field(default=None, examples=["fraud-scorer"])
    received_at: UtcTime
    batch: int = Field(description="The commit that it came with.")
    rows: int = Field(description="Rows that were sent.", examples=[1000])
    quarantined: int = Field(description="Rows and values that were set aside.", examples=[0])
    reasons: list[str] = Field(description="Why, each reason once.")
    repeated: bool = Field(default=False, description="The same was received before; nothing was added.")


def told(landed: Landed) -> Receipt:
    """Return a receipt as the API says it."""
    return Receipt(
        id=landed.id,
        source=landed.source,
        node=landed.node,
        received_at=landed.received_at,
        batch=landed.batch,
        rows=landed.rows,
        quarantined=landed.quarantined,
        reasons=list(landed.reasons),
        repeated=landed.repeated,
    )


async def bulk_body(request: Request) -> bytes:
    """Return the body of a request that carries rows."""
    limits = request.app.state.service.settings.limits
    body = await read_body(request, limits.body, limits.inflated)
    if not body:
        raise Problem(400, "empty", "the body is empty")
    return body


def media_type(request: Request) -> str:
    """Return the type that the body is said to have, in small letters, without parameters."""
    return request.headers.get("content-type", "").split(";")[0].strip().lower()


def idempotency_key(request: Request) -> str | None:
    """Return the sender's key, if one was sent.

    Raises
    ------
    Problem
        When it is too long, or empty.
    """
    key = request.headers.get("idempotency-key")
    if key is not None and not 0 < len(key.strip()) <= LONGEST_KEY:
        raise Problem(400, "idempotency-key", f"an Idempotency-Key has 1 to {LONGEST_KEY} characters")
    return key


async def land(service: Service, make: Callable[[], Delivery]) -> Landed:
    """Return the receipt of a delivery once it is on disk; it is decoded beside the event loop."""
    delivery = await asyncio.get_running_loop().run_in_executor(_DECODING, make)
    return await asyncio.wrap_future(service.store.land(delivery))


async def beside(work: Callable[..., Result], *args: Any) -> Result:
    """Return what a function returns that would hold up the event loop."""
    return await run_in_threadpool(work, *args)
