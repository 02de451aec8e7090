"""OpenTelemetry's protocol over HTTP: what an exporter or a collector sends as it is."""

from collections.abc import Callable

from fastapi import APIRouter, Request
from fastapi.responses import Response
from google.protobuf.message import Message
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2 as metrics
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as traces

from api.bulk import bulk_body, land, media_type
from api.caller import permit
from api.decode import otlp
from api.decode.delivery import delivery
from api.decode.otlp_metrics import points
from api.decode.rows import encoded
from api.decode.workers import WORKERS
from api.openapi import ANY
from api.problems import MEDIA_TYPE, problem_of
from api.service import Service
from rca.live.delivery import Delivery

router = APIRouter(prefix="/v1", tags=["ingest"])


def _described(message: str) -> dict[str, object]:
    """Return what the document says of a route: errors come in OTLP's own form, but for those of any request."""
    schema = {"schema": {"type": "string", "format": "binary", "description": f"{message} as protobuf."}}
    as_json = {
        "schema": {"type": "object", "description": f"{message} as OTLP/JSON."},
        "examples": {"empty": {"value": {}}},
    }
    status = {
        otlp.PROTOBUF: {"schema": {"type": "string", "format": "binary", "description": "google.rpc.Status"}},
        otlp.JSON: {"schema": {"type": "object", "description": "google.rpc.Status"}},
        MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}},
    }
    taken = {kind: {"schema": status[kind]["schema"] | {"description": "Response"}} for kind in (*status,)[:2]}
    return {
        "requestBody": {"required": True, "content": {otlp.PROTOBUF: schema, otlp.JSON: as_json}},
        "responses": {
            "200": {"description": "On disk; `partial_success` says what was set aside.", "content": taken},
            **{code: {"description": text, "content": status} for code, text in ANY.items()},
        },
    }


@router.post("/traces", openapi_extra=_described("ExportTraceServiceRequest"), response_class=Response)
async def post_traces(request: Request) -> Response:
    """Take spans; those sent again are dropped."""

    def decode(service: Service, body: bytes, kind: str) -> Delivery | None:
        table = WORKERS.run("spans", body, kind)
        return delivery("traces", table, body, service.now()) if table.num_rows else None

    return await _taken(request, decode, traces.ExportTraceServiceResponse, "rejected_spans")


@router.post("/metrics", openapi_extra=_described("ExportMetricsServiceRequest"), response_class=Response)
async def post_metrics(request: Request) -> Response:
    """Take metric points as metrics of the services that they are of."""

    def decode(service: Service, body: bytes, kind: str) -> Delivery | None:
        rows = points(otlp.decode(body, kind, metrics.ExportMetricsServiceRequest), service.growth)
        return delivery("kpis", encoded(rows), body, service.now()) if rows else None

    return await _taken(request, decode, metrics.ExportMetricsServiceResponse, "rejected_data_points")


async def _taken(
    request: Request,
    decode: Callable[[Service, bytes, str], Delivery | None],
    answer: type[Message],
    count: str,
) -> Response:
    service: Service = request.app.state.service
    kind = media_type(request)
    try:
        permit(request, "ingest")
        body = await bulk_body(request)
        rejected, reasons = 0, tuple[str, ...]()
        try:
            landed = await land(service, lambda: _decoded(decode(service, body, kind)))
            rejected, reasons = landed.quarantined, landed.reasons
        except _NothingSent:
            pass
        return Response(otlp.success(rejected, reasons, kind, answer, count), media_type=kind)
    except Exception as error:  # noqa: BLE001 - every error is told as OTLP wants it
        problem = problem_of(error)
        content, told = otlp.failure(problem, kind)
        return Response(content, problem.status, headers=problem.headers, media_type=told)


class _NothingSent(Exception):
    """A request without content: an exporter's keep-alive."""


def _decoded(found: Delivery | None) -> Delivery:
    if found is None:
        raise _NothingSent
    return found
