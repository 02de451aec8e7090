"""OpenLineage events, at the address where its clients send them."""

from fastapi import APIRouter, Request

from api.bulk import Receipt, bulk_body, land, media_type, told
from api.caller import Ingests
from api.decode.delivery import delivery
from api.decode.lineage import run_events
from api.problems import Problem
from api.strict_json import loads

router = APIRouter(prefix="/api/v1", tags=["ingest"])
RUN_EVENT = {"type": "object", "required": ["eventTime", "job"]}


@router.post(
    "/lineage",
    status_code=201,
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": {
                        "anyOf": [RUN_EVENT, {"type": "array", "items": RUN_EVENT}],
                        "description": "An OpenLineage RunEvent, or an array of them.",
                    },
                    "examples": {
                        "a run": {
                            "value": {
                                "eventType": "COMPLETE",
                                "eventTime": "2026-03-04T09:00:00Z",
                                "producer": "airflow",
                                "run": {"runId": "0191c2a6-6d2f-7d8b-9a53-0e8d7c3f5b11"},
                                "job": {"namespace": "prod", "name": "payments"},
                                "inputs": [{"namespace": "s3", "name": "raw"}],
                                "outputs": [{"namespace": "s3", "name": "payments-feed"}],
                            }
                        }
                    },
                }
            },
        }
    },
)
async def post_lineage(request: Request, _: Ingests) -> Receipt:
    """Take run events of OpenLineage: which job made which data set from which."""
    service = request.app.state.service
    kind = media_type(request)
    if kind != "application/json":
        raise Problem(415, "media-type", f"content-type {kind[:60]!r} is not known; send application/json")
    body = await bulk_body(request)
    return told(await land(service, lambda: delivery("lineage", run_events(loads(body)), body, service.now())))
