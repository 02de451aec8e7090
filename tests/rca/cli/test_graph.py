import io
import sys
from pathlib import Path

import pytest

from rca.cli import main

SYSTEM = """\
nodes:
  - {id: feed, kind: dataset}
  - {id: scorer, kind: model}
  - {id: approvals, kind: kpi}
  - {id: other, kind: kpi}
edges:
  - {from: feed, to: scorer, columns: [amount]}
  - {from: scorer, to: approvals}
  - {from: feed, to: other}
"""


@pytest.fixture
def declared(bundle: Path) -> Path:
    (bundle / "system.yaml").write_text(SYSTEM)
    (bundle / "changes.jsonl").write_text('{"ts": "2026-03-04T10:00:00Z", "node": "feed", "title": "v7"}\n')
    return bundle


def test_graph_shows_the_declared_system(declared: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["graph", str(declared)]) == 0
    assert "└── scorer [model]" in capsys.readouterr().out


def test_graph_of_a_node_is_what_can_break_it(declared: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["graph", str(declared), "--node", "scorer", "--mermaid"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("flowchart LR")
    assert "feed" in shown
    assert "approvals" not in shown
    assert "other" not in shown


def test_graph_without_unicode_is_ascii(declared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
    assert main(["graph", str(declared)]) == 0
    assert b"`-- scorer [model]" in raw.getvalue()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--node", "scorre"], "did you mean 'scorer'?"),
        (["--db", "x.duckdb"], "give a bundle's folder, or --db"),
    ],
)
def test_bad_requests_are_explained(
    declared: Path, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["graph", str(declared), *arguments]) == 2
    assert said in capsys.readouterr().err


def test_a_graph_needs_something_to_show(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["graph"]) == 2
    assert main(["graph", "--db", "nowhere.duckdb"]) == 2
    assert "nowhere.duckdb: no such database" in capsys.readouterr().err
