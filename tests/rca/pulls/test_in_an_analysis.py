"""What was pulled ends as evidence: a slow scorer explained from Prometheus and MLflow alone, and from DVC."""

import json
import subprocess
from datetime import timedelta

import pyarrow as pa
import pytest

from rca.analyse import analyse_bundle
from rca.pulls import Pulled, deliver, known_of_folder
from rca.pulls.dvc import pull_dvc
from rca.pulls.mlflow import pull_mlflow
from rca.pulls.prometheus import pull_prometheus
from rca.pulls.queries import Query
from rca.pulls.whylogs import SCHEMA, pull_whylogs
from tests.rca.pulls.conftest import END, ONSET, START, STEP
from tests.rca.pulls.test_whylogs import FILES

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of MLflow's store under SQLAlchemy 2.1

SYSTEM = """
nodes:
- {id: feature-store, kind: service}
- {id: scorer, kind: service}
edges:
- {from: feature-store, to: scorer}
"""
QUERIES = (
    Query("latency_p95", "avg by (service) (latency_seconds) * 1000", STEP, node="scorer"),
    Query("cpu", "cpu_share", STEP, node_label="service"),
)


@pytest.fixture
def bundle(tmp_path, prometheus):
    folder = tmp_path / "bundle"
    folder.mkdir()
    (folder / "system.yaml").write_text(SYSTEM)
    incident = {"id": "slow", "node": "scorer", "metric": "latency_p95", "detected_at": END.isoformat()}
    (folder / "incident.json").write_text(json.dumps(incident))
    add(folder, lambda _: pull_prometheus(prometheus, QUERIES, now=END + timedelta(hours=1), since=START))
    return folder


def add(folder, pull):
    with known_of_folder(folder) as known:
        return deliver(pull(known), folder, known)


def first_cause(folder):
    (answer,) = analyse_bundle(folder)
    assert abs(answer.incident.onset - ONSET) <= 2 * STEP
    first = answer.causes[0]
    return (first.family, first.node, first.subject), {item.kind: item for item in first.evidence}


def test_series_of_prometheus_and_a_version_of_mlflow(bundle, registry):
    from mlflow import MlflowClient  # noqa: PLC0415 (slow to import)

    def pull(known):
        changes = known.changes()
        return pull_mlflow(registry, now=ONSET, nodes={"fraud": "scorer"}, models=["fraud"], known=changes)

    assert add(bundle, pull).changes
    MlflowClient(registry, registry).set_registered_model_alias("fraud", "champion", "2")
    assert add(bundle, pull).changes == 1
    assert add(bundle, pull).changes == 0
    cause, found = first_cause(bundle)
    assert cause[:2] == ("latency_component", "scorer")
    assert "latency_p95" in found["series"].text
    assert "MLflow: champion of fraud moved from version 1 to 2" in found["change"].text
    assert found["change"].data["kind"] == "deploy"


def test_parameters_of_dvc(bundle, tmp_path):
    repository = tmp_path / "repository"
    repository.mkdir()

    def git(*arguments):
        settings = ("-c", "user.name=Ada", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
        subprocess.run(["git", *settings, *arguments], cwd=repository, check=True, capture_output=True)

    git("init", "--quiet")
    for trees in (100, 900):
        (repository / "params.yaml").write_text(f"train: {{trees: {trees}}}\n")
        git("add", ".")
        git("commit", "--quiet", "--message", f"{trees} trees")
    add(bundle, lambda _: pull_dvc(repository, "HEAD~1", "HEAD", node="scorer", at=ONSET))
    cause, found = first_cause(bundle)
    assert cause == ("config_change", "scorer", "train.trees")
    assert "DVC: params.yaml: train.trees" in found["change"].text


def test_the_symptom_is_measured_on_histograms_of_whylogs(tmp_path):
    """Two real profiles, replayed hour by hour; without joint counts the columns themselves are not examined."""
    whole = pull_whylogs(FILES, node="scorer").histograms.to_pylist()
    days = [[row for row in whole if row["window_start"].day == day] for day in (2, 3)]
    hours = [START + timedelta(hours=hour) for hour in range((END - START) // timedelta(hours=1))]
    rows = [row | {"window_start": at} for at in hours for row in days[at >= ONSET]]
    (tmp_path / "system.yaml").write_text("nodes: [{id: scorer, kind: model, task: binary}]\n")
    incident = {"id": "nulls", "node": "scorer", "metric": "null_rate", "detected_at": END.isoformat()}
    (tmp_path / "incident.json").write_text(json.dumps(incident))
    add(tmp_path, lambda _: Pulled("whylogs", histograms=pa.Table.from_pylist(rows, SCHEMA)))
    (answer,) = analyse_bundle(tmp_path)
    assert answer.incident.onset == ONSET
    assert (answer.incident.baseline_value, answer.incident.value) == pytest.approx((100 / 4000, 600 / 4000))
    reasons = {note.family: note.reason for note in answer.not_examined}
    assert "only histograms without losses" in reasons["data_quality"]
