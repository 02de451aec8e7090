"""All that is wrong with a bundle, and what cannot be examined."""

import json
from pathlib import Path

import pytest

from rca.validate import validate_bundle
from tests.rca.ingest.landing import SYSTEM, batch, bundle, lines, text

INCIDENT = {"id": "i", "node": "m", "metric": "auc", "detected_at": "2026-01-01T00:02:00Z"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = bundle(tmp_path / "bundle")
    batch(folder, "a", country=["DE"] * 4)
    return folder


def found(folder: Path, severity: str) -> list[str]:
    return [entry.text for entry in validate_bundle(folder).entries if entry.severity == severity]


def says(texts: list[str], *parts: str) -> bool:
    return any(all(part in text for part in parts) for text in texts)


def test_a_sound_bundle_has_notes_only(folder: Path) -> None:
    text(folder / "incident.json", json.dumps(INCIDENT))
    report = validate_bundle(folder)
    assert report.usable
    assert {entry.severity for entry in report.entries} == {"note"}
    notes = found(folder, "note")
    for missing in ("no traces", "no kpis", "no changes", "no lineage", "training-serving skew", "no model_version"):
        assert says(notes, missing), missing


def test_documents_are_checked_first_and_all_at_once(folder: Path) -> None:
    text(folder / "system.yaml", "nodes: [{id: m}, {kind: model}]\n")
    report = validate_bundle(folder)
    assert not report.usable
    assert len(report.entries) == 2
    assert not validate_bundle(folder / "nowhere").usable


def test_what_was_set_aside_is_grouped_with_its_first_place(folder: Path) -> None:
    batch(folder, "b", country=["DE"] * 4, ts=["2026-01-02", "x", "y", "2026-01-03"])
    text(folder / "predictions/m/c.parquet", b"PAR1")
    warnings = found(folder, "warning")
    assert says(warnings, "predictions/m/b.parquet, row 2, column 'ts'", "2 times", "'x'")
    assert says(warnings, "predictions/m/c.parquet", "damaged")
    assert sum("c.parquet" in warning for warning in warnings) == 1


def test_names_that_nothing_answers_to(folder: Path) -> None:
    system = SYSTEM.replace("columns: [amount]", "columns: [amuont]").replace("[country]", "[country, chanel]")
    text(folder / "system.yaml", system.replace("kind: kpi", "kind: kpi, colour: red"))
    text(folder / "kpis.csv", "node,metric,ts,value\nkk,rate,2026-01-01,5\n")
    lines(folder / "changes.jsonl", {"ts": "2026-01-01", "node": "mm", "kind": "deploy"})
    warnings = found(folder, "warning")
    assert says(warnings, "'amuont'", "did you mean 'amount'", "'feed' -> 'm'")
    assert says(warnings, "'chanel'", "no batch has it")
    assert says(warnings, "kpis", "'kk'")
    assert says(warnings, "changes", "'mm'", "did you mean 'm'")
    assert says(warnings, "nodes[1].colour")


@pytest.mark.parametrize(
    ("change", "severity", "parts"),
    [
        ({"node": "mm"}, "error", ["'mm'", "did you mean 'm'"]),
        ({"metric": "revenue"}, "error", ["'revenue'", "kpis"]),
        ({"metric": "latency_p95"}, "error", ["no spans"]),
        ({"node": "k", "metric": "auc"}, "error", ["kpis holds nothing"]),
        ({"detected_at": "2020-01-01"}, "error", ["before all data"]),
        ({"detected_at": "2030-01-01"}, "warning", ["after all data"]),
    ],
)
def test_an_incident_that_cannot_be_measured(
    folder: Path, change: dict[str, str], severity: str, parts: list[str]
) -> None:
    text(folder / "incident.json", json.dumps({**INCIDENT, **change}))
    assert says(found(folder, severity), *parts)


def test_a_metric_that_needs_labels(tmp_path: Path) -> None:
    folder = bundle(tmp_path / "unlabelled")
    batch(folder, "a", label=None)
    text(folder / "incident.json", json.dumps(INCIDENT))
    assert says(found(folder, "error"), "no row has a label")
    text(folder / "incident.json", json.dumps({**INCIDENT, "metric": "prediction_mean"}))
    assert found(folder, "error") == []
    assert says(found(folder, "note"), "no labels")


def test_cycles_are_noted_and_an_empty_bundle_is_an_error(folder: Path, tmp_path: Path) -> None:
    text(folder / "system.yaml", SYSTEM + "  - {from: k, to: m}\n")
    assert says(found(folder, "note"), "cycle", "'k', 'm'")
    assert says(found(bundle(tmp_path / "empty"), "error"), "no evidence")
