"""A drafted system.yaml: parses, is the same each time, and guesses what a person would."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from rca.draft import draft_system
from rca.errors import InputError
from rca.ingest import ingest_bundle
from rca.warehouse import Warehouse
from schemas.system import System
from tests.rca.ingest.landing import columns, lines, parquet, text, times

DAY = datetime(2026, 1, 1)  # noqa: DTZ001 (naive on purpose)


def drafted(folder: Path) -> System:
    first = draft_system(folder)
    assert draft_system(folder) == first
    return System.model_validate(yaml.safe_load(first))


def edges(system: System) -> set[tuple[str, str, tuple[str, ...]]]:
    return {(edge.source, edge.target, edge.columns) for edge in system.edges}


def scorer(**others: Any) -> dict[str, Any]:
    names = {"ts": "event_time", "prediction": "score", "label": "is_fraud"}
    return {**{names.get(key, key): value for key, value in columns().items()}, **others}


def test_a_cascade_with_kpis_and_services(tmp_path: Path) -> None:
    parquet(tmp_path / "predictions/user-embedder/a.parquet", **columns(label=None))
    parquet(tmp_path / "predictions/fraud-scorer/a.parquet", **scorer(user_score=[0.5] * 4, is_new=[5, 6, 7, 8]))
    text(tmp_path / "kpis.csv", "node,metric,ts,value\nrevenue,eur,2026-01-01,5\ndb,cpu,2026-01-01,5\n")
    spans = [
        {
            "trace_id": "t",
            "span_id": str(k),
            "parent_span_id": p,
            "service": s,
            "operation": "x",
            "start": DAY,
            "duration_ms": 5,
        }
        for k, (p, s) in enumerate([(None, "web"), ("0", "fraud-scorer"), ("1", "db")])
    ]
    lines(tmp_path / "traces/a.jsonl", *spans)
    system = drafted(tmp_path)
    assert {node.id: node.kind for node in system.nodes} == {
        "user-embedder": "model",
        "fraud-scorer": "model",
        "revenue": "kpi",
        "db": "service",
        "web": "service",
    }
    node = system.by_id["fraud-scorer"]
    assert node.columns == {"ts": "event_time", "prediction": "score", "label": "is_fraud"}
    assert node.task == "binary"
    assert edges(system) == {
        ("user-embedder", "fraud-scorer", ("user_score",)),
        ("fraud-scorer", "revenue", ()),
        ("fraud-scorer", "web", ()),
        ("db", "fraud-scorer", ()),
    }
    draft = draft_system(tmp_path)
    assert "amount (numeric)" in draft
    for line in draft.splitlines():
        if line.startswith("  - {from"):
            assert "# confirm:" in line
            assert line.endswith("?")


def test_a_drafted_folder_can_be_ingested(tmp_path: Path) -> None:
    parquet(tmp_path / "predictions/fraud/a.parquet", **scorer())
    (tmp_path / "system.yaml").write_text(draft_system(tmp_path))
    with Warehouse() as warehouse:
        report = ingest_bundle(warehouse, tmp_path)
    assert report.warnings == ()
    assert report.total("rows") == 4
    assert report.total("quarantined") == 0


def test_a_flat_folder(tmp_path: Path) -> None:
    for day in range(3):
        parquet(tmp_path / f"churn_2026-01-0{day + 1}.parquet", **columns(ts=times(4, DAY + timedelta(days=day))))
    text(tmp_path / "customers.csv", "customer,country\n1,DE\n")
    system = drafted(tmp_path)
    assert {node.id: node.kind for node in system.nodes} == {"churn": "model", "customers": "dataset"}
    assert "predictions/churn/" in draft_system(tmp_path)


def test_files_named_by_their_date_belong_to_the_folder(tmp_path: Path) -> None:
    for day in range(3):
        parquet(tmp_path / "scorer" / f"2026-01-0{day + 1}.parquet", **columns())
    parquet(tmp_path / "scorer" / "pm25.parquet", **columns())
    assert sorted(node.id for node in drafted(tmp_path / "scorer").nodes) == ["pm25", "scorer"]


def test_lineage_gives_datasets_and_pipelines(tmp_path: Path) -> None:
    event = {
        "eventTime": "2026-01-01T00:00:00Z",
        "run": {"runId": "1"},
        "job": {"name": "load"},
        "inputs": [{"name": "raw"}],
        "outputs": [{"name": "clean"}],
    }
    lines(tmp_path / "lineage.jsonl", event)
    assert edges(drafted(tmp_path)) == {("raw", "load", ()), ("load", "clean", ())}


NAMES = ["yes", "a: b # c", 'q"uote', "emoji 🎲", "line\nbreak", "tab\tx", "12", "\u2028", "null", "-", "{x}", "\x7f"]


def test_odd_names_survive(tmp_path: Path) -> None:
    rows = [{"node": name, "metric": "m", "ts": "2026-01-01", "value": 1} for name in NAMES]
    lines(tmp_path / "kpis.jsonl", *rows)
    parquet(tmp_path / "predictions/m/a.parquet", **columns(), **{name: [1] * 4 for name in NAMES})
    assert {node.id for node in drafted(tmp_path).nodes} == {*NAMES, "m"}


@pytest.mark.parametrize(
    ("data", "mapping"),
    [
        (
            {"timestamp": times(4), "y_hat": [0.1] * 4, "y": [1, 0, 1, 0]},
            {"ts": "timestamp", "prediction": "y_hat", "label": "y"},
        ),
        (
            {"when": times(4), "pred": ["a"] * 4, "target": ["a"] * 4},
            {"ts": "when", "prediction": "pred", "label": "target"},
        ),
        ({"ts": times(4), "prediction": [0.1] * 4, "is_member": [3, 4, 5, 6]}, {}),
        (
            {"time": [1, 2, 3, 4], "created_at": ["2026-01-01"] * 4, "score": [0.1] * 4},
            {"ts": "created_at", "prediction": "score"},
        ),
        (
            {"ts": times(4), "labeled_at": times(4), "prediction": [1.0] * 4, "version": ["1"] * 4},
            {"label_ts": "labeled_at", "model_version": "version"},
        ),
    ],
)
def test_columns_are_guessed(tmp_path: Path, data: dict[str, Any], mapping: dict[str, str]) -> None:
    parquet(tmp_path / "predictions/m/a.parquet", **data)
    assert drafted(tmp_path).by_id["m"].columns == mapping


def test_nothing_to_draft_from(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nothing to draft"):
        draft_system(tmp_path)
    with pytest.raises(InputError, match="no such folder"):
        draft_system(tmp_path / "nowhere")
