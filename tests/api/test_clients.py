"""What people's tools really send, to a served database: each ends as evidence in an analysis."""

import json
from datetime import timedelta

import pytest
from openlineage.client import OpenLineageClient
from openlineage.client.event_v2 import InputDataset, Job, OutputDataset, Run, RunEvent, RunState
from openlineage.client.transport.http import HttpConfig, HttpTransport
from openlineage.client.uuid import generate_new_uuid
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.metrics.export import (
    Gauge,
    Metric,
    MetricExportResult,
    MetricsData,
    NumberDataPoint,
    ResourceMetrics,
    ScopeMetrics,
)
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import set_span_in_context

from benchmarks.service.served import served
from tests.api import world

STEP = timedelta(minutes=2)
MOMENTS = [world.START + number * STEP for number in range((world.END - world.START) // STEP)]


@pytest.fixture
def server(tmp_path):
    with served(tmp_path / "rca.duckdb") as running:
        assert running.send_json("PUT", "/v1/system", world.SYSTEM).status == 200
        yield running


def nanoseconds(at):
    return int(at.timestamp()) * 10**9


def wobble(number):
    return (number * 7919 % 1000) / 1000


def explain(server, **incident):
    opened = server.send_json("POST", "/v1/incidents", {"id": "i", "detected_at": world.END.isoformat()} | incident)
    assert opened.status == 201, opened.content
    return explained(server, "i")


def explained(server, name):
    done = server.send("POST", f"/v1/incidents/{name}:analyze", b"", {"Prefer": "wait=60"})
    assert done.status == 200, done.content
    return server.send("GET", f"/v1/incidents/{name}").json()["analysis"]


def export_spans(server, compression):
    """Serve the gateway's requests, each of which asks the feature store, which slows at ONSET."""
    providers = {}
    for service in ("gateway", "feature-store"):
        exporter = OTLPSpanExporter(f"http://127.0.0.1:{server.port}/v1/traces", compression=compression)
        provider = TracerProvider(resource=Resource.create({"service.name": service}))
        provider.add_span_processor(BatchSpanProcessor(exporter, max_queue_size=10_000))
        providers[service] = provider
    gateway, store = (providers[service].get_tracer("shop") for service in ("gateway", "feature-store"))
    for number, at in enumerate(MOMENTS):
        start = nanoseconds(at)
        own = 10_000_000 + int(2_000_000 * wobble(number))
        asked = (8_000_000 if at < world.ONSET else 60_000_000) + int(3_000_000 * wobble(number + 1))
        outer = gateway.start_span("POST /pay", start_time=start, attributes={"http.route": "/pay", "retry": False})
        inner = store.start_span("GET features", set_span_in_context(outer), start_time=start + 1_000_000)
        inner.end(end_time=start + 1_000_000 + asked)
        outer.end(end_time=start + own + asked)
    for provider in providers.values():
        assert provider.force_flush(30_000)
        provider.shutdown()


@pytest.mark.parametrize("compression", [Compression.Gzip, Compression.NoCompression], ids=lambda each: each.value)
def test_spans_of_the_opentelemetry_sdk(server, compression):
    export_spans(server, compression)
    receipts = server.send("GET", "/v1/receipts?limit=500").json()
    assert sum(receipt["rows"] for receipt in receipts) == 2 * len(MOMENTS)
    assert {receipt["quarantined"] for receipt in receipts} == {0}
    answer = explain(server, node="gateway", metric="latency_p95")
    first = answer["causes"][0]
    assert (first["family"], first["node"], first["subject"]) == (
        *("latency_component", "feature-store"),
        "GET features",
    )
    assert first["blame_path"] == ["feature-store", "gateway"]
    assert "GET features" in json.dumps(first["evidence"])


def export_points(server, name, unit, service, value):
    exporter = OTLPMetricExporter(f"http://127.0.0.1:{server.port}/v1/metrics", compression=Compression.Gzip)
    resource, scope = Resource.create({"service.name": service}), InstrumentationScope("shop", "1")
    points = [
        NumberDataPoint({"pod": "a"}, None, nanoseconds(at), value(at, wobble(number)))
        for number, at in enumerate(MOMENTS)
    ]
    metric = Metric(name, "", unit, Gauge(points))
    data = MetricsData([ResourceMetrics(resource, [ScopeMetrics(scope, [metric], "")], "")])
    assert exporter.export(data) is MetricExportResult.SUCCESS
    exporter.shutdown()


def export_slow_gateway(server):
    """The gateway slows at ONSET, and so does the processor of the feature store."""

    def cpu(at, noise):
        return (0.3 if at < world.ONSET else 0.95) + 0.03 * noise

    def latency(at, noise):
        return (50 if at < world.ONSET else 400) + 5 * noise

    export_points(server, "process.cpu.utilization", "1", "feature-store", cpu)
    export_points(server, "latency_p95", "ms", "gateway", latency)


def test_metrics_of_the_opentelemetry_sdk(server):
    export_slow_gateway(server)
    first = explain(server, node="gateway", metric="latency_p95")["causes"][0]
    assert (first["family"], first["node"], first["subject"]) == ("component_fault", "feature-store", "cpu")
    assert "cpu of feature-store" in json.dumps(first["evidence"])


@pytest.mark.parametrize("told", [True, False], ids=["lineage is sent", "it is not"])
def test_events_of_the_openlineage_client(server, told):
    """Nobody declared that the rate of approvals follows from the scorer: only the runs of a job say so."""
    unconnected = {"nodes": world.SYSTEM["nodes"], "edges": world.SYSTEM["edges"][:1]}
    tag = server.send("GET", "/v1/system").headers["etag"]
    assert server.send_json("PUT", "/v1/system", unconnected, {"If-Match": tag}).status == 200
    if told:
        emit_runs(server, "fraud-scorer", "approval-rate")
        assert [one["source"] for one in server.send("GET", "/v1/receipts").json()] == ["lineage", "lineage"]
    rows = world.predictions()
    assert server.send_json("POST", "/v1/predictions?node=fraud-scorer", rows).status == 200
    assert server.send_json("POST", "/v1/kpis", approvals(rows)).status == 200
    causes = explain(server, node="approval-rate", metric="approved")["causes"]
    way = ["payments-feed", "fraud-scorer", "prod.load", "approval-rate"]
    first = {(cause["family"], cause["subject"], *cause["blame_path"]) for cause in causes[:1]}
    assert (first == {("data_quality", "amount", *way)}) is told


def approvals(rows):
    hours = {}
    for row in rows:
        hours.setdefault(row["ts"][:13], []).append(row["prediction"] < 0.5)
    return [
        {"node": "approval-rate", "metric": "approved", "ts": f"{hour}:00:00Z", "value": sum(told) / len(told)}
        for hour, told in hours.items()
    ]


def emit_runs(server, source, target):
    transport = HttpTransport(HttpConfig(url=f"http://127.0.0.1:{server.port}"))
    client = OpenLineageClient(transport=transport)
    run, job = Run(str(generate_new_uuid())), Job("prod", "load")
    for state in (RunState.START, RunState.COMPLETE):
        event = RunEvent(
            eventType=state,
            eventTime=(world.START + timedelta(hours=1)).isoformat(),
            run=run,
            job=job,
            producer="https://example.org/airflow",
            inputs=[InputDataset("warehouse", source)],
            outputs=[OutputDataset("warehouse", target)],
        )
        client.emit(event)
