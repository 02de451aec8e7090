"""What was pulled from a real Prometheus and a real MLflow ends as evidence in an analysis of the served database."""

import json

import pytest

from benchmarks.service.served import served
from rca.cli import main
from rca.pulls import Known, land
from rca.pulls.mlflow import pull_mlflow
from rca.warehouse import Warehouse
from tests.rca.pulls.conftest import END, ONSET, START, fresh_registry, prometheus, registry
from tests.rca.pulls.test_in_an_analysis import SYSTEM

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of MLflow's store under SQLAlchemy 2.1
__all__ = ["fresh_registry", "prometheus", "registry"]
CHANGE = {"ts": START.isoformat(), "node": "feature-store", "kind": "other", "title": "moved to another rack"}
QUERIES = """
- {node: scorer, metric: latency_p95, query: avg by (service) (latency_seconds) * 1000, step: 5m}
- {node_label: service, metric: cpu, query: cpu_share, step: 5m}
"""


@pytest.fixture
def database(tmp_path):
    """A database that knows the system and nothing else."""
    bundle = tmp_path / "bundle"
    bundle.mkdir()
    (bundle / "system.yaml").write_text(SYSTEM)
    (bundle / "changes.jsonl").write_text(json.dumps(CHANGE))
    (bundle / "queries.yaml").write_text(QUERIES)
    db = tmp_path / "rca.duckdb"
    assert main(["ingest", str(bundle), "--db", str(db)]) == 0
    return db


def test_prometheus_and_mlflow(database, prometheus, registry):
    from mlflow import MlflowClient  # noqa: PLC0415 (slow to import)

    land_models(database, registry)
    MlflowClient(registry, registry).set_registered_model_alias("fraud", "champion", "2")
    land_models(database, registry)
    queries = str(database.parent / "bundle" / "queries.yaml")
    pull = ["pull", "prometheus", prometheus, "--queries", queries, "--since", START.isoformat(), "--db", str(database)]
    assert main(pull) == 0
    with served(database) as server:
        incident = {"id": "slow", "node": "scorer", "metric": "latency_p95", "detected_at": END.isoformat()}
        assert server.send_json("POST", "/v1/incidents", incident).status == 201
        done = server.send("POST", "/v1/incidents/slow:analyze", b"", {"Prefer": "wait=60"})
        assert done.status == 200, done.content
        answer = server.send("GET", "/v1/incidents/slow").json()["analysis"]
    first = answer["causes"][0]
    found = {item["kind"]: item["text"] for item in first["evidence"]}
    assert (first["family"], first["node"]) == ("latency_component", "scorer")
    assert "latency_p95" in found["series"]
    assert "MLflow: champion of fraud moved from version 1 to 2" in found["change"]


def land_models(database, registry):
    """Pull as `rca pull mlflow` does, at the time of the incident: MLflow does not say when an alias moved."""
    with Warehouse(database) as warehouse:
        known = Known(warehouse).changes()
        pulled = pull_mlflow(registry, now=ONSET, nodes={"fraud": "scorer"}, models=["fraud"], known=known)
        land(pulled, warehouse)
