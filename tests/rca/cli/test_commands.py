import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from rca.cli import main
from rca.cli.output import shown_progress
from rca.export import NAMES
from rca.ingest.report import IngestReport, SourceReport

Fake = Callable[..., None]
Captured = pytest.CaptureFixture[str]


# init ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def draft(fake: Fake) -> None:
    fake("rca.draft", draft_system=lambda _: "nodes: []  # naïve?\n")


@pytest.mark.usefixtures("draft")
def test_init_writes_a_draft_into_the_folder(bundle: Path, capsys: Captured) -> None:
    assert main(["init", str(bundle)]) == 0
    assert (bundle / "system.yaml").read_text(encoding="utf-8") == "nodes: []  # naïve?\n"
    assert "rca validate" in capsys.readouterr().out


@pytest.mark.usefixtures("draft")
def test_init_does_not_replace_what_a_person_wrote(bundle: Path, capsys: Captured) -> None:
    (bundle / "system.yaml").write_text("mine")
    assert main(["init", str(bundle)]) == 2
    assert "--force" in capsys.readouterr().err
    assert (bundle / "system.yaml").read_text() == "mine"
    assert main(["init", str(bundle), "--out", str(bundle / "draft.yaml")]) == 0
    assert main(["init", str(bundle), "--force"]) == 0
    assert (bundle / "system.yaml").read_text(encoding="utf-8") != "mine"


# validate ------------------------------------------------------------------------------------------------------


def _validates(fake: Fake, *entries: tuple[str, str]) -> None:
    found = SimpleNamespace(entries=[SimpleNamespace(severity=severity, text=text) for severity, text in entries])
    fake("rca.validate", validate_bundle=lambda _: found)


def test_validate_lists_everything_and_fails_on_an_error(fake: Fake, bundle: Path, capsys: Captured) -> None:
    _validates(fake, ("error", "system.yaml is \x1b[2Jmissing"), ("info", "no traces"))
    assert main(["validate", str(bundle)]) == 2
    shown = capsys.readouterr().out
    assert "error: system.yaml is" in shown
    assert "info: no traces" in shown
    assert "\x1b" not in shown


def test_validate_accepts_a_bundle_with_remarks_only(fake: Fake, bundle: Path, capsys: Captured) -> None:
    _validates(fake, ("warning", "2 rows were set aside"))
    assert main(["validate", str(bundle), "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown == {"usable": True, "entries": [{"severity": "warning", "text": "2 rows were set aside"}]}


# ingest --------------------------------------------------------------------------------------------------------


@contextmanager
def _warehouse(_: Path | None) -> Iterator[str]:
    yield "warehouse"


@pytest.fixture
def landing(fake: Fake) -> None:
    report = IngestReport((SourceReport("predictions", 3, 40_000, 7, 1),), ("a [note]",))
    fake("rca.bundle", read_bundle=lambda _: None)
    fake("rca.ingest", ingest_bundle=lambda *_, **__: report)
    fake("rca.profile", update_profile=lambda *_, **__: None)
    fake("rca.warehouse", Warehouse=_warehouse)


@pytest.mark.usefixtures("landing")
def test_ingest_says_what_was_landed_and_profiles_it(bundle: Path, calls: list[Any], capsys: Captured) -> None:
    assert main(["ingest", str(bundle), "--db", "x.duckdb"]) == 0
    shown = capsys.readouterr().out
    assert "40,000" in shown
    assert "Note: a [note]" in shown
    assert "rca analyze --db x.duckdb" in shown
    assert [name for name, _, _ in calls] == ["read_bundle", "Warehouse", "ingest_bundle", "update_profile"]


@pytest.mark.usefixtures("landing")
def test_ingest_counts_for_programs(bundle: Path, capsys: Captured) -> None:
    assert main(["ingest", str(bundle), "--db", "x.duckdb", "--json"]) == 0
    source = json.loads(capsys.readouterr().out)["sources"][0]
    assert (source["source"], source["rows"], source["quarantined"]) == ("predictions", 40_000, 7)


def test_ingest_of_nothing_leaves_no_database_behind(bundle: Path, capsys: Captured) -> None:
    assert main(["ingest", str(bundle), "--db", str(bundle / "x.duckdb")]) == 2
    assert "system.yaml is missing" in capsys.readouterr().err
    assert not (bundle / "x.duckdb").exists()


def test_ingest_needs_a_database(bundle: Path, capsys: Captured) -> None:
    assert main(["ingest", str(bundle)]) == 2
    assert "--db" in capsys.readouterr().err


# demo ----------------------------------------------------------------------------------------------------------


def _write(folder: Path, _progress: Any) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "system.yaml").write_text("nodes: []")
    return folder


@pytest.fixture
def demo(fake: Fake, engine: None) -> None:
    fake("rca.demo", write_demo_bundle=_write)


@pytest.mark.usefixtures("demo")
def test_demo_explains_its_incident_and_names_the_next_commands(tmp_path: Path, capsys: Captured) -> None:
    folder = tmp_path / "rca-demo"
    assert main(["demo", "--out", str(folder)]) == 0
    shown = capsys.readouterr().out
    assert "Most likely" in shown
    assert f"rca analyze {folder} --json" in shown
    assert (folder / "system.yaml").exists()
    assert main(["demo", "--out", str(folder)]) == 0, "a demo may be written again over itself"


@pytest.mark.usefixtures("demo")
def test_demo_writes_over_nothing_of_yours(tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "system.yaml").write_text("mine")
    assert main(["demo", "--out", str(tmp_path)]) == 2
    assert "not made by" in capsys.readouterr().err
    assert (tmp_path / "system.yaml").read_text() == "mine"


@pytest.mark.usefixtures("demo")
def test_demo_json_is_nothing_but_json(tmp_path: Path, calls: list[Any], capsys: Captured) -> None:
    assert main(["demo", "--no-keep", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["incident"]["id"] == "inc-42"
    folder = next(args[0] for name, args, _ in calls if name == "analyse_bundle")
    assert not folder.exists()
    assert not list(tmp_path.iterdir())


# schema --------------------------------------------------------------------------------------------------------


def test_schema_lists_the_names_and_prints_each(capsys: Captured) -> None:
    assert main(["schema"]) == 0
    assert capsys.readouterr().out.split() == [*NAMES, "all"]
    assert main(["schema", "analysis"]) == 0
    assert json.loads(capsys.readouterr().out)["$id"].endswith(":analysis:1")
    assert main(["schema", "all"]) == 0
    assert set(json.loads(capsys.readouterr().out)) == set(NAMES)


def test_schema_writes_files(tmp_path: Path) -> None:
    assert main(["schema", "all", "--out", str(tmp_path / "new")]) == 0
    assert {file.name for file in (tmp_path / "new").iterdir()} == {f"{name}.schema.json" for name in NAMES}


def test_an_unknown_schema_suggests_the_nearest(capsys: Captured) -> None:
    assert main(["schema", "analisys"]) == 2
    assert "did you mean 'analysis'" in capsys.readouterr().err


# progress ------------------------------------------------------------------------------------------------------


def test_progress_is_shown_to_people_only(monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    with shown_progress() as progress:
        assert progress is None
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    with shown_progress() as progress:
        assert progress is not None
        progress("reading [bold]files[/]", 1, 3)
        progress("training")
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "reading" in shown.err or "training" in shown.err
