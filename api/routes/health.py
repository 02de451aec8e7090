"""Whether the service lives, whether it is ready, and its own figures."""

from typing import Literal

from fastapi import APIRouter, Request
from fastapi.responses import Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel

import rca
from api.caller import Reads
from api.problems import Problem

router = APIRouter(tags=["service"])


class Health(BaseModel):
    """The service lives."""

    status: Literal["ok"] = "ok"
    version: str


class Ready(BaseModel):
    """The service takes data: `waiting_bytes` of it wait to be written."""

    status: Literal["ok"] = "ok"
    waiting_bytes: int
    recovered_batches: int


@router.get("/healthz")
async def healthz() -> Health:
    """Say that the process lives; needs no token."""
    return Health(version=rca.__version__)


@router.get("/readyz")
async def readyz(request: Request) -> Ready:
    """Say whether data can be written; needs no token."""
    store = request.app.state.service.store
    if store.fault:
        raise Problem(503, "storage", f"nothing can be written at the moment: {store.fault}")
    return Ready(waiting_bytes=store.waiting_bytes, recovered_batches=len(store.recovered))


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
def metrics(request: Request, _: Reads) -> Response:
    """Return the service's own figures in Prometheus' text format."""
    return Response(generate_latest(request.app.state.registry), media_type=CONTENT_TYPE_LATEST)
