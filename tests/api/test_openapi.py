"""The OpenAPI document: valid, complete, and its examples work as they stand."""

import jsonschema
import pytest

from benchmarks.service.broken import example, of_schema
from tests.api import world
from tests.api.conftest import serving

SYSTEM = {
    "nodes": [*world.SYSTEM["nodes"], {"id": "extra", "kind": "service"}],
    "edges": world.SYSTEM["edges"],
}
SENT = (
    *("/v1/predictions", "/v1/histograms", "/v1/kpis", "/v1/changes", "/v1/traces", "/v1/metrics"),
    *("/api/v1/lineage", "/v1/alerts/alertmanager", "/v1/incidents", "/v1/tokens"),
)
"""Where a POST of the example must succeed in a service that knows the system."""


@pytest.fixture(scope="module")
def described(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("openapi") / "rca.duckdb") as client:
        client.put("/v1/system", json=SYSTEM)
        yield client, client.get("/v1/openapi.json").json()


def operations(document):
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", path, operation


def test_it_is_of_a_version_that_tools_know_and_names_itself(described):
    _, document = described
    assert document["openapi"].startswith("3.1")
    assert document["info"]["version"]
    assert {tag["name"] for tag in document["tags"]} >= {
        tag for _, _, operation in operations(document) for tag in operation["tags"]
    }


def test_every_schema_is_a_valid_one_and_every_reference_leads_somewhere(described):
    _, document = described
    for schema in document["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)
    known = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert set(references(document)) <= known


def references(part):
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for inner in part.values():
            yield from references(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from references(inner)


def test_every_operation_says_what_it_is_and_how_it_fails(described):
    _, document = described
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(set(names)) == len(names)
    for name, path, operation in operations(document):
        assert operation.get("description") or operation.get("summary"), name
        if path not in ("/healthz", "/readyz"):
            assert {"401", "403", "422", "429"} <= set(operation["responses"]), name
        for status, told in operation["responses"].items():
            if status[0] in "45":
                assert "application/problem+json" in told["content"], (name, status)


def test_every_operation_that_needs_a_token_says_so(described):
    _, document = described
    assert document["components"]["securitySchemes"]["HTTPBearer"]["scheme"] == "bearer"
    open_ones = {path for _, path, operation in operations(document) if "security" not in operation}
    assert open_ones <= {"/healthz", "/readyz", "/v1/traces", "/v1/metrics"}


def test_every_example_fits_its_schema(described):
    _, document = described
    looked = 0
    for name, _, operation in operations(document):
        told = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
        schema = told.get("schema", {}) | {"components": document["components"]}
        for one in told.get("examples", {}).values():
            jsonschema.validate(one["value"], schema)
            looked += 1
            assert one["value"] is not None, name
    assert looked >= 7


@pytest.mark.parametrize("path", SENT)
def test_every_example_works_in_every_form_that_is_documented(described, path):
    client, document = described
    operation = document["paths"][path]["post"]
    for kind in operation["requestBody"]["content"]:
        body = example(document, path, kind, operation)
        address = path + ("?node=fraud-scorer" if path == "/v1/predictions" else "")
        answer = client.post(address, content=body, headers={"Content-Type": kind, **getattr(client, "bearer", {})})
        assert answer.status_code in (200, 201), (kind, answer.text)
        told = answer.json() if "json" in answer.headers["content-type"] else {}
        assert told.get("quarantined", 0) == 0, (kind, told)
        if path == "/v1/tokens":
            client.bearer = {"Authorization": f"Bearer {told['bearer']}"}


def test_answers_fit_their_schemas(explained):
    document = explained.get("/v1/openapi.json").json()
    addresses = {
        "/v1/incidents": "/v1/incidents",
        "/v1/incidents/{incident}": "/v1/incidents/inc-42",
        "/v1/incidents/{incident}/analysis": "/v1/incidents/inc-42/analysis",
        "/v1/incidents/{incident}/causes": "/v1/incidents/inc-42/causes",
        "/v1/incidents/{incident}/causes/{rank}": "/v1/incidents/inc-42/causes/1",
        "/v1/incidents/{incident}/causes/{rank}/evidence": "/v1/incidents/inc-42/causes/1/evidence",
        "/v1/incidents/{incident}/timeline": "/v1/incidents/inc-42/timeline",
        "/v1/incidents/{incident}/similar": "/v1/incidents/inc-42/similar",
        "/v1/incidents/{incident}/why-not": "/v1/incidents/inc-42/why-not?of=feature_drift",
        "/v1/graph": "/v1/graph",
        "/v1/system": "/v1/system",
        "/v1/rankers": "/v1/rankers",
        "/v1/receipts": "/v1/receipts",
        "/v1/jobs": "/v1/jobs",
        "/v1/audit": "/v1/audit",
    }
    for path, address in addresses.items():
        told = document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        answer = explained.get(address)
        assert answer.status_code == 200, address
        jsonschema.validate(answer.json(), told | {"components": document["components"]})


def test_a_value_is_made_of_any_schema(described):
    _, document = described
    made = of_schema(document, {"$ref": "#/components/schemas/NewIncident"})
    assert made["id"] == "inc-42"
