"""The documents of a bundle, and errors that say what, where, and how to mend it."""

import json
from pathlib import Path

import pytest

from rca.bundle import bundle_problems, read_bundle
from rca.errors import BundleError

SYSTEM = "nodes:\n  - {id: m, kind: model, task: binary}\n  - {id: k, kind: kpi}\nedges:\n  - {from: m, to: k}\n"
INCIDENT = {"id": "i", "node": "m", "metric": "auc", "detected_at": "2026-03-04T12:00:00+02:00"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "system.yaml").write_text(SYSTEM)
    return tmp_path


def test_a_bundle_needs_no_predictions(folder: Path) -> None:
    bundle = read_bundle(folder)
    assert [node.id for node in bundle.system.nodes] == ["m", "k"]
    assert bundle.incidents == ()
    assert bundle.notes == ()
    assert bundle_problems(folder) == ()


def test_incidents_from_both_files(folder: Path) -> None:
    (folder / "incident.json").write_text(json.dumps(INCIDENT))
    (folder / "incidents.jsonl").write_text("\n" + json.dumps({**INCIDENT, "id": "j"}) + "\n")
    bundle = read_bundle(folder)
    assert [incident.id for incident in bundle.incidents] == ["i", "j"]
    assert bundle.incidents[0].detected_at.isoformat() == "2026-03-04T10:00:00+00:00"


@pytest.mark.parametrize("name", ["system.yml", "system.json"])
def test_other_names_of_the_system(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text('{"nodes": [{"id": "m", "kind": "model"}], "edges": null}')
    assert read_bundle(tmp_path).system.edges == ()


def test_unknown_keys_are_noted(folder: Path) -> None:
    (folder / "system.yaml").write_text(SYSTEM.replace("task: binary", "task: binary, treshold: 0.3") + "version: 1\n")
    (folder / "incident.json").write_text(json.dumps({**INCIDENT, "colour": "red"}))
    notes = read_bundle(folder).notes
    assert len(notes) == 3
    assert "nodes[0].treshold" in notes[1]
    assert "threshold" in notes[1]
    assert "'colour'" in notes[2]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("nodes:\n  - {id: m, kind: model}\nnodes: []\n", ["row 3", "'nodes' appears twice"]),
        ("nodes:\n  - id: m\n   kind: model\n", ["row 3", "not valid YAML", "indentation"]),
        ("nodes:\n  - {id: m, kind: modle}\n", ["nodes[0].kind", "modle"]),
        ("nodes:\n  - {kind: model}\n", ["nodes[0].id", "add"]),
        ("nodes: []\n", ["nodes"]),
        ("nodes: 3\n", ["nodes"]),
        ("- a\n", ["a list where a mapping is expected"]),
        ("", ["empty"]),
        ("# nothing\n", ["nothing where a mapping is expected"]),
        ("nodes: [{id: m, kind: model}, {id: m, kind: kpi}]\n", ["'m' appears twice"]),
        ("nodes: [{id: m, kind: model}]\nedges: [{from: m, to: x}]\n", ["'x'", "not among the nodes"]),
        ("nodes: [{id: m, kind: model, threshold: 7}]\n", ["nodes[0].threshold"]),
        ("nodes: [m]\n", ["nodes[0]"]),
        ("nodes: !!python/object/apply:os.system [ls]\n", ["not valid YAML"]),
        ("nodes: \x00\n", ["not valid YAML"]),
    ],
)
def test_a_malformed_system_is_explained_in_one_line(folder: Path, content: str, says: list[str]) -> None:
    (folder / "system.yaml").write_text(content)
    with pytest.raises(BundleError) as caught:
        read_bundle(folder)
    message = str(caught.value)
    assert "\n" not in message
    assert "system.yaml" in message
    for part in says:
        assert part in message
    assert bundle_problems(folder)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("incident.json", "{", "not valid JSON"),
        ("incident.json", "3", "a int where an incident is expected"),
        ("incident.json", '{"id": "i", "node": "m", "metric": "auc"}', "detected_at"),
        ("incident.json", json.dumps({**INCIDENT, "detected_at": "soon"}), "detected_at"),
        ("incident.json", json.dumps({**INCIDENT, "baseline": ["2026-01-02", "2026-01-01"]}), "from before to"),
        ("incidents.jsonl", json.dumps(INCIDENT) + "\n{oops\n", "row 2"),
        ("incidents.jsonl", (json.dumps(INCIDENT) + "\n") * 2, "'i' appears twice"),
    ],
)
def test_a_malformed_incident_is_explained(folder: Path, name: str, content: str, says: str) -> None:
    (folder / name).write_text(content)
    with pytest.raises(BundleError, match=says):
        read_bundle(folder)
    assert any(says in str(problem) for problem in bundle_problems(folder))


def test_missing_folder_file_and_encoding(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="no such folder"):
        read_bundle(tmp_path / "nowhere")
    with pytest.raises(BundleError, match="is a file"):
        read_bundle(folder / "system.yaml")
    (folder / "system.yaml").write_bytes(b"nodes: \xff\xfe")
    with pytest.raises(BundleError, match="UTF-8"):
        read_bundle(folder)


def test_all_problems_are_listed_at_once(folder: Path) -> None:
    (folder / "system.yaml").write_text("nodes:\n  - {kind: model}\n  - {id: k, kind: thing}\n")
    (folder / "incident.json").write_text("{}")
    found = [str(problem) for problem in bundle_problems(folder)]
    assert len(found) == 6
    assert any("nodes[1].kind" in text for text in found)
    assert sum("incident.json" in text for text in found) == 4
