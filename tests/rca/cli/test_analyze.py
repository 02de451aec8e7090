import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from rca.cli import main
from schemas.analysis import Analysis
from tests.samples import analysis

pytestmark = pytest.mark.usefixtures("engine")


def test_the_answer_is_printed_for_people(bundle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["analyze", str(bundle)]) == 0
    shown = capsys.readouterr()
    assert "Most likely: data quality in payments-feed" in shown.out
    assert shown.err == ""


def test_json_is_one_object_that_reads_back(bundle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["analyze", str(bundle), "--json"]) == 0
    assert Analysis.model_validate_json(capsys.readouterr().out) == analysis()


def test_several_incidents_are_json_lines(
    bundle: Path, answer: list[Analysis], capsys: pytest.CaptureFixture[str]
) -> None:
    answer.append(analysis(none_of_these=0.5))
    assert main(["analyze", str(bundle), "--json"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [json.loads(line)["none_of_these"] for line in lines] == [0.07, 0.5]


def test_several_incidents_are_reported_one_below_the_other(
    bundle: Path, answer: list[Analysis], capsys: pytest.CaptureFixture[str]
) -> None:
    answer.append(analysis())
    assert main(["analyze", str(bundle)]) == 0
    assert capsys.readouterr().out.count("Incident inc-42") == 2


def test_json_holds_all_causes_unless_top_is_given(bundle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["analyze", str(bundle), "--json"])
    assert len(json.loads(capsys.readouterr().out)["causes"]) == 3
    main(["analyze", str(bundle), "--json", "--top", "1"])
    assert len(json.loads(capsys.readouterr().out)["causes"]) == 1


def test_bundle_database_and_incident_reach_the_engine(bundle: Path, tmp_path: Path, calls: list[Any]) -> None:
    assert main(["analyze", str(bundle), "--db", str(tmp_path / "x.duckdb"), "--incident", "inc-42"]) == 0
    name, args, options = calls[0]
    assert (name, args) == ("analyse_bundle", (bundle,))
    assert options == {"db": tmp_path / "x.duckdb", "incident_id": "inc-42", "progress": None, "ranker": "auto"}


@pytest.mark.parametrize("ranker", ["auto", "heuristic", "supervised"])
def test_the_ranker_that_is_asked_for_ranks(bundle: Path, calls: list[Any], ranker: str) -> None:
    assert main(["analyze", str(bundle), "--ranker", ranker]) == 0
    assert calls[0][2]["ranker"] == ranker


def test_a_database_alone_is_analysed_as_it_is(tmp_path: Path, calls: list[Any]) -> None:
    database = tmp_path / "x.duckdb"
    database.touch()
    assert main(["analyze", "--db", str(database)]) == 0
    assert calls[0][:2] == ("analyse_database", (database,))


def test_an_incident_can_be_given_by_hand(bundle: Path, calls: list[Any]) -> None:
    options = ["--node", "scorer", "--metric", "auc", "--detected-at", "2026-03-04T12:00:00+02:00"]
    assert main(["analyze", str(bundle), *options]) == 0
    incident = calls[0][2]["incident"]
    assert (incident.node, incident.metric) == ("scorer", "auc")
    assert incident.detected_at == datetime(2026, 3, 4, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "give a bundle's folder, or --db"),
        (["--db", "nowhere.duckdb"], "nowhere.duckdb: no such database"),
        (["b", "--node", "x"], "add --metric, --detected-at"),
        (["b", "--node", "x", "--metric", "m", "--detected-at", "soon"], "write it as 2026-03-04T10:00:00Z"),
        (["b", "--node", "", "--metric", "m", "--detected-at", "soon"], "write it as 2026-03-04T10:00:00Z"),
        (
            ["b", "--incident", "i", "--node", "x", "--metric", "m", "--detected-at", "2026-03-04"],
            "--incident and --node name two incidents",
        ),
        (["b", "--top", "0"], "give at least 1"),
        (["b", "--top", "many"], "--top"),
        (["b", "--ranker", "oracle"], "oracle"),
        (["b", "--nonsense"], "Unknown option"),
        (["b", "c"], "c"),
    ],
)
def test_bad_arguments_are_one_line_on_stderr_and_status_2(
    options: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["analyze", *options]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert len(shown.err.splitlines()) == 1
    assert said in shown.err
