"""`rca pull`: where to, how often, and what it says when it cannot."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from rca.cli import main
from rca.pulls import Known, Pulled
from rca.warehouse import Warehouse

CHANGE = {
    "ts": "2026-03-04T10:00:00+00:00", "node": "scorer", "kind": "config", "title": "DVC: \x1b[31mparams",
    "before": {"depth": 6}, "after": {"depth": 9},
}  # fmt: skip


@pytest.fixture
def dvc(fake):
    fake("rca.pulls.dvc", pull_dvc=lambda *_, **__: Pulled("dvc", (CHANGE,), notes=("one \x1b[31mnote",)))


@pytest.fixture
def database(tmp_path: Path) -> Path:
    bundle = tmp_path / "bundle"
    bundle.mkdir()
    (bundle / "system.yaml").write_text("nodes: [{id: feed, kind: dataset}]\n")
    (bundle / "changes.jsonl").write_text('{"ts": "2026-03-01", "node": "feed", "kind": "other", "title": "x"}\n')
    db = tmp_path / "rca.duckdb"
    assert main(["ingest", str(bundle), "--db", str(db)]) == 0
    return db


DVC = ["pull", "dvc", ".", "--before", "v1", "--node", "scorer"]


@pytest.mark.usefixtures("dvc")
def test_files_are_written_once(tmp_path, capsys):
    arguments = [*DVC, "--out", str(tmp_path / "out"), "--json"]
    assert main(arguments) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["source"], said["changes"], said["notes"]) == ("dvc", 1, ["one \x1b[31mnote"])
    assert json.loads((tmp_path / "out" / said["files"][0]).read_text()) == CHANGE
    assert main(arguments) == 0
    assert json.loads(capsys.readouterr().out)["files"] == []


@pytest.mark.usefixtures("dvc")
def test_a_database_gets_them_once_and_unknown_nodes_are_said(database, capsys):
    capsys.readouterr()
    for expected in ("dvc: 1 changes", "dvc: nothing new"):
        assert main([*DVC, "--db", str(database)]) == 0
        said = capsys.readouterr().out
        assert expected in said
        assert "system.yaml declares no node scorer" in said
        assert "\x1b[31m" not in said
    with Warehouse(database) as warehouse:
        assert len(Known(warehouse).changes()) == 2


def test_options_reach_the_source(fake, calls, tmp_path):
    fake("rca.pulls.dvc", pull_dvc=lambda *_, **__: Pulled("dvc"))
    fake("rca.pulls.mlflow", pull_mlflow=lambda *_, **__: Pulled("mlflow"))
    out = ["--out", str(tmp_path)]
    assert main([*DVC, "--map", "a=b=c", "--at", "2026-03-04T10:00+01:00", *out]) == 0
    assert main(["pull", "mlflow", "http://m", "--node", "m=n", "--model", "m", "--since", "2026-03-04", *out]) == 0
    assert calls[0][2]["nodes"] == {"a=b": "c"}
    assert calls[0][2]["at"].isoformat() == "2026-03-04T09:00:00+00:00"
    assert (calls[1][2]["nodes"], calls[1][2]["models"]) == ({"m": "n"}, ("m",))
    assert calls[1][2]["since"].isoformat() == "2026-03-04T00:00:00+00:00"


def test_the_token_comes_from_the_environment(fake, calls, tmp_path, monkeypatch):
    monkeypatch.setenv("RCA_PROMETHEUS_TOKEN", "secret")
    fake("rca.pulls.prometheus", pull_prometheus=lambda *_, **__: Pulled("prometheus"))
    queries = tmp_path / "queries.yaml"
    queries.write_text("- {node: a, metric: m, query: up}\n")
    assert main(["pull", "prometheus", "http://p", "--queries", str(queries), "--out", str(tmp_path / "o")]) == 0
    assert calls[0][2]["token"] == "secret"  # noqa: S105


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (DVC, "say where to: --db FILE or --out FOLDER"),
        ([*DVC, "--db", "a.duckdb", "--out", "b"], "say where to"),
        ([*DVC, "--db", "absent.duckdb"], "no such database"),
        ([*DVC, "--out", "o", "--map", "x"], "--map 'x' is not NAME=NODE"),
        ([*DVC, "--out", "o", "--at", "noon"], "--at 'noon' is no time"),
        (["pull", "prometheus", "http://p", "--queries", "absent.yaml", "--out", "o"], "absent.yaml"),
        (["pull", "whylogs", "--node", "n", "--out", "o"], "FILES"),
    ],
)
@pytest.mark.usefixtures("dvc")
def test_unusable_arguments_are_one_line(arguments, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("tool", "where"), [("mlflow", "http://m"), ("whylogs", "p.bin")])
def test_a_missing_extra_says_how_to_get_it(tool, where, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, tool, None)
    for name in [name for name in sys.modules if name.startswith(f"{tool}.")]:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setitem(sys.modules, "whylogs.core.view.dataset_profile_view", None)
    assert main(["pull", tool, where, *(["--node", "n"] if tool == "whylogs" else []), "--out", str(tmp_path)]) == 2
    assert f"uv tool install 'rca-engine[{tool}]'" in capsys.readouterr().err


def test_the_clients_are_not_imported_before_they_are_needed():
    code = "import sys, rca.pulls.mlflow, rca.pulls.whylogs; print({'mlflow', 'whylogs', 'pandas'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
