"""The documents of a bundle: system.yaml, incident.json, changes.jsonl, lineage.jsonl."""

import hashlib
import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rca.demo.domain import Domain, ModelSpec
from rca.demo.logs import logged_columns
from rca.demo.scenario import Scenario
from rca.demo.services import API, CALLS, SERVICES
from rca.demo.table import is_text
from rca.demo.world import World

NAMESPACE = "prod"
STORE = "feature-store"


def utc(moment: np.datetime64) -> str:
    """Return a time as ISO 8601 in UTC, to the second."""
    return str(moment.astype("datetime64[s]")) + "Z"


def describe_model(domain: Domain, spec: ModelSpec) -> dict[str, Any]:
    """Return a model's node; its features are what it reads."""
    segments = [name for name in domain.segments if name not in spec.inputs]
    node: dict[str, Any] = {"id": spec.node, "kind": "model", "owner": spec.owner}
    if spec.task != "embedding":  # its answers are the later models' inputs; it has no predictions to score
        node["task"] = spec.task
    if spec.task == "binary":
        node["threshold"] = spec.threshold
    return node | {"segments": segments}


def describe_system(domain: Domain) -> dict[str, Any]:
    """Return `system.yaml` as plain data."""
    nodes: list[dict[str, Any]] = [
        {"id": source, "kind": "dataset", "owner": "data-platform"} for source in domain.sources
    ]
    nodes += [describe_model(domain, spec) for spec in domain.models]
    nodes += [{"id": service, "kind": "service", "owner": "platform"} for service in SERVICES]
    nodes += [{"id": kpi, "kind": "kpi", "owner": "business"} for kpi in (domain.cost_kpi, domain.rate_kpi)]
    return {"nodes": nodes, "edges": [*data_edges(domain), *other_edges(domain)]}


def data_edges(domain: Domain) -> list[dict[str, Any]]:
    """Return which columns each model has from which data set or model."""
    edges: list[dict[str, Any]] = []
    for source, columns in domain.sources.items():
        for spec in domain.models:
            read = [column for column in columns if column in spec.inputs or column in domain.segments]
            if any(column in spec.inputs for column in columns):
                edges.append({"from": source, "to": spec.node, "columns": read})
    for column, maker in domain.outputs.items():
        edges += [{"from": maker.node, "to": spec.node, "columns": [column]} for spec in domain.readers(column)]
    return edges


def other_edges(domain: Domain) -> list[dict[str, Any]]:
    """Return who waits for whom, and what the business figures depend on."""
    edges: list[dict[str, Any]] = [{"from": STORE, "to": spec.node} for spec in domain.models]
    edges += [{"from": callee, "to": caller} for callee, caller in CALLS]
    edges += [{"from": domain.final.node, "to": kpi} for kpi in (domain.cost_kpi, domain.rate_kpi)]
    return [*edges, {"from": API, "to": domain.rate_kpi}]


def describe_incident(world: World, scenario: Scenario) -> dict[str, Any]:
    """Return `incident.json` as plain data."""
    incident = {"id": scenario.name, "node": scenario.node, "metric": scenario.metric, "detected_at": utc(world.end)}
    extra = {"direction": scenario.direction, "title": scenario.title, "severity": scenario.severity}
    return incident | {key: value for key, value in extra.items() if value is not None}


def change_lines(world: World) -> list[str]:
    """Return `changes.jsonl`, ordered by time."""
    events = sorted(world.changes, key=lambda event: (event["ts"], event["title"]))
    return [json.dumps(event | {"ts": utc(event["ts"])}) for event in events]


def column_fields(world: World, columns: tuple[str, ...], day: np.datetime64) -> list[dict[str, str]]:
    """Return the schema facet's fields as the batch of a day has them."""
    fields = []
    for column in columns:
        if column not in world.columns:
            continue
        changed = [r for r in world.rewrites if r.column == column and r.holds(day)]
        values = changed[-1].values if changed else world.columns[column]
        if values is not None:
            name = changed[-1].name if changed else column
            fields.append({"name": name, "type": field_type(values)})
    return fields


def field_type(values: NDArray[Any]) -> str:
    """Return a column's type as SQL names it."""
    return "DOUBLE[]" if values.ndim > 1 else "VARCHAR" if is_text(values) else "DOUBLE"


def lineage_lines(world: World) -> list[str]:
    """Return `lineage.jsonl`: each night every source is loaded, the features are built, the models score."""
    domain, lines = world.domain, []
    midnights = np.arange(world.start.astype("datetime64[D]"), world.end.astype("datetime64[D]") + 1)
    for day in midnights.astype("datetime64[us]")[1:]:
        at = day + np.timedelta64(30 * 60 * 1_000_000, "us")
        for source, columns in domain.sources.items():
            output = dataset(source, column_fields(world, columns, day))
            lines.append(run_event(at, f"load-{source}", [dataset(f"raw/{source}")], [output]))
        for spec in domain.models:
            read = {domain.producer(column) for column in logged_columns(domain, spec)}
            lines.append(
                run_event(at, f"score-{spec.node}", [dataset(name) for name in sorted(read)], [dataset(spec.node)])
            )
    return lines


def dataset(name: str, fields: list[dict[str, str]] | None = None) -> dict[str, Any]:
    """Return an OpenLineage data set, with its schema facet where known."""
    facets: dict[str, Any] = {} if fields is None else {"schema": {"fields": fields}}
    return {"namespace": NAMESPACE, "name": name, "facets": facets}


def run_event(at: np.datetime64, job: str, inputs: list[dict[str, Any]], outputs: list[dict[str, Any]]) -> str:
    """Return one OpenLineage RunEvent as a line of JSON."""
    digest = hashlib.sha256(f"{job} {at}".encode()).hexdigest()
    run = "-".join((digest[:8], digest[8:12], "4" + digest[12:15], "8" + digest[15:18], digest[18:30]))
    return json.dumps(
        {
            "eventType": "COMPLETE",
            "eventTime": utc(at),
            "run": {"runId": run},
            "job": {"namespace": NAMESPACE, "name": job},
            "inputs": inputs,
            "outputs": outputs,
            "producer": "https://example.com/scheduler",
            "schemaURL": "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent",
        }
    )
