"""Rows of predictions, histograms, metrics and changes."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from api.bulk import Receipt, bulk_body, idempotency_key, land, media_type, told
from api.caller import Caller, Ingests
from api.decode.delivery import delivery
from api.decode.rows import MEDIA_TYPES
from api.decode.workers import WORKERS
from api.problems import Problem
from rca.errors import UnknownName
from rca.export import json_schema
from rca.ingest.documents import latest_system
from rca.live.delivery import Source

router = APIRouter(prefix="/v1", tags=["ingest"])


def _body(kind: str, example: dict[str, Any]) -> dict[str, Any]:
    row = {name: part for name, part in json_schema(kind).items() if not name.startswith("$")}
    content: dict[str, Any] = {name: {"schema": {"type": "string", "format": "binary"}} for name in MEDIA_TYPES}
    content["application/json"] = {
        "schema": {"type": "array", "items": row, "minItems": 1},
        "examples": {"one row": {"value": [example]}},
    }
    return {"requestBody": {"required": True, "content": content}}


NODE = Query(min_length=1, max_length=500, description="The model that made them.", examples=["fraud-scorer"])


@router.post(
    "/predictions",
    openapi_extra=_body(
        "predictions",
        {"ts": "2026-03-04T10:00:00Z", "request_id": "r-1", "prediction": 0.83, "label": None, "amount": 12.5},
    ),
)
async def post_predictions(request: Request, caller: Ingests, node: Annotated[str, NODE]) -> Receipt:
    """Log predictions of one model, with their features; the answer comes when they are on disk."""
    service = request.app.state.service
    with service.store.reading() as warehouse:
        system = latest_system(warehouse)
    known = system.by_id if system else {}
    if node not in known:
        raise (
            UnknownName("node", node, known)
            if known
            else Problem(409, "no-system", "no system is declared yet; PUT it to /v1/system first")
        )
    if known[node].kind != "model":
        raise Problem(422, "no-model", f"{node!r} is declared as {known[node].kind}; predictions belong to a model")
    return await _landed(request, caller, "predictions", node)


@router.post(
    "/histograms",
    openapi_extra=_body(
        "histograms",
        {
            "node": "fraud-scorer",
            "column": "amount",
            "window_start": "2026-03-04T10:00:00Z",
            "window_end": "2026-03-04T11:00:00Z",
            "bin_left": 0.0,
            "bin_right": 10.0,
            "count": 812,
        },
    ),
)
async def post_histograms(request: Request, caller: Ingests) -> Receipt:
    """Send counts by bin, where the rows stay elsewhere."""
    return await _landed(request, caller, "histograms")


@router.post(
    "/kpis",
    openapi_extra=_body(
        "kpis", {"node": "approval-rate", "metric": "approved", "ts": "2026-03-04T10:00:00Z", "value": 0.61}
    ),
)
async def post_kpis(request: Request, caller: Ingests) -> Receipt:
    """Send values of business and component metrics."""
    return await _landed(request, caller, "kpis")


@router.post(
    "/changes",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": {"type": "array", "items": {"type": "object", "required": ["ts"]}, "minItems": 1},
                    "examples": {
                        "a deployment": {
                            "value": [
                                {
                                    "ts": "2026-03-04T09:58:00Z",
                                    "node": "fraud-scorer",
                                    "kind": "deploy",
                                    "title": "fraud-scorer v7",
                                    "before": "v6",
                                    "after": "v7",
                                }
                            ]
                        }
                    },
                },
                **{name: {"schema": {"type": "string", "format": "binary"}} for name in MEDIA_TYPES[1:]},
            },
        }
    },
)
async def post_changes(request: Request, caller: Ingests) -> Receipt:
    """Say what people changed: deployments, configuration, data feeds, guidelines, flags."""
    return await _landed(request, caller, "changes")


async def _landed(request: Request, caller: Caller, source: Source, node: str | None = None) -> Receipt:
    service = request.app.state.service
    limits, kind, key = service.settings.limits, media_type(request), idempotency_key(request)
    body = await bulk_body(request)
    return told(
        await land(
            service,
            lambda: delivery(
                source,
                WORKERS.run("rows", body, kind, limits.rows, limits.inflated),
                body,
                service.now(),
                node=node,
                key=f"{caller.account}:{key}" if key else None,
            ),
        )
    )
