from datetime import UTC, datetime, timedelta

import pytest

from rca.errors import InputError
from rca.pulls.mlflow import pull_mlflow
from rca.pulls.mlflow_signature import located

# MLflow's store of a database uses what SQLAlchemy 2.1 deprecates
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

NOW = datetime(2031, 3, 4, 12, tzinfo=UTC)


def titles(pulled):
    return [change["title"].removeprefix("MLflow: ") for change in pulled.changes]


def move(registry, alias, version):
    from mlflow import MlflowClient  # noqa: PLC0415 (slow to import, and only when a registry is there)

    client = MlflowClient(registry, registry)
    if version is None:
        client.delete_registered_model_alias("fraud", alias)
    else:
        client.set_registered_model_alias("fraud", alias, version)


@pytest.fixture
def first(registry):
    return pull_mlflow(registry, now=NOW, nodes={"fraud": "fraud-scorer"}, models=["fraud"])


def test_versions_become_changes_with_their_metrics(first):
    second = next(c for c in first.changes if c["title"] == "MLflow: version 2 of fraud registered")
    assert (second["node"], second["kind"]) == ("fraud-scorer", "other")
    assert second["before"] == {"version": "1"}
    assert second["after"] == {"version": "2", "model": "fraud", "metrics": {"auc": 0.93}}
    assert abs(datetime.fromisoformat(second["ts"]) - datetime.now(UTC)) < timedelta(hours=1)


def test_a_signature_that_changed_is_a_schema_change_of_the_columns_that_did(first):
    changed = [change for change in first.changes if change["kind"] == "schema"]
    assert [change["title"] for change in changed] == [
        "MLflow: signature of fraud version 1",
        "MLflow: signature of fraud changed in version 2",
    ]
    assert changed[0]["after"] == {"amount": "double", "hour": "long"}
    assert (changed[1]["before"], changed[1]["after"]) == ({"country": None}, {"country": "string"})


def test_an_alias_is_first_only_noted_and_a_deployment_when_it_moves(registry, first):
    assert "champion of fraud is version 1" in titles(first)
    assert "stage Production of fraud is version 1" in titles(first)
    move(registry, "champion", "3")
    again = pull_mlflow(registry, now=NOW, nodes={"fraud": "fraud-scorer"}, models=["fraud"], known=first.changes)
    (moved,) = again.changes
    assert moved["title"] == "MLflow: champion of fraud moved from version 1 to 3"
    assert (moved["kind"], moved["node"], moved["ts"]) == ("deploy", "fraud-scorer", NOW.isoformat())
    assert (moved["before"]["version"], moved["after"]["version"]) == ("1", "3")

    move(registry, "champion", None)
    known = (*first.changes, *again.changes)
    gone = pull_mlflow(registry, now=NOW + timedelta(hours=1), models=["fraud"], known=known)
    assert titles(gone) == ["champion of fraud was removed from version 3"]
    known = (*known, *gone.changes)
    assert not pull_mlflow(registry, now=NOW + timedelta(hours=2), models=["fraud"], known=known).changes
    move(registry, "champion", "2")
    back = pull_mlflow(registry, now=NOW + timedelta(hours=3), models=["fraud"], known=known)
    assert titles(back) == ["champion of fraud moved from version none to 2"]


def test_without_aliases_each_version_may_count_as_a_deployment(registry):
    found = pull_mlflow(registry, now=NOW, models=["fraud"], deploy_on="registration")
    assert [c["after"]["version"] for c in found.changes if c["kind"] == "deploy"] == ["1", "2", "3"]


def test_files_that_lie_elsewhere_are_not_read_and_that_is_said(registry):
    found = pull_mlflow(registry, now=NOW, models=["o'dd"])
    assert titles(found) == ["version 1 of o'dd registered"]
    assert "its files lie elsewhere (s3://elsewhere/model)" in found.notes[0]


def test_only_later_versions_are_asked_for(registry):
    found = pull_mlflow(registry, now=NOW, models=["fraud"], since=NOW)
    assert titles(found) == ["champion of fraud is version 1", "stage Production of fraud is version 1"]


@pytest.mark.parametrize(
    ("source", "tracking", "artifacts", "may"),
    [
        ("mlflow-artifacts:/1/models/m/artifacts", "http://mlflow:5000", None, True),
        ("mlflow-artifacts://other:80/1/m", "http://mlflow:5000", None, False),
        ("file:///etc", "http://mlflow:5000", None, False),
        ("/etc", "https://mlflow", None, False),
        ("/srv/models/m", "sqlite:///m.db", None, True),
        ("http://169.254.169.254/latest", "sqlite:///m.db", None, False),
        ("s3://bucket/models/m", "http://mlflow:5000", "s3://bucket/models", True),
        ("s3://bucket/models-of-others/m", "http://mlflow:5000", "s3://bucket/models", False),
        ("s3://bucket/models/../secrets", "http://mlflow:5000", "s3://bucket/models", False),
        ("s3://bucket/models/%2e%2e/secrets", "http://mlflow:5000", "s3://bucket/models", False),
        ("", "sqlite:///m.db", None, False),
    ],
)
def test_a_registry_cannot_point_the_reader_elsewhere(source, tracking, artifacts, may):
    class Version:
        pass

    version = Version()
    version.source = source
    assert (located(None, version, tracking, artifacts) is not None) == may


def test_errors_help(registry, tmp_path):
    with pytest.raises(InputError, match="holds no model 'fruad'; it holds fraud, o'dd"):
        pull_mlflow(registry, now=NOW, models=["fruad"])
    with pytest.raises(InputError, match="no such registry"):
        pull_mlflow(f"sqlite:///{tmp_path}/none.db", now=NOW)
    assert not (tmp_path / "none.db").exists()


def test_an_unreachable_server_is_named_without_its_password(monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(InputError, match="cannot be read") as caught:
        pull_mlflow("http://me:secret@127.0.0.1:9", now=NOW)
    assert "secret" not in str(caught.value)
